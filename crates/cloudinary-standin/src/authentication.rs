//! Who calls: a signature over the parameters, or HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::{Duration, OffsetDateTime};

use crate::account::Account;
use crate::answer::Refusal;
use crate::call::Call;
use crate::clock::spoken;
use crate::signing::{SignatureVersion, sign, string_to_sign};
use crate::{API_KEY, API_SECRET, Algorithm, CLOUD};

/// How long a signature is good for.
const LIFETIME: Duration = Duration::hours(1);

/// Admits a call of the Admin API, by HTTP Basic.
pub(crate) fn admit_basic(call: &Call) -> Result<(), Refusal> {
    let encoded = call.authorization.as_deref().and_then(|header| header.strip_prefix("Basic "));
    let decoded = encoded.and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((key, secret)) = text.as_deref().and_then(|text| text.split_once(':')) else {
        return Err(Refusal::unauthorized("Must supply api_key"));
    };
    // A cloud that is not the key's gives the words of a wrong secret: the service does not say which it
    // was.
    match (key == API_KEY, secret == API_SECRET && call.route.cloud == CLOUD) {
        (true, true) => Ok(()),
        (true, false) => Err(Refusal::unauthorized("api_secret mismatch")),
        (false, _) => Err(Refusal::unauthorized("unknown api_key")),
    }
}

/// Admits a call of the Upload API, by its signature.
pub(crate) fn admit_signed(account: &Account, call: &Call) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let key = parameters.text("api_key").ok_or_else(|| Refusal::unauthorized("Must supply api_key"))?;
    if call.route.cloud != CLOUD {
        return Err(Refusal::unauthorized(format!("Invalid cloud_name {}", call.route.cloud)));
    }
    if key != API_KEY {
        return Err(Refusal::unauthorized(format!("Invalid api_key {key}")));
    }
    let given = parameters.required("signature")?;
    let timestamp = parameters.required("timestamp")?.parse();
    check_fresh(account, call, timestamp.map_err(|_| Refusal::bad_request("Invalid timestamp"))?)?;
    // Nothing in a call names the algorithm; the service goes by the length of the signature, too.
    let algorithm = Algorithm::from_length(given)
        .filter(|algorithm| account.behaviour.only_algorithm.is_none_or(|only| only == *algorithm));
    // Version 2 is what the SDKs write, and version 1 what they wrote until 2025.
    let [expected, older] = [SignatureVersion::Two, SignatureVersion::One]
        .map(|version| string_to_sign(parameters.to_sign(), version));
    let is_made_of = |text: &str| algorithm.is_some_and(|by| sign(text, API_SECRET, by) == given);
    if is_made_of(&expected) || is_made_of(&older) {
        return Ok(());
    }
    // The service echoes the string that it built itself; it is the quickest way to see what was signed
    // wrongly.
    Err(Refusal::unauthorized(format!("Invalid Signature {given}. String to sign - '{expected}'.")))
}

/// A time in the future is taken, as it is by the service: such a signature stays good for long.
fn check_fresh(account: &Account, call: &Call, timestamp: i64) -> Result<(), Refusal> {
    let now = account.clock.now();
    // Instead of the hour and not besides it: a download may be meant to work for longer, or for less.
    if let Some(end) = call.parameters.text("expires_at") {
        let end: i64 = end.parse().map_err(|_| Refusal::bad_request("Invalid expires_at"))?;
        let is_over = end < now.unix_timestamp();
        return if is_over { Err(Refusal::unauthorized("Request has expired")) } else { Ok(()) };
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
