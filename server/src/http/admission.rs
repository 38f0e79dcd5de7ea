//! Uploads are let in only while there is room for them, so that memory stays bounded.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Room for multipart headers and text fields beside the picture.
const FORM_OVERHEAD: usize = 64 << 10;

/// Longest JSON that is no upload, in bytes: a name and a note, not embeddings.
const LIGHT: u64 = 16 << 10;

/// How many uploads, of what size, may be on their way at once.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    room: Arc<Semaphore>,
    max_upload: usize,
}

impl Admission {
    /// Lets in `uploads` bodies at once with pictures of at most `max_upload` bytes.
    pub(crate) fn new(uploads: usize, max_upload: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(uploads)), max_upload }
    }

    /// How many more uploads could begin now.
    pub(crate) fn room(&self) -> usize {
        self.room.available_permits()
    }

    /// Largest picture, in bytes.
    pub(crate) fn max_upload(&self) -> usize {
        self.max_upload
    }

    /// Largest body of an upload, in bytes.
    pub(crate) fn max_body(&self) -> usize {
        self.max_upload + FORM_OVERHEAD
    }
}

/// Whether a request brings little or nothing to hold in memory: there is always room for it.
fn is_light(request: &ServiceRequest, announced: Option<u64>) -> bool {
    // No handler reads a body of the other methods, so whatever they announce is never held.
    let has_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    let is_json = request.content_type().eq_ignore_ascii_case("application/json");
    // A check-in by name is let in while pictures take up all the room. JSON of an unknown length
    // (chunked) may grow up to its limit, and so counts as an upload.
    !has_body || (is_json && announced.is_some_and(|length| length <= LIGHT))
}

/// How many pictures the forms of a route hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// One, or none.
    One,
    /// Several. The length of such a form does not tell whether one of them is too large or all of them together, so it
    /// is read until that is known; no more of it is kept than of others.
    Several,
}

/// Middleware behind the gate: refuses a body that says it is too long before reading it, and any but a light
/// one while as many as allowed are on their way.
pub(crate) async fn admit(
    pictures: Pictures,
    admission: Data<Admission>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let is_form = request.content_type().eq_ignore_ascii_case("multipart/form-data");
    let may_be_told_apart = is_form && pictures == Pictures::Several;
    if is_light(&request, announced) {
        return next.call(request).await;
    }
    let is_too_long = announced.is_some_and(|length: u64| length > admission.max_body() as u64);
    if is_too_long && !may_be_told_apart {
        let limit = admission.max_upload;
        let error = if is_form { ApiError::TooLarge { limit } } else { ApiError::BodyTooLarge { limit } };
        return Ok(request.error_response(error));
    }
    // Refused rather than made to wait: nothing would bound how many wait, each with an open connection. Held
    // until the handler has answered, since the form and its pictures lie in memory for that long.
    let Ok(_permit) = admission.room.clone().try_acquire_owned() else {
        return Ok(request.error_response(ApiError::Busy));
    };
    next.call(request).await
}
