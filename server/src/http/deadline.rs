//! No request goes on for ever, and a fault in one handler is an answer, not a dropped connection.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use crate::error::ApiError;

/// Longest time from a request's head to its answer: a phone on a bad line sends a few megabytes in it.
const LONGEST: Duration = Duration::from_secs(60);

/// Middleware that ends a request which takes too long, mostly because its body does not arrive.
pub(crate) async fn keep_deadline(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Uncaught, a panic makes actix drop the connection without an answer. `AssertUnwindSafe`
    // holds because nothing of the future is used after a panic.
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    // actix itself waits for ever for a body that does not arrive. What is timed ends with the head of the
    // answer, not with a streamed body. An enrolment or deletion that was begun goes on in a task of its own
    // when this future is dropped.
    match tokio::time::timeout(LONGEST, answer).await {
        Ok(Ok(answer)) => Ok(answer?.map_into_boxed_body()),
        Ok(Err(_panic)) => Err(ApiError::Internal.into()),
        Err(_elapsed) => Err(ApiError::TooSlow.into()),
    }
}
