//! The Upload API, which is not rate-limited: `POST v1_1/{cloud}/{resource_type}/{action}` and downloads.

mod archive;
mod labels;
mod one;
mod upload;

use serde_json::Value;

pub(crate) use self::archive::archive;
pub(crate) use self::labels::{context, tags};
pub(crate) use self::one::{destroy, download, explicit, rename};
pub(crate) use self::upload::upload;
use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::asset::{Asset, Delivery};
use crate::authentication;
use crate::call::Call;

/// Carries out a call whose caller knows the secret.
pub(crate) fn perform(
    account: &mut Account,
    call: &Call,
    handler: fn(&mut Account, &Call) -> Outcome,
) -> Outcome {
    authentication::admit_signed(account, call)?;
    handler(account, call)
}

/// The delivery type that the call names; `upload` where it names none.
fn delivery(call: &Call) -> Result<Delivery, Refusal> {
    // The kind is in the path here and the type of delivery among the parameters; in the Admin API both are in
    // the path.
    call.parameters.text("type").map_or(Ok(Delivery::Upload), Delivery::parse)
}

/// The asset as an answer.
fn signed(account: &Account, asset: &Asset) -> Value {
    asset.signed(&account.delivery_base, account.algorithm())
}
