//! Bytes, records and samples as they stand in the JSON of a document.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{EventRecord, UserRecord};

/// A record, as base64 of its `to_bytes` in JSON.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Encoded<R>(pub(in super::super) R);

/// Bytes, as base64 in JSON.
// Shared, because a user's state is cloned for every write and for every read of the event.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Bytes(Arc<[u8]>);

impl Bytes {
    pub(in super::super) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::from(bytes))
    }
}

/// Shows how many there are: they may be an embedding's.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| serde::de::Error::custom("no base64"))?;
        Ok(Self::from(bytes))
    }
}

impl Serialize for Encoded<EventRecord> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.to_bytes().map_err(serde::ser::Error::custom)?;
        Bytes::from(bytes).serialize(serializer)
    }
}

impl Serialize for Encoded<UserRecord> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.to_bytes().map_err(serde::ser::Error::custom)?;
        Bytes::from(bytes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Encoded<EventRecord> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?;
        EventRecord::from_bytes(bytes.as_slice()).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Encoded<UserRecord> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?;
        UserRecord::from_bytes(bytes.as_slice()).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Samples as a list of objects, so that a later version can say more of each.
pub(super) mod samples {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Sample {
        id: Uuid,
        sealed: Bytes,
    }

    pub(in super::super) fn serialize<S: Serializer>(
        samples: &BTreeMap<Uuid, Bytes>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(samples.iter().map(|(id, sealed)| Sample { id: *id, sealed: sealed.clone() }))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Uuid, Bytes>, D::Error> {
        let samples = Vec::<Sample>::deserialize(deserializer)?;
        Ok(samples.into_iter().map(|sample| (sample.id, sample.sealed)).collect())
    }
}
