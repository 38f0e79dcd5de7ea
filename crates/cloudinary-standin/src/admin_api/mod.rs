//! The Admin API: lists, single assets, deletion in bulk. Every call counts against the hourly limit.

mod delete;
mod folders;
mod get;
mod list;

use serde_json::{Map, Value, json};

pub(crate) use self::delete::delete;
pub(crate) use self::folders::folders;
pub(crate) use self::get::get;
pub(crate) use self::list::list;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery};
use crate::authentication;
use crate::call::Call;
use crate::dispatch::Handler;
use crate::signing::Algorithm;

/// Carries out a call of someone who knows the secret, within the limit; the headers say what is left.
pub(crate) fn perform(account: &mut Account, call: &Call, handler: Handler) -> Outcome {
    // Before the quota: strangers cannot use up the calls of the account.
    authentication::of_admin_api(call)?;
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
    Ok(Answer::json(&json!({
        "plan": "Free",
        "resources": account.assets().count(),
        "media_limits": { "raw_max_size_bytes": account.behaviour.largest_file },
    })))
}

/// Only raw files are kept.
fn raw_only(resource_type: Option<&str>) -> Result<(), Refusal> {
    match resource_type {
        Some("raw") => Ok(()),
        Some(other) => Err(Refusal::bad_request(format!("The stand-in keeps raw files, not {other}"))),
        None => Err(Refusal::bad_request("Invalid resource_type")),
    }
}

/// The part of the path that names the delivery type.
fn delivery(call: &Call) -> Result<Option<Delivery>, Refusal> {
    call.route.part(2).map(|name| Delivery::parse(&name)).transpose()
}

/// The asset as one member of a list, with what the call asks for.
fn row(base: &str, algorithm: Algorithm, asset: &Asset, call: &Call) -> Value {
    let parameters = &call.parameters;
    let mut members = asset.row(base, algorithm);
    let fields = parameters.list("fields");
    let asked = |name: &str| fields.iter().any(|field| field == name);
    if parameters.flag("tags") == Some(true) || asked("tags") {
        members.insert("tags".into(), asset.tags.clone().into());
    }
    let context = parameters.flag("context") == Some(true) || asked("context");
    if context && !asset.context.is_empty() {
        members.insert("context".into(), asset.context_value());
    }
    if asked("etag") || parameters.flag("media_metadata") == Some(true) {
        members.insert("etag".into(), asset.etag().into());
    }
    // Last, over all members: `fields` drops even what `tags` or `context` asked for, but never the names.
    if !fields.is_empty() {
        let kept = |name: &str| matches!(name, "asset_id" | "public_id") || asked(name);
        members = members.into_iter().filter(|(name, _)| kept(name)).collect::<Map<_, _>>();
    }
    Value::Object(members)
}
