//! A stored file and what is known of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::signing::{delivery_signatures, escaped, sign, sign_response};
use crate::{API_SECRET, Algorithm, CLOUD};

/// The largest raw file that free accounts take, in bytes.
pub(crate) const LARGEST_FILE: usize = 10 * 1024 * 1024;

/// What names an asset.
pub(crate) type Key = (Delivery, String);

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
        let delivery = known.into_iter().find(|delivery| delivery.name() == name);
        delivery.ok_or_else(|| Refusal::bad_request(format!("Invalid type {name}")))
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
    pub(crate) original_filename: String,
}

impl Asset {
    /// MD5 of the contents in hexadecimal digits, Cloudinary's token of change.
    #[must_use]
    pub fn etag(&self) -> String {
        HEXLOWER.encode(&Md5::digest(&self.bytes))
    }

    /// Its URL on the delivery network, signed where that is needed.
    fn url(&self, delivery_base: &str, algorithm: Algorithm) -> String {
        let escaped = escaped(&self.public_id);
        let signature = match self.delivery {
            Delivery::Upload => String::new(),
            Delivery::Private | Delivery::Authenticated => {
                let mut signatures = delivery_signatures(&escaped, API_SECRET).into_iter();
                let short = signatures.find_map(|(by, signature)| (by == algorithm).then_some(signature));
                format!("s--{}--/", short.unwrap_or_default())
            }
        };
        let (kind, version) = (self.delivery.name(), self.version);
        format!("{delivery_base}/{CLOUD}/raw/{kind}/{signature}v{version}/{escaped}")
    }

    /// As lists have it.
    pub(crate) fn row(&self, delivery_base: &str, algorithm: Algorithm) -> Value {
        let (kind, public_id) = (self.delivery.name(), &self.public_id);
        json!({
            // The service's id is opaque and outlives an upload over the asset: so does a hash of the name.
            "asset_id": sign(&format!("{kind}/{public_id}"), "", Algorithm::Sha1),
            "public_id": public_id,
            "version": self.version,
            "resource_type": "raw",
            "type": kind,
            "bytes": self.bytes.len(),
            "secure_url": self.url(delivery_base, algorithm),
        })
    }

    /// As the Upload API answers, signed. Without the `etag`: `explicit` and `rename` show none in the
    /// documentation's samples, so no client may count on one.
    pub(crate) fn signed(&self, delivery_base: &str, algorithm: Algorithm) -> Value {
        let mut answer = self.row(delivery_base, algorithm);
        let signature = sign_response(&self.public_id, self.version, API_SECRET, algorithm);
        set(&mut answer, "signature", signature);
        set(&mut answer, "tags", self.tags.clone());
        set(&mut answer, "original_filename", self.original_filename.clone());
        self.show_context(&mut answer);
        answer
    }

    pub(crate) fn show_context(&self, answer: &mut Value) {
        if !self.context.is_empty() {
            set(answer, "context", json!({ "custom": self.context }));
        }
    }
}

/// Adds a member to a JSON object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}
