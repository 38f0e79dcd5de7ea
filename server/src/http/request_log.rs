//! One line in the log for every request, under an id that the answer carries too, and its place in the metrics.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::client::client_address;
use crate::metrics::{Metrics, RequestUnderWay};
use crate::traces::{RequestTrace, Traces};

/// Where the span has whoever asks, once that is known.
pub(crate) const ACTOR: &str = "actor";

/// Where the span has the code of an error and its words, once there is one.
pub(crate) const REFUSAL: [&str; 2] = ["code", "detail"];

/// Characters of a path that are logged: whoever asks chooses it, and may have no key.
const LONGEST_PATH: usize = 1024;

/// What asks again and again whether all is well: their answers are of no interest while it is.
const PROBES: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];

/// Names the span of a request. The query is left out: it names people.
#[derive(Debug)]
pub(crate) struct RequestLog;

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let path: String = request.path().chars().take(LONGEST_PATH).collect();
        let client = client_address(request.request());
        // Declared empty, because a span drops values of fields that it was not made with. The gate and whoever renders
        // errors fill them in.
        tracing::info_span!(
            "request",
            id,
            method = %request.method(),
            path,
            %client,
            actor = Empty,
            code = Empty,
            detail = Empty
        )
    }

    // `note_request` has seen the end, and knows the route.
    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// Middleware within the span of a request that logs how it ended, and counts it.
pub(crate) async fn note_request(
    metrics: Data<Metrics>,
    traces: Data<Traces>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Dropped with this future when the client leaves.
    let under_way = metrics.begin_request(request.method(), route(&request));
    let trace = traces.begin(request.headers());
    let stages = trace.as_ref().map(RequestTrace::stages);
    let noted = Noted { request: Some(under_way), trace, span: Span::current() };
    let outcome = match stages {
        Some(stages) => stages.note_in(next.call(request)).await,
        None => next.call(request).await,
    };
    let status = match &outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    noted.answered(status);
    outcome.map(ServiceResponse::map_into_boxed_body)
}

/// The pattern of a path. Asked before the router, which an error that comes back does not remember.
fn route(request: &ServiceRequest) -> Option<String> {
    let parts = request.path().split('/').filter(|part| !part.is_empty());
    // As the layer that merges slashes is going to have it.
    let path: String = parts.flat_map(|part| ["/", part]).collect();
    request.resource_map().match_pattern(if path.is_empty() { "/" } else { &path })
}

/// A request whose end is logged, also when it is dropped before it has an answer.
struct Noted {
    /// `None` once it is answered.
    request: Option<RequestUnderWay>,
    /// `None` when nobody collects traces.
    trace: Option<RequestTrace>,
    /// The request's own: the future is dropped outside of it.
    span: Span,
}

impl Noted {
    fn answered(mut self, status: StatusCode) {
        let Some(request) = self.request.take() else { return };
        let (route, took_ms) = (request.route(), milliseconds(&request));
        let code = status.as_u16();
        let is_probe = PROBES.contains(&route) && status.is_success();
        if let Some(trace) = self.trace.take().filter(|_| !is_probe) {
            trace.end(request.method(), route, Some(status));
        }
        if is_probe {
            tracing::debug!(status = code, route, took_ms, "answered");
        } else {
            tracing::info!(status = code, route, took_ms, "answered");
        }
        request.answered(status);
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            if let Some(trace) = self.trace.take() {
                trace.end(request.method(), request.route(), None);
            }
            tracing::info!(
                parent: &self.span,
                route = request.route(),
                took_ms = milliseconds(&request),
                "the client left before the answer"
            );
        }
    }
}

/// In tenths.
fn milliseconds(request: &RequestUnderWay) -> f64 {
    (request.took().as_secs_f64() * 10_000.0).round() / 10.0
}
