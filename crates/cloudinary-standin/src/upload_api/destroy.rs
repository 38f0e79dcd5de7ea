//! `POST destroy`: removes an asset, at once from the store, in time from the delivery network.

use serde_json::json;

use super::{delivery, required};
use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::call::Call;

/// An absent asset is no error.
pub(crate) fn destroy(account: &mut Account, call: &Call) -> Outcome {
    let (id, delivery) = (required(call, "public_id")?, delivery(call)?);
    if call.parameters.flag("invalidate") == Some(true) {
        account.invalidate(delivery, id);
    }
    // 200 also for what is not there, as at the service, so that a repeated call succeeds.
    let result = if account.remove(delivery, id).is_some() { "ok" } else { "not found" };
    Ok(Answer::json(&json!({ "result": result })))
}
