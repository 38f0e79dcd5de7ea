//! `GET resources/...`: pages of assets by prefix, by tag, by ids, or all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{delivery, raw_only, row};
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::Asset;
use crate::call::Call;

/// Rows of a page where the caller does not say.
const DEFAULT_ROWS: usize = 10;
/// Most rows that a caller may ask for.
const MOST_ROWS: usize = 500;
/// Most ids in a call.
const MOST_IDS: usize = 100;

/// By prefix in the order of the ids; otherwise the newest first.
pub(crate) fn list(account: &mut Account, call: &Call) -> Outcome {
    raw_only(call.route.part(1).as_deref())?;
    let base = account.delivery_base.clone();
    let algorithm = account.algorithm();
    let longest = account.behaviour.longest_page;
    let now = account.clock.now();
    let parameters = &call.parameters;
    let by_tag = call.route.part(2).filter(|part| part == "tags").and(call.route.part(3));
    // `resources/raw/tags/TAG` has "tags" where other lists have the type, and goes over all types.
    let of_type = if by_tag.is_some() { None } else { delivery(call)? };
    let prefix = parameters.text("prefix");
    if prefix.is_some() && of_type.is_none() {
        return Err(Refusal::missing("type"));
    }
    let ids = parameters.each("public_ids");
    if ids.len() > MOST_IDS {
        return Err(Refusal::bad_request(format!("Too many public_ids. Maximum is {MOST_IDS}")));
    }
    // Shorter pages than were asked for are allowed: a client must go by the cursor and not count rows.
    let rows = rows(call)?.min(longest);
    let after = parameters.text("next_cursor").map(of_cursor).transpose()?;

    let mut found: Vec<_> = account
        .listing
        .at(now)
        .values()
        .filter(|asset| of_type.is_none_or(|delivery| asset.delivery == delivery))
        .filter(|asset| prefix.is_none_or(|prefix| asset.public_id.starts_with(prefix)))
        .filter(|asset| by_tag.as_ref().is_none_or(|tag| asset.tags.contains(tag)))
        .filter(|asset| ids.is_empty() || ids.contains(&asset.public_id))
        .map(|asset| (place(asset, prefix.is_some()), asset))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));

    // A list by ids has no pages: the number of ids is limited instead.
    let more = found.len() > rows && ids.is_empty();
    if more {
        found.truncate(rows);
    }
    let mut members = Map::new();
    let listed: Vec<_> = found.iter().map(|(_, asset)| row(&base, algorithm, asset, call)).collect();
    members.insert("resources".into(), listed.into());
    // No cursor on the last page, as at the service: its absence is how a client knows the end.
    if let Some((place, _)) = found.last().filter(|_| more) {
        members.insert("next_cursor".into(), to_cursor(place).into());
    }
    Ok(Answer::json(&Value::Object(members)))
}

fn rows(call: &Call) -> Result<usize, Refusal> {
    let Some(text) = call.parameters.text("max_results") else { return Ok(DEFAULT_ROWS) };
    let rows = text.parse().ok().filter(|rows| (1..=MOST_ROWS).contains(rows));
    rows.ok_or_else(|| Refusal::bad_request("Invalid value for parameter max_results"))
}

/// Where an asset stands in a list. A page starts after a place, so that what comes and goes before it
/// neither hides nor repeats a row.
fn place(asset: &Asset, by_id: bool) -> String {
    // Digits that grow as the moment lies further back.
    // Cursors are compared as text, hence the same number of digits for every age.
    let age = i128::from(i64::MAX) - asset.created_at.unix_timestamp_nanos();
    let age = if by_id { String::new() } else { format!("{age:020}") };
    format!("{age}/{}/{}", asset.public_id, asset.delivery.name())
}

fn to_cursor(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

fn of_cursor(cursor: &str) -> Result<String, Refusal> {
    let place = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    place.ok_or_else(|| Refusal::bad_request("Invalid value for parameter next_cursor"))
}
