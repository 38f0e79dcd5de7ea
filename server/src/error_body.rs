//! The bodies of errors, in the three forms that clients know.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::error::{Description, Reason};
use crate::error::{DuplicateOf, UnlikeFace};

/// An error of the routes that answer with a status.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusError {
    /// Always `error`.
    #[schema(example = "error")]
    status: &'static str,
    /// What is wrong and what to do.
    #[schema(example = "No face detected in image")]
    message: String,
}

impl StatusError {
    pub(crate) fn new(message: &str) -> Self {
        Self { status: "error", message: message.to_owned() }
    }
}

/// An error of `/verify/`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictError {
    /// Always false.
    #[schema(example = false)]
    verified: bool,
    /// Always null.
    // Never left out, though it says nothing: clients of the replaced service read it.
    #[schema(required = true)]
    username: Option<String>,
    /// What is wrong and what to do.
    #[schema(example = "No face detected in image")]
    message: String,
}

impl VerdictError {
    pub(crate) fn new(message: &str) -> Self {
        Self { verified: false, username: None, message: message.to_owned() }
    }
}

/// An error of all other routes: RFC 9457 problem details.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemError {
    /// Always `about:blank`; `code` tells errors apart.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Service Unavailable")]
    title: &'static str,
    /// The status.
    #[schema(example = 503)]
    status: u16,
    /// What is wrong and what to do.
    #[schema(example = "The store is not available: try again in a moment")]
    detail: String,
    /// Stable name of the error.
    #[schema(example = "store_unavailable")]
    code: &'static str,
    /// The request's id in the server's log.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    request_id: String,
    /// What is wrong with the pictures, of `picture_unusable` alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
    /// Who else has the face, of `duplicate_person` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate: Option<DuplicateOf>,
    /// Which face is unlike the user's others, of `other_person` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_person: Option<UnlikeFace>,
}

impl ProblemError {
    pub(crate) fn new(description: &Description, request_id: &str) -> Self {
        let status = description.status();
        Self {
            // With this type the title is the status in its own words (RFC 9457, section 4.2.1).
            kind: "about:blank",
            // With `about:blank` the title is the phrase of the status (RFC 9457, section 4.2.1).
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: description.message.clone(),
            code: description.code.name,
            request_id: request_id.to_owned(),
            reasons: description.reasons.clone(),
            duplicate: description.duplicate.clone(),
            other_person: description.other_person,
        }
    }
}

/// What every route that answers with a status can refuse or fail with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes the answers for the document; the envelope makes them")]
pub(crate) enum StatusErrors {
    /// There is no key, or it does not hold
    #[response(status = 401)]
    NoKey(StatusError),
    /// The key is for less or for other events, or the request comes from a page of a site that is not allowed, or names
    /// another host
    #[response(status = 403)]
    Denied(StatusError),
    /// Too many requests, or keys that do not hold: see Retry-After
    #[response(status = 429)]
    Limited(StatusError),
    /// A fault of the server's
    #[response(status = 500)]
    Fault(StatusError),
    /// The server is busy or its store is not available: see Retry-After
    #[response(status = 503)]
    Unavailable(StatusError),
}

/// What an upload to a route that answers with a status can be refused for, beside [`StatusErrors`].
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes the answers for the document; the envelope makes them")]
pub(crate) enum StatusUploadErrors {
    /// The upload took too long
    #[response(status = 408)]
    Slow(StatusError),
    /// The event's faces are of another model, or the name differs from one that is there by invisible characters alone
    #[response(status = 409)]
    OtherModel(StatusError),
    /// The picture file is too large
    #[response(status = 413)]
    TooLarge(StatusError),
    /// The body is no multipart form
    #[response(status = 415)]
    NoForm(StatusError),
}

/// What `/verify/` can refuse or fail with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes the answers for the document; the envelope makes them")]
pub(crate) enum VerdictErrors {
    /// There is no key, or it does not hold
    #[response(status = 401)]
    NoKey(VerdictError),
    /// The key is for less or for other events, or the request comes from a page of a site that is not allowed, or names
    /// another host
    #[response(status = 403)]
    Denied(VerdictError),
    /// The upload took too long
    #[response(status = 408)]
    Slow(VerdictError),
    /// The event's faces are of another model
    #[response(status = 409)]
    OtherModel(VerdictError),
    /// The picture file is too large
    #[response(status = 413)]
    TooLarge(VerdictError),
    /// The body is no multipart form
    #[response(status = 415)]
    NoForm(VerdictError),
    /// Too many requests, or keys that do not hold: see Retry-After
    #[response(status = 429)]
    Limited(VerdictError),
    /// A fault of the server's
    #[response(status = 500)]
    Fault(VerdictError),
    /// The server is busy or its store is not available: see Retry-After
    #[response(status = 503)]
    Unavailable(VerdictError),
}
