//! `GET {cloud}/raw/{type}/[s--SIGNATURE--/][v{version}/]{public_id}`: reads through the delivery network.

use percent_encoding::percent_decode_str;

use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery};
use crate::call::Call;
use crate::signing::{delivery_signatures, escaped};
use crate::{API_SECRET, CLOUD};

pub(crate) fn deliver(account: &Account, call: &Call) -> Outcome {
    let address = Address::parse(call)?;
    Ok(match account.asset(address.delivery, &address.public_id) {
        Some(asset) if address.admits(account) => file(asset),
        Some(_) => refused(401, "deny or ACL failure"),
        None => refused(404, &format!("Resource not found - {}", address.public_id)),
    })
}

/// What a delivery URL says.
struct Address {
    delivery: Delivery,
    signature: Option<String>,
    public_id: String,
    /// As the URL has it, which is what some SDKs sign.
    written: String,
}

impl Address {
    fn parse(call: &Call) -> Result<Self, Refusal> {
        let delivery = Delivery::parse(&call.route.part(1))?;
        if call.route.cloud != CLOUD {
            return Err(Refusal::new(404, "Unknown customer"));
        }
        let mut parts = call.route.parts.get(2..).unwrap_or_default();
        let mut signature = None;
        if let [first, rest @ ..] = parts
            && let Some(given) = first.strip_prefix("s--").and_then(|rest| rest.strip_suffix("--"))
        {
            (signature, parts) = (Some(given.to_owned()), rest);
        }
        if let [first, rest @ ..] = parts
            && let Some(digits) = first.strip_prefix('v')
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            // Dropped unread: any version opens the newest contents, and the signature does not cover it.
            parts = rest;
        }
        let written = parts.join("/");
        let public_id = percent_decode_str(&written).decode_utf8_lossy().into_owned();
        Ok(Self { delivery, signature, public_id, written })
    }

    /// Whether the signature opens the asset, or none is needed.
    fn admits(&self, account: &Account) -> bool {
        let Some(given) = &self.signature else { return self.delivery == Delivery::Upload };
        // SDKs escape different characters before they sign; both the form in the URL and the documented
        // one open.
        [self.written.clone(), escaped(&self.public_id)].iter().any(|signed| {
            delivery_signatures(signed, API_SECRET).iter().any(|(algorithm, signature)| {
                let allowed = account.behaviour.only_algorithm.is_none_or(|only| only == *algorithm);
                allowed && signature == given
            })
        })
    }
}

/// The asset's contents.
pub(crate) fn file(asset: &Asset) -> Answer {
    Answer::new(200, "application/octet-stream", asset.bytes.clone())
}

/// An error of the delivery network: its text is in a header, which carries ASCII alone.
fn refused(status: u16, text: &str) -> Answer {
    let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
    let text: String = text.chars().map(|c| if is_plain(c) { c } else { '?' }).collect();
    Answer::new(status, "text/plain", "").with("x-cld-error", text)
}
