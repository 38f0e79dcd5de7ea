//! Calls about one asset that is there: what it is, its contents, another name for it, its end.

use serde_json::json;

use super::{delivery, signed};
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::Delivery;
use crate::call::Call;
use crate::delivery::file;
use crate::public_id;

/// `POST explicit`: what is known of an asset.
pub(crate) fn explicit(account: &mut Account, call: &Call) -> Outcome {
    let id = call.parameters.required("public_id")?;
    call.parameters.required("type")?;
    let asset = account.asset(delivery(call)?, id).ok_or_else(|| Refusal::not_found(id))?;
    Ok(Answer::json(&signed(account, asset)))
}

/// `GET download`: reads an asset past the delivery network, until the URL expires.
pub(crate) fn download(account: &mut Account, call: &Call) -> Outcome {
    let id = call.parameters.required("public_id")?;
    account.asset(delivery(call)?, id).map(file).ok_or_else(|| Refusal::not_found(id))
}

/// `POST rename`: another public id or another delivery type. Refuses a name that is taken, unless `overwrite`
/// is set.
pub(crate) fn rename(account: &mut Account, call: &Call) -> Outcome {
    let parameters = &call.parameters;
    let (from, to) = (parameters.required("from_public_id")?, parameters.required("to_public_id")?);
    let from_delivery = delivery(call)?;
    let to_delivery = parameters.text("to_type").map_or(Ok(from_delivery), Delivery::parse)?;
    public_id::check(to)?;
    let mut asset = account.asset(from_delivery, from).cloned().ok_or_else(|| Refusal::not_found(from))?;
    // The other way round than with an upload: here nothing is overwritten unless it is asked for.
    if account.asset(to_delivery, to).is_some() && parameters.flag("overwrite") != Some(true) {
        return Err(Refusal::bad_request(format!("to_public_id({to}) already exists")));
    }
    account.remove(from_delivery, from);
    (asset.public_id, asset.delivery) = (to.to_owned(), to_delivery);
    account.keep(asset.clone());
    Ok(Answer::json(&signed(account, &asset)))
}

/// `POST destroy`: removes an asset; an absent one is no error.
pub(crate) fn destroy(account: &mut Account, call: &Call) -> Outcome {
    let (id, delivery) = (call.parameters.required("public_id")?, delivery(call)?);
    // 200 also for what is not there, as at the service, so that a repeated call succeeds.
    let result = if account.remove(delivery, id).is_some() { "ok" } else { "not found" };
    Ok(Answer::json(&json!({ "result": result })))
}
