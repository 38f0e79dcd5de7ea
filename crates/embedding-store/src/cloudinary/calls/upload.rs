//! `POST raw/upload`: makes a document that is not there, and never replaces one.

use reqwest::multipart::{Form, Part};

use super::super::client::CloudinaryClient;
use super::super::retry::{Done, Failure, GivenUp};
use super::{AUTHENTICATED, Asset};
use crate::StoreError;

impl CloudinaryClient {
    /// Uploads `bytes` as `public_id`. Idempotent: the same bytes again are as good as the first time.
    ///
    /// # Errors
    /// As [`StoreError`] says; `in_doubt` tells whether the document may be there all the same.
    pub(in super::super) async fn upload(&self, public_id: &str, bytes: &[u8]) -> Result<Done<()>, GivenUp> {
        let build = || {
            let parameters = self.signed(vec![
                ("public_id", public_id.to_owned()),
                ("type", AUTHENTICATED.to_owned()),
                // The answer is then about the document that is there: after an unanswered attempt, this one.
                ("overwrite", "0".to_owned()),
            ]);
            let form = parameters.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
            // The id ends in .json, so Cloudinary adds no ending of the file's name to it.
            let file = Part::bytes(bytes.to_vec()).file_name("document.json");
            self.http().post(self.url("raw/upload")).multipart(form.part("file", file))
        };
        let done = self
            .call(build, |answer| {
                let asset: Asset = answer.json()?;
                self.verify(&asset, public_id)?;
                if !asset.is_of(bytes) {
                    let reason = "Cloudinary keeps other bytes under this id than were sent";
                    return Err(Failure::Doubtful(StoreError::unavailable(false, reason)));
                }
                Ok(asset)
            })
            .await?;
        let in_doubt = |error| GivenUp { error, in_doubt: true };
        let Some(asset) = done.value else {
            let reason = "the address for Cloudinary has no upload: check the upload prefix";
            return Err(GivenUp { error: StoreError::misconfigured(reason), in_doubt: !done.at_once });
        };
        // An answer without the etag proves nothing of the bytes: reading them back does.
        if !asset.tells_bytes() {
            // Whatever becomes of the reading: the upload was acknowledged, so the document may be there.
            let read =
                self.download(public_id, AUTHENTICATED).await.map_err(|given_up| in_doubt(given_up.error))?;
            if read.as_deref() != Some(bytes) {
                return Err(in_doubt(StoreError::unavailable(true, "the document cannot be read back yet")));
            }
        }
        Ok(Done { value: (), at_once: done.at_once })
    }
}
