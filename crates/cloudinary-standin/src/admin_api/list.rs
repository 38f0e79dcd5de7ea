//! `GET resources/...`: pages of assets by prefix, by tag or by ids, in the order of the ids.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{ids, row};
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery, set};
use crate::call::Call;

/// Rows of a page where the caller does not say.
const DEFAULT_ROWS: usize = 10;
/// Most rows that a caller may ask for.
const MOST_ROWS: usize = 500;

pub(crate) fn list(account: &mut Account, call: &Call) -> Outcome {
    let now = account.clock.now();
    // `resources/raw/tags/TAG` has "tags" where other lists have the type, and goes over all types.
    let by_tag = (call.route.part(2) == "tags").then(|| call.route.part(3));
    let of_type = if by_tag.is_some() { None } else { Some(Delivery::parse(&call.route.part(2))?) };
    let prefix = call.parameters.text("prefix").unwrap_or_default();
    let ids = ids(call)?;
    // Shorter pages than were asked for are allowed: a client must go by the cursor and not count rows.
    let rows = rows(call)?.min(account.behaviour.longest_page);
    let after = call.parameters.text("next_cursor").map(read_cursor).transpose()?;
    let listed = account.listing.at(now).values();
    let mut listed: Vec<Asset> = listed
        .filter(|asset| of_type.is_none_or(|delivery| asset.delivery == delivery))
        .filter(|asset| asset.public_id.starts_with(prefix))
        .filter(|asset| by_tag.as_ref().is_none_or(|tag| asset.tags.contains(tag)))
        .filter(|asset| ids.is_empty() || ids.contains(&asset.public_id))
        // A page starts after a name, so that what comes and goes before it neither hides nor repeats a row.
        .filter(|asset| after.as_ref().is_none_or(|after| asset.public_id > *after))
        .cloned()
        .collect();
    listed.sort_by(|one, other| one.public_id.cmp(&other.public_id));
    let is_last = listed.len() <= rows;
    listed.truncate(rows);
    let resources: Vec<_> = listed.iter().map(|asset| row(account, asset, call)).collect();
    let mut answer = json!({ "resources": resources });
    // No cursor on the last page, as at the service: its absence is how a client knows the end.
    if let Some(last) = listed.last().filter(|_| !is_last) {
        set(&mut answer, "next_cursor", URL_SAFE_NO_PAD.encode(&last.public_id));
    }
    Ok(Answer::json(&answer))
}

fn rows(call: &Call) -> Result<usize, Refusal> {
    let Some(text) = call.parameters.text("max_results") else { return Ok(DEFAULT_ROWS) };
    let rows = text.parse().ok().filter(|rows| (1..=MOST_ROWS).contains(rows));
    rows.ok_or_else(|| Refusal::bad_request("Invalid value for parameter max_results"))
}

fn read_cursor(cursor: &str) -> Result<String, Refusal> {
    let name = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| Refusal::bad_request("Invalid value for parameter next_cursor"))
}
