//! `POST raw/rename`: moves a document from open to authenticated delivery.

use super::super::client::CloudinaryClient;
use super::super::retry::GivenUp;
use super::{AUTHENTICATED, Asset};

impl CloudinaryClient {
    /// Makes a public document one that no URL without a signature reads, and drops its copies on the
    /// delivery network; whether it was there.
    pub(in super::super) async fn make_authenticated(&self, public_id: &str) -> Result<bool, GivenUp> {
        let build = || {
            let parameters = vec![
                ("from_public_id", public_id.to_owned()),
                ("to_public_id", public_id.to_owned()),
                ("type", "upload".to_owned()),
                ("to_type", AUTHENTICATED.to_owned()),
                ("overwrite", "0".to_owned()),
                ("invalidate", "1".to_owned()),
            ];
            self.http().post(self.url("raw/rename")).form(&self.signed(parameters))
        };
        let done = self.call(build, |answer| {
            let asset: Asset = answer.json()?;
            self.verify(&asset, public_id)
        });
        Ok(done.await?.value.is_some())
    }
}
