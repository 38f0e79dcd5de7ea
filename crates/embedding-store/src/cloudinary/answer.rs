//! What Cloudinary answered: read with a limit, and told apart by whose turn it is.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::credentials::ApiSecret;
use super::retry::Failure;
use crate::StoreError;

/// The longest answer that is read: beyond Cloudinary's own limit for a document in any plan.
const LONGEST: usize = 64 * 1024 * 1024;

/// Characters of an error text that are passed on.
const SHOWN: usize = 200;

/// An answer with status 200.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A call that came to no answer. The error's own URL, which has the signature in it, is taken out.
pub(super) fn unanswered(error: reqwest::Error) -> Failure {
    let reason = if error.is_timeout() {
        "Cloudinary did not answer in time"
    } else if error.is_connect() {
        "Cloudinary cannot be reached"
    } else {
        "the connection to Cloudinary broke"
    };
    Failure::Passing { reason: reason.to_owned(), source: Some(error.without_url().into()), pause: None }
}

impl Answer {
    /// Reads an answer; `None` when what it is about is not there.
    pub(super) async fn read(
        mut response: Response,
        secret: &ApiSecret,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, Failure> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        // Read whatever the status, since a refusal has its reason in the body; counted as it comes, since an
        // answer in chunks announces no length.
        while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(Failure::Doubtful(StoreError::unavailable(false, "an answer is far too long")));
            }
            body.extend_from_slice(&chunk);
        }
        match status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(Some(Self { headers, body })),
            // Only this means absent; after any other failure nothing is known.
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(failure(status, &headers, &message(&headers, &body, secret), now)),
        }
    }

    /// The body as JSON. Anything else under status 200 is not Cloudinary's.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|e| Failure::Passing {
            reason: "the answer is not the JSON that Cloudinary gives".to_owned(),
            source: Some(e.into()),
            pause: None,
        })
    }
}

/// A number in a header.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// When the hour of the limit ends.
pub(super) fn reset(headers: &HeaderMap) -> Option<OffsetDateTime> {
    let text = headers.get("x-featureratelimit-reset")?.to_str().ok()?;
    date(text)
}

fn date(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    // The dates of HTTP read as RFC 2822, which allows GMT as a zone.
    OffsetDateTime::parse(text, &Rfc2822).or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok()
}

/// How long the answer asks to be left alone.
fn pause(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    if let Some(seconds) = number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let until = headers.get("retry-after").and_then(|value| date(value.to_str().ok()?));
    let until = until.or_else(|| reset(headers))?;
    Duration::try_from(until - now).ok()
}

/// The text of an error, without the secret in case it is in there, on one line and short.
fn message(headers: &HeaderMap, body: &[u8], secret: &ApiSecret) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = json.pointer("/error/message").and_then(Value::as_str);
    let text = text.or_else(|| headers.get("x-cld-error")?.to_str().ok()).unwrap_or("no reason was given");
    let text = secret.remove_from(text);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

fn failure(status: StatusCode, headers: &HeaderMap, message: &str, now: OffsetDateTime) -> Failure {
    let lower = message.to_ascii_lowercase();
    match status.as_u16() {
        // A wrong clock is a plain 400, told apart by its text alone.
        400 if lower.contains("stale request") => Failure::Refused(StoreError::misconfigured(format!(
            "this machine's clock is wrong, so Cloudinary takes its requests for old ones: set the clock ({message})"
        ))),
        // Beyond the plan's limit it is a 400 with this text, beyond the limit of a request (100 MB) a 413.
        400 | 413 if status == StatusCode::PAYLOAD_TOO_LARGE || lower.contains("file size too large") => {
            Failure::Refused(StoreError::unstorable(format!(
                "Cloudinary takes no document of this size: remove samples or metadata of the user ({message})"
            )))
        }
        // A wrong cloud name gets this too, with the text `api_secret mismatch`.
        401 => Failure::Refused(StoreError::misconfigured(format!(
            "Cloudinary refuses the credentials: check cloud name, API key and API secret ({message})"
        ))),
        403 => Failure::Refused(StoreError::misconfigured(format!(
            "Cloudinary does not allow this to the API key: check its permissions ({message})"
        ))),
        // 420 is Cloudinary's own; its SDKs take 429 for the same.
        420 | 429 => Failure::Passing {
            reason: format!("Cloudinary's limit of calls is reached ({message})"),
            source: None,
            pause: pause(headers, now),
        },
        408 | 423 | 425 | 500..=599 => Failure::Passing {
            reason: format!("Cloudinary answers {status} ({message})"),
            source: None,
            pause: pause(headers, now),
        },
        _ => Failure::Refused(StoreError::Unavailable {
            retryable: false,
            reason: format!("Cloudinary refuses the call with {status} ({message})"),
            source: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap()
    }

    fn refused(status: u16, text: &str) -> Failure {
        failure(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), text, now())
    }

    #[test]
    fn each_refusal_says_who_is_to_act() {
        let stale =
            "Stale request - reported time is 2024-04-11 13:23:38 +0000 which is more than 1 hour ago";
        assert!(matches!(refused(400, stale), Failure::Refused(StoreError::Misconfigured { reason, .. })
            if reason.contains("clock")));
        assert!(matches!(
            refused(400, "File size too large. Got 2. Maximum is 1."),
            Failure::Refused(StoreError::Unstorable { .. })
        ));
        for status in [401, 403] {
            assert!(matches!(refused(status, "x"), Failure::Refused(StoreError::Misconfigured { .. })));
        }
        for status in [420, 429, 500, 502, 503, 423] {
            assert!(matches!(refused(status, "x"), Failure::Passing { .. }), "{status}");
        }
        assert!(matches!(
            refused(409, "x"),
            Failure::Refused(StoreError::Unavailable { retryable: false, .. })
        ));
    }

    #[test]
    fn the_pause_is_read_from_seconds_and_from_dates() {
        let mut headers = HeaderMap::new();
        headers.insert("x-featureratelimit-reset", HeaderValue::from_static("Tue, 14 Nov 2023 22:20:00 GMT"));
        assert_eq!(pause(&headers, now()), Some(Duration::from_secs(400)));
        headers.insert("retry-after", HeaderValue::from_static("7"));
        assert_eq!(pause(&headers, now()), Some(Duration::from_secs(7)));
        headers.insert("retry-after", HeaderValue::from_static("Tue, 14 Nov 2023 22:13:30 GMT"));
        assert_eq!(pause(&headers, now()), Some(Duration::from_secs(10)));
        headers.insert("retry-after", HeaderValue::from_static("Tue, 14 Nov 2023 22:13:10 GMT"));
        assert_eq!(pause(&headers, now()), None, "that is over");
    }

    #[test]
    fn a_text_is_passed_on_short_on_one_line_and_without_the_secret() {
        let secret = ApiSecret::new("s3cr3t");
        let body = format!(r#"{{"error":{{"message":"bad s3cr3t\n{}"}}}}"#, "x".repeat(1000));
        let text = message(&HeaderMap::new(), body.as_bytes(), &secret);
        assert!(text.starts_with("bad … x") && text.chars().count() == SHOWN, "{text}");
        assert_eq!(message(&HeaderMap::new(), b"<html>", &secret), "no reason was given");
    }
}
