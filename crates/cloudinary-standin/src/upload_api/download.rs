//! `GET download`: reads an asset past the delivery network, until the URL expires.

use super::{delivery, required};
use crate::account::Account;
use crate::answer::{Outcome, Refusal};
use crate::call::Call;
use crate::delivery::file;

pub(crate) fn download(account: &mut Account, call: &Call) -> Outcome {
    let id = required(call, "public_id")?;
    // Of a raw file the extension is part of its id.
    let id = match call.parameters.text("format") {
        Some(format) => format!("{id}.{format}"),
        None => id.to_owned(),
    };
    let asset = account.asset(delivery(call)?, &id).ok_or_else(|| Refusal::not_found(&id))?;
    let mut answer = file(asset);
    // This way leads past the delivery network, whose term for copies does not apply.
    answer.headers.retain(|(name, _)| *name != "cache-control");
    Ok(if call.parameters.flag("attachment") == Some(true) {
        answer.with("content-disposition", "attachment")
    } else {
        answer
    })
}
