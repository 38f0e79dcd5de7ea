//! The Admin API: lists, single assets, deletion in bulk. Every call counts against the hourly limit.

mod list;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub(crate) use self::list::list;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery, LARGEST_FILE, set};
use crate::authentication;
use crate::call::Call;

/// Most ids in a call.
const MOST_IDS: usize = 100;

/// Carries out a call of someone who knows the secret, within the limit; the headers say what is left.
pub(crate) fn perform(
    account: &mut Account,
    call: &Call,
    handler: fn(&mut Account, &Call) -> Outcome,
) -> Outcome {
    // Before the quota: strangers cannot use up the calls of the account.
    authentication::admit_basic(call)?;
    let (now, limit) = (account.clock.now(), account.behaviour.admin_limit);
    let outcome = account.quota.take(now, limit).and_then(|()| handler(account, call));
    // Here and not by the caller, since a refusal needs the headers most: with 420 they say when to come
    // back.
    let answer = outcome.unwrap_or_else(Answer::from);
    Ok(account.quota.headers(answer, now, limit))
}

/// `GET ping`
pub(crate) fn ping(_: &mut Account, _: &Call) -> Outcome {
    Ok(Answer::json(&json!({ "status": "ok" })))
}

/// `GET usage`
pub(crate) fn usage(account: &mut Account, _: &Call) -> Outcome {
    let limits = json!({ "raw_max_size_bytes": LARGEST_FILE });
    Ok(Answer::json(&json!({ "resources": account.assets().count(), "media_limits": limits })))
}

/// `GET folders`: the outermost folders that public ids lie in.
pub(crate) fn folders(account: &mut Account, _: &Call) -> Outcome {
    let folders = account.assets().filter_map(|asset| asset.public_id.split_once('/'));
    let folders: BTreeSet<_> = folders.map(|(name, _)| name).collect();
    let folders: Vec<_> = folders.into_iter().map(|name| json!({ "name": name, "path": name })).collect();
    Ok(Answer::json(&json!({ "folders": folders })))
}

/// `GET resources/raw/{type}/{public_id}`
pub(crate) fn get(account: &mut Account, call: &Call) -> Outcome {
    let public_id = call.route.rest(3);
    // From the assets and not from the listing: a single read is consistent where lists lag behind.
    let asset = account.asset(Delivery::parse(&call.route.part(2))?, &public_id);
    let asset = asset.ok_or_else(|| Refusal::not_found(&public_id))?;
    let mut answer = row(account, asset, call);
    set(&mut answer, "tags", asset.tags.clone());
    asset.show_context(&mut answer);
    Ok(Answer::json(&answer))
}

/// `DELETE resources/raw/{type}`: by ids or by prefix; says of every id what became of it.
pub(crate) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let delivery = Delivery::parse(&call.route.part(2))?;
    let (ids, prefix) = (ids(call)?, call.parameters.text("prefix"));
    // Without this a call whose parameters got lost on the way would match nothing and look like a
    // success.
    if ids.is_empty() && prefix.is_none() {
        return Err(Refusal::bad_request("Must supply public_ids or prefix"));
    }
    let below = account.assets().filter(|asset| {
        asset.delivery == delivery && prefix.is_some_and(|prefix| asset.public_id.starts_with(prefix))
    });
    let chosen: BTreeSet<_> = below.map(|asset| asset.public_id.clone()).chain(ids.iter().cloned()).collect();
    let mut deleted = Map::new();
    for public_id in chosen {
        let outcome = if account.remove(delivery, &public_id).is_some() { "deleted" } else { "not_found" };
        deleted.insert(public_id, outcome.into());
    }
    Ok(Answer::json(&json!({ "deleted": deleted, "partial": false })))
}

fn ids(call: &Call) -> Result<&[String], Refusal> {
    let ids = call.parameters.each("public_ids");
    if ids.len() > MOST_IDS {
        return Err(Refusal::bad_request(format!("Too many public_ids. Maximum is {MOST_IDS}")));
    }
    Ok(ids)
}

/// The asset as one member of a list, with what the call asks for.
fn row(account: &Account, asset: &Asset, call: &Call) -> Value {
    let parameters = &call.parameters;
    let mut row = asset.row(&account.delivery_base, account.algorithm());
    let fields = parameters.list("fields");
    let is_asked = |name: &str| fields.iter().any(|field| field == name);
    if parameters.flag("tags") == Some(true) {
        set(&mut row, "tags", asset.tags.clone());
    }
    if parameters.flag("context") == Some(true) {
        asset.show_context(&mut row);
    }
    if is_asked("etag") || parameters.flag("media_metadata") == Some(true) {
        set(&mut row, "etag", asset.etag());
    }
    // Last, over all members: `fields` drops even what `tags` or `context` asked for, but never the names.
    if let Value::Object(members) = &mut row
        && !fields.is_empty()
    {
        members.retain(|name, _| matches!(name.as_str(), "asset_id" | "public_id") || is_asked(name));
    }
    row
}
