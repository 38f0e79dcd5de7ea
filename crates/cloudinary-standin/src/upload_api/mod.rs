//! The Upload API, which is not rate-limited: `POST v1_1/{cloud}/{resource_type}/{action}` and downloads.

mod archive;
mod destroy;
mod download;
mod explicit;
mod labels;
mod rename;
mod upload;

use serde_json::{Map, Value};

pub(crate) use self::archive::archive;
pub(crate) use self::destroy::destroy;
pub(crate) use self::download::download;
pub(crate) use self::explicit::explicit;
pub(crate) use self::labels::{context, tags};
pub(crate) use self::rename::rename;
pub(crate) use self::upload::upload;
use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery};
use crate::authentication;
use crate::call::Call;
use crate::dispatch::Handler;

/// Carries out a call whose caller knows the secret, on the one kind of file that is kept here.
pub(crate) fn perform(account: &mut Account, call: &Call, handler: Handler) -> Outcome {
    authentication::of_upload_api(account, call)?;
    match call.route.part(0).as_deref() {
        // The kind is in the path here and the type of delivery among the parameters; in the Admin API both
        // are in the path.
        Some("raw" | "auto") => handler(account, call),
        Some("image") => Err(Refusal::bad_request("Invalid image file")),
        Some("video") => Err(Refusal::bad_request("Unsupported video format or file")),
        Some(_) | None => Err(Refusal::bad_request("Invalid resource_type")),
    }
}

/// The delivery type that the call names; `upload` where it names none.
fn delivery(call: &Call) -> Result<Delivery, Refusal> {
    call.parameters.text("type").map_or(Ok(Delivery::Upload), Delivery::parse)
}

fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, Refusal> {
    call.parameters.text(name).ok_or_else(|| Refusal::missing(name))
}

/// The asset as an answer, signed.
fn signed(account: &Account, asset: &Asset, etag: bool) -> Map<String, Value> {
    asset.answer(&account.delivery_base, account.algorithm(), etag)
}

fn answer(members: Map<String, Value>) -> Outcome {
    Ok(Answer::json(&Value::Object(members)))
}
