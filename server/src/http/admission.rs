//! Uploads and lists are let in only while there is room for them, so that memory stays bounded.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::pace::keep_pace;
use crate::error::ApiError;
use crate::service::Service;

/// Room for multipart headers and text fields beside the picture.
const FORM_OVERHEAD: usize = 64 << 10;

/// Longest JSON that is no upload, in bytes: a name and a note, not embeddings.
const LIGHT: u64 = 16 << 10;

/// Memory that lists may take up together, in KiB.
const LISTS: usize = 256 << 10;

/// What one takes up while it is made, in KiB: the records of a page of 1 MiB, up to eleven times as long once they are
/// parsed (`[[],[],...]`), and their text, at most twice as long as the page.
const LIST: u32 = 16 << 10;

/// How long a list waits for room: it is made in milliseconds, so a burst of them is served one after the other.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much memory requests may take up: so many uploads of such a size at once, and lists beside them, which no upload
/// can crowd out.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    room: Arc<Semaphore>,
    lists: Arc<Semaphore>,
    max_upload: usize,
}

impl Admission {
    /// Lets in `uploads` bodies at once with pictures of at most `max_upload` bytes.
    pub(crate) fn new(uploads: usize, max_upload: usize) -> Self {
        let (room, lists) = (Arc::new(Semaphore::new(uploads)), Arc::new(Semaphore::new(LISTS)));
        Self { room, lists, max_upload }
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

/// How many bytes the body of a request is said to have.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    // The framework has refused lengths that are no numbers, and two that differ.
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Middleware behind the gate: refuses a body that says it is too long before reading it, any but a light one while
/// as many as allowed are on their way, and a form while no more pictures can wait for a thread.
pub(crate) async fn admit(
    pictures: Pictures,
    admission: Data<Admission>,
    service: Data<Service>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let announced = announced_length(request.headers());
    let is_form = request.content_type().eq_ignore_ascii_case("multipart/form-data");
    let may_be_told_apart = is_form && pictures == Pictures::Several;
    if is_light(&request, announced) {
        return next.call(request).await;
    }
    let is_too_long = announced.is_some_and(|length| length > admission.max_body() as u64);
    if is_too_long && !may_be_told_apart {
        let limit = admission.max_upload;
        let error = if is_form { ApiError::TooLarge { limit } } else { ApiError::BodyTooLarge { limit } };
        return Ok(request.error_response(error));
    }
    // Its pictures would be refused once they were read, parsed and written to the audit, which takes from those in
    // the queue what they wait for.
    if is_form && service.inference.is_full() {
        return Ok(request.error_response(ApiError::Busy));
    }
    // Refused rather than made to wait: nothing would bound how many wait, each with an open connection. Held
    // until the handler has answered, since the form and its pictures lie in memory for that long.
    let Ok(_permit) = admission.room.clone().try_acquire_owned() else {
        return Ok(request.error_response(ApiError::Busy));
    };
    let (request, falls_behind) = keep_pace(request);
    tokio::select! {
        biased;
        answer = next.call(request) => answer,
        // Its place is free then: senders of a byte a second would take up all of them.
        () = falls_behind => Err(ApiError::TooSlow.into()),
    }
}

/// Middleware of what grows with what is stored: waits a moment for room, and holds as much of it as the answer has
/// bytes until that was sent.
pub(crate) async fn admit_list(
    admission: Data<Admission>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let room = admission.lists.clone().acquire_many_owned(LIST);
    let Ok(Ok(mut room)) = timeout(PATIENCE, room).await else {
        return Ok(request.error_response(ApiError::Busy));
    };
    let answer = next.call(request).await?.map_into_boxed_body();
    // Of a file, which is made while it is sent, the room for a page is kept.
    if let BodySize::Sized(length) = answer.response().body().size() {
        let length = usize::try_from(length.div_ceil(1 << 10)).unwrap_or(usize::MAX);
        drop(room.split(room.num_permits().saturating_sub(length)));
    }
    Ok(answer.map_body(|_, body| BoxBody::new(Held { body, _room: room })))
}

/// A body that takes up room for as long as it is there.
struct Held {
    body: BoxBody,
    _room: OwnedSemaphorePermit,
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().body.as_pin_mut().poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::body::to_bytes;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::web::get;

    use super::*;

    #[actix_web::test]
    async fn a_list_waits_a_moment_for_room_and_its_answer_keeps_its_length_until_it_was_sent() {
        let admission = Admission::new(1, 1 << 20);
        let list = get().to(async || "x".repeat(10_000)).wrap(from_fn(admit_list));
        let app = App::new().app_data(Data::new(admission.clone())).route("/", list);
        let app = init_service(app).await;
        let answer = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(admission.lists.available_permits(), LISTS - 10);
        assert_eq!(to_bytes(answer.into_body()).await.unwrap().len(), 10_000);
        assert_eq!(admission.lists.available_permits(), LISTS);

        let others = admission.lists.clone().acquire_many_owned(u32::try_from(LISTS).unwrap()).await.unwrap();
        // Nobody gives up room, so the two seconds are over at once.
        tokio::time::pause();
        let refused = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(refused.status(), 503);
        drop(others);
        let answer = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(answer.status(), 200);
    }
}
