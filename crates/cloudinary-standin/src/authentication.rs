//! Who calls: a signature over the parameters, or HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::{Duration, OffsetDateTime};

use crate::account::Account;
use crate::answer::Refusal;
use crate::call::Call;
use crate::clock::spoken;
use crate::signing::{SignatureVersion, sign, string_to_sign};
use crate::{API_KEY, API_SECRET, Algorithm, CLOUD, Endpoint};

/// How long a signature is good for.
const LIFETIME: Duration = Duration::hours(1);

/// What SDKs do not always sign where they label assets.
const SOMETIMES_UNSIGNED: [&str; 2] = ["notification_url", "batch_id"];

/// Admits a call of the Upload API.
pub(crate) fn of_upload_api(account: &Account, call: &Call) -> Result<(), Refusal> {
    // URLs for a browser cannot carry a header.
    let a_url = matches!(call.route.endpoint, Endpoint::Download | Endpoint::Archive);
    match &call.authorization {
        Some(header) if account.behaviour.basic_auth && !a_url => basic(call, header),
        Some(_) | None => signature(account, call),
    }
}

/// Admits a call of the Admin API.
pub(crate) fn of_admin_api(call: &Call) -> Result<(), Refusal> {
    match &call.authorization {
        Some(header) => basic(call, header),
        None => Err(Refusal::unauthorized("Must supply api_key")),
    }
}

fn basic(call: &Call, header: &str) -> Result<(), Refusal> {
    let decoded = header.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((key, secret)) = text.as_deref().and_then(|text| text.split_once(':')) else {
        return Err(Refusal::unauthorized("Invalid Authorization header"));
    };
    // A cloud that is not the key's gives the words of a wrong secret: the service does not say which it
    // was.
    match (key == API_KEY, secret == API_SECRET && call.route.cloud == CLOUD) {
        (true, true) => Ok(()),
        (true, false) => Err(Refusal::unauthorized("api_secret mismatch")),
        (false, _) => Err(Refusal::unauthorized("unknown api_key")),
    }
}

fn signature(account: &Account, call: &Call) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let Some(key) = parameters.text("api_key") else {
        // Uploads may be unsigned at the service, with a preset, so there the lack of a key is another
        // error.
        return Err(if call.route.endpoint == Endpoint::Upload {
            Refusal::bad_request("Upload preset must be specified when using unsigned upload")
        } else {
            Refusal::unauthorized("Must supply api_key")
        });
    };
    if call.route.cloud != CLOUD {
        return Err(Refusal::unauthorized(format!("Invalid cloud_name {}", call.route.cloud)));
    }
    if key != API_KEY {
        return Err(Refusal::unauthorized(format!("Invalid api_key {key}")));
    }
    let given = parameters.text("signature").ok_or_else(|| Refusal::missing("signature"))?;
    let timestamp = parameters.text("timestamp").ok_or_else(|| Refusal::missing("timestamp"))?;
    let timestamp = timestamp.parse().map_err(|_| Refusal::bad_request("Invalid timestamp"))?;
    fresh(account, call, timestamp)?;
    // Nothing in a call names the algorithm; the service goes by the length of the signature, too.
    let algorithm = Algorithm::of_signature(given)
        .filter(|algorithm| account.behaviour.only_algorithm.is_none_or(|only| only == *algorithm));
    let candidates = candidates(call);
    let right = |algorithm| candidates.iter().any(|text| sign(text, API_SECRET, algorithm) == given);
    if algorithm.is_some_and(right) {
        return Ok(());
    }
    // The service echoes the string that it built itself; it is the quickest way to see what was signed
    // wrongly.
    let expected = candidates.into_iter().next().unwrap_or_default();
    Err(Refusal::unauthorized(format!("Invalid Signature {given}. String to sign - '{expected}'.")))
}

/// The strings that the call's signature may have been made of.
fn candidates(call: &Call) -> Vec<String> {
    let labels = matches!(call.route.endpoint, Endpoint::Tags | Endpoint::Context);
    let left_out: &[&[&str]] = if labels { &[&[], &SOMETIMES_UNSIGNED] } else { &[&[]] };
    // Both versions are in use: the SDKs for Python and Node write version 2, the one for TypeScript
    // version 1. Version 2 is first, for it is the one that the refusal shows.
    let versions = [SignatureVersion::Two, SignatureVersion::One];
    let each = versions.iter().flat_map(|version| left_out.iter().map(move |names| (*version, *names)));
    each.map(|(version, names)| string_to_sign(call.parameters.to_sign(names), version)).collect()
}

/// A time in the future is taken, as it is by the service: such a signature stays good for long.
fn fresh(account: &Account, call: &Call, timestamp: i64) -> Result<(), Refusal> {
    let now = account.clock.now();
    // Instead of the hour and not besides it: a download may be meant to work for longer, or for less.
    if let Some(end) = call.parameters.text("expires_at") {
        let end: i64 = end.parse().map_err(|_| Refusal::bad_request("Invalid expires_at"))?;
        return if end >= now.unix_timestamp() {
            Ok(())
        } else {
            Err(Refusal::unauthorized("Request has expired"))
        };
    }
    // Milliseconds, which some clients send, lie beyond the year 9999, the last that the type holds: they
    // are a time in the future as well.
    let Ok(made) = OffsetDateTime::from_unix_timestamp(timestamp) else { return Ok(()) };
    if now - made > LIFETIME {
        let made = spoken(made, "+0000");
        let text = format!("Stale request - reported time is {made} which is more than 1 hour ago");
        return Err(Refusal::bad_request(text));
    }
    Ok(())
}
