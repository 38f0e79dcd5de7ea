//! Every error leaves through here: the answer's body in the form of its path, whoever made the error.

use actix_multipart::MultipartError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{InternalError, JsonPayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, HttpResponseBuilder};
use tracing::Span;
use tracing_actix_web::RequestId;
use uuid::Uuid;

use super::headers::{ContentPolicy, decorate};
use super::overload::note_refusal;
use super::{REFUSAL, Shape};
use crate::error::{ApiError, Description, codes, with_causes};
use crate::error_body::{ProblemError, StatusError, VerdictError};
use crate::scores::Scores;

/// Middleware that gives every error its body, and writes it to the log.
pub(crate) async fn render_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Taken before the call, which consumes the request: an `Err` does not bring it back.
    let shape = Shape::for_path(request.path());
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    match next.call(request).await {
        Ok(response) if response.status().as_u16() >= 400 => Ok(rendered(response, shape, &id)),
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => {
            // Stays an `Err`: a `ServiceResponse` cannot be made without the request. The
            // layers outside take the answer out of it.
            // Without the request nobody knows who asked.
            let status = error.as_response_error().status_code();
            let description = describe(&error, status, "", shape, Scores::Matches);
            note(&description, Some(&error));
            Err(InternalError::from_response(error, answer(&description, shape, &id)).into())
        }
    }
}

fn rendered(
    response: ServiceResponse<impl MessageBody + 'static>,
    shape: Shape,
    id: &str,
) -> ServiceResponse<BoxBody> {
    let methods = methods(response.headers());
    let scores = Scores::of_request(response.request());
    let description = match response.response().error() {
        Some(error) => describe(error, response.status(), &methods, shape, scores),
        // The router and its guards answer with a bare status.
        None => ApiError::from_status(response.status(), &methods).describe(shape, scores),
    };
    note(&description, response.response().error());
    let mut answer = answer(&description, shape, id);
    // Set before the headers of the old answer are taken over: its `allow` lacks HEAD and may name a method twice.
    if let Some(methods) = HeaderValue::from_str(&methods).ok().filter(|methods| !methods.is_empty()) {
        answer.headers_mut().insert(ALLOW, methods);
    }
    // What inner layers said of caching, origins and methods stays true of the new body.
    for (name, value) in response.headers() {
        if *name != CONTENT_TYPE && *name != RETRY_AFTER && !answer.headers().contains_key(name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(answer)
}

/// The methods that a path takes, each once: one that takes two kinds of bodies names its method twice. Where GET
/// is answered, HEAD is.
fn methods(headers: &HeaderMap) -> String {
    let named = headers.get(ALLOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut methods: Vec<&str> = Vec::new();
    for method in named.split(',').map(str::trim) {
        if !methods.contains(&method) {
            methods.push(method);
            if method == "GET" {
                methods.push("HEAD");
            }
        }
    }
    methods.join(", ")
}

/// What an error of ours or of the framework's means to the client.
fn describe(error: &Error, status: StatusCode, methods: &str, shape: Shape, scores: Scores) -> Description {
    if let Some(error) = error.as_error::<ApiError>() {
        return error.describe(shape, scores);
    }
    // actix does not pass errors of the media type and the boundary to the error handler of the form reader.
    if let Some(error) = error.as_error::<MultipartError>() {
        return ApiError::from_multipart_error(error).describe(shape, scores);
    }
    if let Some(error) = error.as_error::<JsonPayloadError>() {
        return ApiError::from_json_error(error).describe(shape, scores);
    }
    // Of the older routes alone: those of /v1 have an error handler that says which value is wrong.
    if error.as_error::<QueryPayloadError>().is_some() {
        return ApiError::Query.describe(shape, scores);
    }
    ApiError::from_status(status, methods).describe(shape, scores)
}

/// Writes an error to the log; of a fault, also what is below it and not for the client.
fn note(description: &Description, error: Option<&Error>) {
    let (status, code, message) = (description.status(), description.code.name, &description.message);
    let status_code = status.as_u16();
    let is_busy = code == codes::BUSY.name;
    if is_busy {
        note_refusal();
    }
    // No line of its own, which anyone can cause any number of: the one about the request says it.
    if is_busy || !status.is_server_error() {
        let span = Span::current();
        let [code_field, detail_field] = REFUSAL;
        span.record(code_field, code).record(detail_field, message.as_str());
        return;
    }
    let of_ours = error.and_then(|error| error.as_error::<ApiError>());
    let causes = of_ours.map(|error| with_causes(error)).unwrap_or_default();
    tracing::error!(status = status_code, code, causes, "failed: {message}");
}

/// What a request is answered whose head did not arrive in time, so that neither its path nor its key is known.
pub(crate) fn too_slow() -> HttpResponse {
    let id = Uuid::now_v7();
    let description = ApiError::TooSlow.describe(Shape::Problem, Scores::Matches);
    let mut answer = answer(&description, Shape::Problem, &id.to_string());
    decorate(answer.headers_mut(), id, ContentPolicy::DATA);
    answer
}

fn answer(description: &Description, shape: Shape, id: &str) -> HttpResponse {
    let (status, message) = (description.status(), &description.message);
    let mut answer = HttpResponseBuilder::new(status);
    if let Some(seconds) = description.retry_after {
        answer.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    // A 401 has to name a scheme (RFC 9110, section 15.5.2).
    if status == StatusCode::UNAUTHORIZED {
        answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::REQUEST_TIMEOUT {
        // What is left of the body is not read.
        answer.force_close();
    }
    match shape {
        Shape::Status => answer.json(StatusError::new(message)),
        Shape::Verdict => answer.json(VerdictError::new(message)),
        Shape::Problem => {
            // Set first: `json` says its own media type only where there is none.
            answer.content_type("application/problem+json").json(ProblemError::new(description, id))
        }
    }
}
