//! One line in the log for every request, under an id that the answer carries too.

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// Where the span has whoever asks, once that is known.
pub(crate) const ACTOR: &str = "actor";

/// Characters of a path that are logged: whoever asks chooses it, and may have no key.
const LONGEST_PATH: usize = 1024;

/// Names the span of a request. The query is left out: it names people.
#[derive(Debug)]
pub(crate) struct RequestLog;

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let path: String = request.path().chars().take(LONGEST_PATH).collect();
        // Declared empty, because a span drops values of fields that it was not made with. The gate fills it in.
        tracing::info_span!("request", id, method = %request.method(), path, actor = Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        tracing::debug!(parent: &span, status = status.as_u16(), "answered");
    }
}
