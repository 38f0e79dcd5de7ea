//! `GET resources/raw/authenticated`: the documents below a prefix. Counted by the hour.

use serde::Deserialize;

use super::super::answer::{number, reset};
use super::super::client::CloudinaryClient;
use super::AUTHENTICATED;
use crate::StoreError;

/// Documents on a page: the most that Cloudinary gives.
pub(in super::super) const PAGE: usize = 500;

/// A document in the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in super::super) struct Row {
    pub(in super::super) public_id: String,
    pub(in super::super) bytes: Option<u64>,
    pub(in super::super) etag: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    resources: Vec<Row>,
    next_cursor: Option<String>,
}

impl CloudinaryClient {
    /// All documents below a prefix, which ends in a slash. All pages, or an error.
    pub(in super::super) async fn list(&self, prefix: &str) -> Result<Vec<Row>, StoreError> {
        let (mut rows, mut cursor): (Vec<Row>, _) = (Vec::new(), None);
        loop {
            let page = self.list_page(prefix, cursor.as_deref()).await?;
            let is_empty = page.resources.is_empty();
            // What the prefix does not cover is not ours, whatever the answer says.
            rows.extend(page.resources.into_iter().filter(|row| row.public_id.starts_with(prefix)));
            match page.next_cursor {
                None => return Ok(rows),
                // These would be asked for without end, and each call is counted.
                Some(next) if is_empty || cursor.as_ref() == Some(&next) => {
                    let reason = "the list of documents does not come to an end";
                    return Err(StoreError::unavailable(true, reason));
                }
                next => cursor = next,
            }
        }
    }

    async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<Listed, StoreError> {
        let size = PAGE.to_string();
        // Without `max_results` a page has ten rows, and without `fields` they have no etag.
        let mut query = vec![("prefix", prefix), ("max_results", size.as_str()), ("fields", "etag,bytes")];
        query.extend(cursor.map(|cursor| ("next_cursor", cursor)));
        let (key, secret) = (&self.account.api_key, self.account.api_secret.reveal());
        let build = || {
            let url = self.url(&format!("resources/raw/{AUTHENTICATED}"));
            self.http().get(url).query(&query).basic_auth(key, Some(secret))
        };
        let answered = self
            .call(build, |answer| {
                let headers = &answer.headers;
                let of = |name| number(headers, name);
                let (limit, remaining) = (of("x-featureratelimit-limit"), of("x-featureratelimit-remaining"));
                self.budget().note(limit, remaining, reset(headers));
                answer.json::<Listed>()
            })
            .await
            .map_err(StoreError::from)?;
        // A prefix without documents is an empty list, so a 404 is about the address.
        answered.value.ok_or_else(|| {
            StoreError::misconfigured("the address for Cloudinary has no Admin API: check the upload prefix")
        })
    }
}
