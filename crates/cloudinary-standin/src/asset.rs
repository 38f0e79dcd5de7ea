//! A stored file and what is known of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use crate::answer::Refusal;
use crate::clock::{Moment, iso};
use crate::signing::{escaped, of_delivery, of_response};
use crate::{API_KEY, API_SECRET, Algorithm, CLOUD};

/// Who may read an asset by its URL: Cloudinary's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Everyone.
    Upload,
    /// Whoever has a signed URL.
    Private,
    /// Whoever has a signed URL.
    Authenticated,
}

impl Delivery {
    /// As URLs and parameters write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Private => "private",
            Self::Authenticated => "authenticated",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, Refusal> {
        let known = [Self::Upload, Self::Private, Self::Authenticated];
        let found = known.into_iter().find(|delivery| delivery.name() == name);
        found.ok_or_else(|| Refusal::bad_request(format!("Invalid type {name}")))
    }
}

/// A raw file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name, extension included.
    pub public_id: String,
    /// Who may read it.
    pub delivery: Delivery,
    /// Its contents.
    pub bytes: Bytes,
    /// The second of its upload, since 1970.
    pub version: i64,
    /// Labels, in the order in which they were given.
    pub tags: Vec<String>,
    /// Pairs of key and value.
    pub context: BTreeMap<String, String>,
    pub(crate) asset_id: String,
    pub(crate) version_id: String,
    pub(crate) created_at: Moment,
    pub(crate) original_filename: String,
}

impl Asset {
    /// MD5 of the contents in hexadecimal digits, Cloudinary's token of change.
    #[must_use]
    pub fn etag(&self) -> String {
        HEXLOWER.encode(&Md5::digest(&self.bytes))
    }

    pub(crate) fn folder(&self) -> &str {
        self.public_id.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub(crate) fn display_name(&self) -> &str {
        self.public_id.rsplit_once('/').map_or(self.public_id.as_str(), |(_, name)| name)
    }

    /// Its URL on the delivery network, signed where that is needed.
    pub(crate) fn url(&self, delivery_base: &str, algorithm: Algorithm) -> String {
        let escaped = escaped(&self.public_id);
        let signature = match self.delivery {
            Delivery::Upload => String::new(),
            Delivery::Private | Delivery::Authenticated => {
                let mut signatures = of_delivery(&escaped, API_SECRET).into_iter();
                let short = signatures.find_map(|(by, signature)| (by == algorithm).then_some(signature));
                format!("s--{}--/", short.unwrap_or_default())
            }
        };
        let (kind, version) = (self.delivery.name(), self.version);
        format!("{delivery_base}/{CLOUD}/raw/{kind}/{signature}v{version}/{escaped}")
    }

    /// As lists have it.
    pub(crate) fn row(&self, delivery_base: &str, algorithm: Algorithm) -> Map<String, Value> {
        let url = self.url(delivery_base, algorithm);
        let row = json!({
            "asset_id": self.asset_id,
            "public_id": self.public_id,
            "version": self.version,
            "resource_type": "raw",
            "type": self.delivery.name(),
            "created_at": iso(self.created_at),
            "bytes": self.bytes.len(),
            "asset_folder": self.folder(),
            "display_name": self.display_name(),
            "url": url,
            "secure_url": url,
        });
        match row {
            Value::Object(members) => members,
            // Never taken: the macro above makes an object.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        }
    }

    /// As the Upload API answers, signed; the `etag` only after an upload.
    pub(crate) fn answer(&self, delivery_base: &str, algorithm: Algorithm, etag: bool) -> Map<String, Value> {
        let mut members = self.row(delivery_base, algorithm);
        let signature = of_response(&self.public_id, self.version, API_SECRET, algorithm);
        members.insert("version_id".into(), self.version_id.clone().into());
        members.insert("signature".into(), signature.into());
        members.insert("tags".into(), self.tags.clone().into());
        members.insert("placeholder".into(), false.into());
        members.insert("original_filename".into(), self.original_filename.clone().into());
        members.insert("api_key".into(), API_KEY.into());
        // `explicit` and `rename` show no etag in the documentation's samples, so no client may count on
        // one.
        if etag {
            members.insert("etag".into(), self.etag().into());
        }
        if !self.context.is_empty() {
            members.insert("context".into(), self.context_value());
        }
        members
    }

    pub(crate) fn context_value(&self) -> Value {
        json!({ "custom": self.context })
    }
}
