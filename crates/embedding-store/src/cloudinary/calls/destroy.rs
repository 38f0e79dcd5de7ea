//! `POST raw/destroy`: deletes a document, and its copies on the delivery network.

use serde::Deserialize;

use super::super::client::CloudinaryClient;
use super::super::retry::{Failure, GivenUp};
use super::AUTHENTICATED;

#[derive(Deserialize)]
struct Destroyed {
    result: String,
}

impl CloudinaryClient {
    /// Destroys a document. Idempotent: one that is not there is destroyed.
    pub(in super::super) async fn destroy(&self, public_id: &str) -> Result<(), GivenUp> {
        // The Admin API deletes many at once, but its calls are counted, and it drops no copies on the delivery
        // network unless the account has that enabled.
        let build = || {
            let parameters = vec![
                ("public_id", public_id.to_owned()),
                ("type", AUTHENTICATED.to_owned()),
                ("invalidate", "1".to_owned()),
            ];
            self.http().post(self.url("raw/destroy")).form(&self.signed(parameters))
        };
        let read = |answer: super::super::answer::Answer| match answer.json::<Destroyed>()?.result.as_str() {
            // Both come with status 200. Not found: an earlier attempt or another process has destroyed it.
            "ok" | "not found" => Ok(()),
            _ => Err(Failure::passing("Cloudinary did not destroy a document, and did not say why")),
        };
        self.call(build, read).await.map(drop)
    }
}
