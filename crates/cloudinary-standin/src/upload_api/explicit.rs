//! `POST explicit`: what is known of an asset, and new labels for it.

use super::{answer, delivery, required, signed};
use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::call::Call;
use crate::context;

/// Leaves the contents and the version as they are.
pub(crate) fn explicit(account: &mut Account, call: &Call) -> Outcome {
    let (id, parameters) = (required(call, "public_id")?, &call.parameters);
    required(call, "type")?;
    let delivery = delivery(call)?;
    let found = account.asset(delivery, id).ok_or_else(|| Refusal::not_found(id))?;
    let mut asset = found.clone();
    // Blank is not absent: blank takes all tags away.
    if parameters.has("tags") {
        asset.tags = parameters.list("tags");
    }
    if let Some(text) = parameters.text("context") {
        asset.context = context::parse(text)?;
    }
    // A call that changes nothing is how clients look at an asset; it is no write that lists have to hear
    // of.
    if asset != *found {
        account.keep(asset.clone());
    }
    if parameters.flag("invalidate") == Some(true) {
        account.invalidate(delivery, id);
    }
    answer(signed(account, &asset, false))
}
