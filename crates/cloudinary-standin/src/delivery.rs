//! `GET {cloud}/raw/{type}/[s--SIGNATURE--/][v{version}/]{public_id}`: reads through the delivery network.

use hyper::Method;
use percent_encoding::percent_decode_str;

use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::asset::{Asset, Delivery};
use crate::call::Call;
use crate::signing::{escaped, of_delivery};
use crate::{API_SECRET, CLOUD};

pub(crate) fn deliver(account: &mut Account, call: &Call) -> Outcome {
    let now = account.clock.now();
    let url = match account.behaviour.cdn.query_in_key && !call.query.is_empty() {
        true => format!("{}?{}", call.path, call.query),
        false => call.path.clone(),
    };
    // A hit checks no signature: it is a part of the URL, so whoever has the key of the copy has it.
    let answer = match account.cdn.cached(&url, now) {
        Some(answer) => answer,
        None => {
            let address = Address::of(call)?;
            let answer = match account.asset(address.delivery, &address.public_id) {
                Some(asset) if address.admits(account) => file(asset),
                Some(_) => return Ok(refused(401, "deny or ACL failure")),
                None => refused(404, &format!("Resource not found - {}", address.public_id)),
            };
            let of = (address.delivery, address.public_id);
            account.cdn.keep(&url, of, &answer, now, &account.behaviour.cdn);
            answer
        }
    };
    // Cut from the whole answer, after the cache, so that all ranges come from one copy.
    Ok(match &call.range {
        Some(range) if answer.status == 200 && call.method == Method::GET => part(answer, range),
        Some(_) | None => answer,
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
    fn of(call: &Call) -> Result<Self, Refusal> {
        let delivery = Delivery::parse(&call.route.part(1).unwrap_or_default())?;
        if call.route.cloud != CLOUD {
            return Err(Refusal::new(404, "Unknown customer"));
        }
        let mut parts = call.route.parts.get(2..).unwrap_or_default();
        let mut signature = None;
        if let [first, rest @ ..] = parts
            && let Some(found) = first.strip_prefix("s--").and_then(|rest| rest.strip_suffix("--"))
        {
            (signature, parts) = (Some(found.to_owned()), rest);
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
            of_delivery(signed, API_SECRET).iter().any(|(algorithm, signature)| {
                let allowed = account.behaviour.only_algorithm.is_none_or(|only| only == *algorithm);
                allowed && signature == given
            })
        })
    }
}

/// The asset's contents.
pub(crate) fn file(asset: &Asset) -> Answer {
    Answer::of(200, "application/octet-stream", asset.bytes.clone())
        .with("etag", format!("\"{}\"", asset.etag()))
        .with("cache-control", "public, no-transform, max-age=2592000")
        .with("accept-ranges", "bytes")
}

/// An error of the delivery network: its text is in a header.
fn refused(status: u16, text: &str) -> Answer {
    let text = escaped_for_header(text);
    Answer::of(status, "text/plain", "").with("x-cld-error", text)
}

/// Headers carry ASCII alone.
fn escaped_for_header(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// One range of bytes, `bytes=FROM-[TO]`; anything else gets the whole.
fn part(whole: Answer, range: &str) -> Answer {
    let length = whole.body.len();
    let bounds = range.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
    let bounds = bounds.and_then(|(from, to)| {
        let from: usize = from.parse().ok()?;
        let to = if to.is_empty() { length } else { to.parse::<usize>().ok()?.saturating_add(1) };
        Some((from, to.min(length)))
    });
    match bounds {
        Some((from, to)) if from < to => {
            let mut answer = whole.clone();
            (answer.status, answer.body) = (206, whole.body.slice(from..to));
            answer.with("content-range", format!("bytes {from}-{}/{length}", to - 1))
        }
        Some(_) => Answer::of(416, "text/plain", "").with("content-range", format!("bytes */{length}")),
        None => whole,
    }
}
