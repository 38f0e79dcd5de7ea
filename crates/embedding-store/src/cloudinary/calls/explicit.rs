//! `POST raw/explicit`: whether a document is there. Not counted, unlike the Admin API's calls.

use super::super::client::CloudinaryClient;
use super::super::retry::GivenUp;
use super::{AUTHENTICATED, Asset};

impl CloudinaryClient {
    /// What Cloudinary says of a document; `None` when it is not there.
    pub(in super::super) async fn explicit(
        &self,
        public_id: &str,
        delivery: &str,
    ) -> Result<Option<Asset>, GivenUp> {
        let build = || {
            let parameters = vec![("public_id", public_id.to_owned()), ("type", delivery.to_owned())];
            self.http().post(self.url("raw/explicit")).form(&self.signed(parameters))
        };
        let done = self.call(build, |answer| {
            let asset: Asset = answer.json()?;
            self.verify(&asset, public_id)?;
            Ok(asset)
        });
        Ok(done.await?.value)
    }

    /// Whether one of the store's documents is there.
    pub(in super::super) async fn is_there(&self, public_id: &str) -> Result<bool, GivenUp> {
        Ok(self.explicit(public_id, AUTHENTICATED).await?.is_some())
    }
}
