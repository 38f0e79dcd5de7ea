//! `POST tags` and `POST context`: labels of many assets at once.

use serde_json::json;

use super::delivery;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::Asset;
use crate::call::Call;

pub(crate) fn tags(account: &mut Account, call: &Call) -> Outcome {
    let tags = call.parameters.list("tag");
    match call.parameters.required("command")? {
        "add" => each(account, call, |asset| asset.tags.extend(tags.clone())),
        "remove" => each(account, call, |asset| asset.tags.retain(|tag| !tags.contains(tag))),
        other => Err(unknown(other)),
    }
}

pub(crate) fn context(account: &mut Account, call: &Call) -> Outcome {
    match call.parameters.required("command")? {
        "add" => each(account, call, |asset| asset.context.extend(call.parameters.pairs("context"))),
        other => Err(unknown(other)),
    }
}

fn unknown(command: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid command {command}"))
}

/// Changes every asset of the call that is there, and names those.
fn each(account: &mut Account, call: &Call, change: impl Fn(&mut Asset)) -> Outcome {
    let delivery = delivery(call)?;
    let mut changed = Vec::new();
    for id in call.parameters.each("public_ids") {
        // Ids that are not there are passed over, and the answer names the others: that is how a caller
        // sees it.
        if let Some(mut asset) = account.asset(delivery, id).cloned() {
            change(&mut asset);
            account.keep(asset);
            changed.push(id);
        }
    }
    Ok(Answer::json(&json!({ "public_ids": changed })))
}
