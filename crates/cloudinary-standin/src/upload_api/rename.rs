//! `POST rename`: another public id or another delivery type for an asset.

use super::{answer, delivery, required, signed};
use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::asset::Delivery;
use crate::call::Call;
use crate::public_id;

/// Refuses a name that is taken, unless `overwrite` is set.
pub(crate) fn rename(account: &mut Account, call: &Call) -> Outcome {
    let parameters = &call.parameters;
    let (from, to) = (required(call, "from_public_id")?, required(call, "to_public_id")?);
    let from_delivery = delivery(call)?;
    let to_delivery = parameters.text("to_type").map_or(Ok(from_delivery), Delivery::parse)?;
    public_id::check(to)?;
    if account.asset(from_delivery, from).is_none() {
        return Err(Refusal::not_found(from));
    }
    let taken = account.asset(to_delivery, to).is_some();
    // The other way round than with an upload: here nothing is overwritten unless it is asked for.
    if taken && parameters.flag("overwrite") != Some(true) {
        return Err(Refusal::bad_request(format!("to_public_id({to}) already exists")));
    }
    if parameters.flag("invalidate") == Some(true) {
        // Both: the old name still answers from its copies, and the new one may have copies of what it
        // replaces or of an answer that it is missing.
        account.invalidate(from_delivery, from);
        account.invalidate(to_delivery, to);
    }
    let mut asset = account.remove(from_delivery, from).ok_or_else(|| Refusal::not_found(from))?;
    (asset.public_id, asset.delivery) = (to.to_owned(), to_delivery);
    account.keep(asset.clone());
    answer(signed(account, &asset, false))
}
