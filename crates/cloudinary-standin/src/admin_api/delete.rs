//! `DELETE resources/...`: by ids, by prefix, by tag, or all.

use serde_json::{Map, json};

use super::{delivery, raw_only};
use crate::account::{Account, Key};
use crate::answer::{Answer, Outcome, Refusal};
use crate::call::Call;

/// Most ids in a call.
const MOST_IDS: usize = 100;
/// Most assets that one call by prefix or tag removes.
const MOST: usize = 1000;

/// Says of every id what became of it, and whether there is more of what the prefix matches.
pub(crate) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let parameters = &call.parameters;
    let (named, mut found, ids);
    // `DELETE resources` names no type: an asset id is unique across all of them.
    if call.route.parts.len() == 1 {
        ids = parameters.each("asset_ids");
        named = Vec::new();
        found = matching(account, |asset| ids.contains(&asset.asset_id));
    } else if call.route.part(2).as_deref() == Some("tags") {
        raw_only(call.route.part(1).as_deref())?;
        let tag = call.route.part(3).unwrap_or_default();
        (ids, named) = (&[], Vec::new());
        found = matching(account, |asset| asset.tags.contains(&tag));
    } else {
        raw_only(call.route.part(1).as_deref())?;
        let delivery = delivery(call)?.ok_or_else(|| Refusal::missing("type"))?;
        ids = parameters.each("public_ids");
        let (prefix, all) = (parameters.text("prefix"), parameters.flag("all") == Some(true));
        // Without this a call whose parameters got lost on the way would match nothing and look like a
        // success.
        if ids.is_empty() && prefix.is_none() && !all {
            return Err(Refusal::bad_request("Must supply public_ids, prefix or all"));
        }
        named = ids.iter().map(|id| (delivery, id.clone())).collect();
        found = matching(account, |asset| {
            let prefixed = prefix.is_some_and(|prefix| asset.public_id.starts_with(prefix));
            asset.delivery == delivery && (all || prefixed || ids.contains(&asset.public_id))
        });
    }
    if ids.len() > MOST_IDS {
        return Err(Refusal::bad_request(format!("Too many ids. Maximum is {MOST_IDS}")));
    }
    let partial = found.len() > MOST;
    found.truncate(MOST);

    let (mut deleted, mut counts) = (Map::new(), Map::new());
    // Every id that was named gets a line, first as missing: what was found overwrites its own below.
    for (_, public_id) in &named {
        deleted.insert(public_id.clone(), "not_found".into());
    }
    let keeps = parameters.flag("keep_original") == Some(true);
    for (delivery, public_id) in found {
        // Here `invalidate` is off until the support switches it on, so it is accepted and has no effect: a
        // client that must clear the delivery network has to use `destroy`.
        if account.behaviour.admin_invalidates && parameters.flag("invalidate") == Some(true) {
            account.invalidate(delivery, &public_id);
        }
        if !keeps {
            account.remove(delivery, &public_id);
        }
        counts.insert(public_id.clone(), json!({ "original": u8::from(!keeps), "derived": 0 }));
        deleted.insert(public_id, "deleted".into());
    }
    let mut answer = json!({ "deleted": deleted, "deleted_counts": counts, "partial": partial });
    if let Some(members) = answer.as_object_mut().filter(|_| partial) {
        // Says no more than that there is more: the next call with the same prefix finds the rest, since
        // what was found is gone.
        members.insert("next_cursor".into(), account.new_id().into());
    }
    Ok(Answer::json(&answer))
}

fn matching(account: &Account, wanted: impl Fn(&crate::Asset) -> bool) -> Vec<Key> {
    let found = account.assets().filter(|asset| wanted(asset));
    found.map(|asset| (asset.delivery, asset.public_id.clone())).collect()
}
