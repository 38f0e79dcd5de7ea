//! The one public document of the service that this project replaces: reading it, and retiring it.

use reqwest::Url;

use super::client::CloudinaryClient;
use super::signature::{self, UrlSignature};
use crate::StoreError;

/// The document: an upload without an ending got that of the file's name, or none at all.
const IDS: [&str; 2] = ["face_recognition/embeddings.json", "face_recognition/embeddings"];

/// It was uploaded for everyone to read.
const PUBLIC: &str = "upload";

impl CloudinaryClient {
    /// The bytes of the old service's document as they are now, past the delivery network and its
    /// copies; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be read, which never counts as absent.
    pub async fn legacy_document(&self) -> Result<Option<Vec<u8>>, StoreError> {
        for id in IDS {
            let Some(asset) = self.explicit(id, PUBLIC).await? else { continue };
            let bytes = self.download(id, PUBLIC).await?.ok_or_else(|| {
                StoreError::unavailable(true, "the old service's document is there but cannot be read")
            })?;
            return if asset.is_of(&bytes) {
                Ok(Some(bytes))
            } else {
                let reason = "the old service's document changed while it was read: stop that service first";
                Err(StoreError::unavailable(true, reason))
            };
        }
        Ok(None)
    }

    /// Takes the old service's document from the public: from now on only a signed URL reads it, and the
    /// copies on the delivery network are dropped, which takes up to an hour. It stays in the account as
    /// a backup. Whether there was one.
    ///
    /// The old service must have been stopped: it would make the public document anew.
    ///
    /// # Errors
    /// As [`StoreError`] says.
    pub async fn retire_legacy_document(&self) -> Result<bool, StoreError> {
        let mut retired = false;
        for id in IDS {
            retired |= self.make_authenticated(id).await?;
        }
        Ok(retired)
    }

    /// The URL that reads a document of delivery type `authenticated` on the delivery network, for
    /// whoever has the URL and for ever. The store never uses one; it is for people who look for a
    /// document by hand.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] when the id cannot be in a URL.
    pub fn delivery_url(&self, public_id: &str) -> Result<Url, StoreError> {
        let escaped = signature::escape(public_id);
        let (algorithm, secret) = (self.account.algorithm, &self.account.api_secret);
        let signature = signature::of_url(&escaped, UrlSignature::Long, algorithm, secret);
        let (base, cloud) = (self.delivery.as_str().trim_end_matches('/'), &self.account.cloud_name);
        let text = format!("{base}/{cloud}/raw/authenticated/s--{signature}--/v1/{escaped}");
        Url::parse(&text).map_err(|_| StoreError::unstorable("the id of the document cannot be in a URL"))
    }
}
