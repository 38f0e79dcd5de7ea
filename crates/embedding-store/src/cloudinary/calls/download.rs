//! `GET raw/download`: reads a document past the delivery network, with a URL that is good for minutes.

use time::OffsetDateTime;

use super::super::client::CloudinaryClient;
use super::super::retry::GivenUp;
use super::{AUTHENTICATED, etag};
use crate::StoreError;

/// How long the URL of a read is good for, in seconds.
const EXPIRES: i64 = 300;

/// How often a document is read whose bytes are not those that the list tells of.
const READINGS: u32 = 3;

impl CloudinaryClient {
    /// The bytes of a document; `None` when it is not there.
    pub(in super::super) async fn download(
        &self,
        public_id: &str,
        delivery: &str,
    ) -> Result<Option<Vec<u8>>, GivenUp> {
        // The delivery network would keep copies, also of a 404, and its signed URLs never expire.
        let build = || {
            let expires = OffsetDateTime::now_utc().unix_timestamp() + EXPIRES;
            let parameters = self.signed(vec![
                ("public_id", public_id.to_owned()),
                ("type", delivery.to_owned()),
                ("expires_at", expires.to_string()),
            ]);
            self.http().get(self.url("raw/download")).query(&parameters)
        };
        Ok(self.call(build, |answer| Ok(answer.body)).await?.value)
    }

    /// The bytes of one of the store's documents, checked against what the list says of them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when they are others, time after time.
    pub(in super::super) async fn read(
        &self,
        public_id: &str,
        length: Option<u64>,
        md5: Option<&str>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        // What was damaged on the way is whole when read again; what is damaged at Cloudinary stays so.
        for _ in 0..READINGS {
            let Some(bytes) = self.download(public_id, AUTHENTICATED).await? else { return Ok(None) };
            let is_whole = length.is_none_or(|length| u64::try_from(bytes.len()) == Ok(length))
                && md5.is_none_or(|md5| etag(&bytes) == md5);
            if is_whole {
                return Ok(Some(bytes));
            }
        }
        Err(StoreError::corrupt(format!("the document {public_id} has other bytes than Cloudinary says")))
    }
}
