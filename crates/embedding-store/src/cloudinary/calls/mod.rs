//! The calls, one a file: each builds its request, and checks that the answer is about what was asked.

mod destroy;
mod download;
mod explicit;
mod list;
mod rename;
mod upload;

use data_encoding::HEXLOWER;
use serde::Deserialize;

pub(super) use list::{PAGE, Row};

use super::client::CloudinaryClient;
use super::retry::Failure;
use super::signature::{self, Algorithm};
use crate::StoreError;

/// The delivery type of everything that the store keeps: no URL without a signature reads it.
const AUTHENTICATED: &str = "authenticated";

/// What answers say of a document; fields are added now and then.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Asset {
    public_id: String,
    version: i64,
    #[serde(default)]
    signature: String,
    pub(super) bytes: Option<u64>,
    pub(super) etag: Option<String>,
}

impl CloudinaryClient {
    /// Checks that an answer is about `public_id`, and that one made it who knows the secret.
    fn verify(&self, asset: &Asset, public_id: &str) -> Result<(), Failure> {
        if asset.public_id != public_id {
            let reason = "Cloudinary has put a document under another id than it was given";
            return Err(Failure::Doubtful(StoreError::unavailable(false, reason)));
        }
        let secret = &self.account.api_secret;
        let is_genuine = [Algorithm::Sha1, Algorithm::Sha256].into_iter().any(|algorithm| {
            signature::of_answer(public_id, asset.version, algorithm, secret) == asset.signature
        });
        if is_genuine {
            Ok(())
        } else {
            let reason = "the answer does not bear Cloudinary's signature: something stands in between";
            Err(Failure::Doubtful(StoreError::unavailable(false, reason)))
        }
    }
}

/// The MD5 of a document, which is its etag. It finds damage and proves nothing.
pub(super) fn etag(bytes: &[u8]) -> String {
    use md5::{Digest, Md5};
    HEXLOWER.encode(&Md5::digest(bytes))
}

impl Asset {
    /// Whether this is what Cloudinary says of `bytes`, as far as it says anything of them.
    pub(super) fn is_of(&self, bytes: &[u8]) -> bool {
        let length = u64::try_from(bytes.len()).ok();
        self.etag.as_ref().is_none_or(|said| *said == etag(bytes))
            && self.bytes.is_none_or(|said| Some(said) == length)
    }

    /// Whether it says anything of the bytes.
    fn tells_bytes(&self) -> bool {
        self.etag.is_some()
    }
}
