//! Headers that keep browsers from doing more with an answer than it is for.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use tracing_actix_web::RequestId;
use uuid::Uuid;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The same id, by the name under which the audit trail has it.
pub(super) const TRANSACTION_ID: HeaderName = HeaderName::from_static("x-transaction-id");
/// How many users and events of the store an archive is without, since they cannot be read.
pub(crate) const UNREADABLE: HeaderName = HeaderName::from_static("x-unreadable-records");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a page may load and do.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContentPolicy(&'static str);

impl ContentPolicy {
    // `frame-ancestors`, `base-uri` and `form-action` do not fall back to `default-src`, so they stand beside it.
    /// Nothing: for JSON.
    pub(super) const DATA: Self = Self("default-src 'none'; frame-ancestors 'none'");

    /// Files and calls of this server, and the camera's pictures.
    const PAGE: Self = Self(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );

    /// The pages of the documentation, whose scripts write styles into the page and draw in workers.
    const DOCS: Self = Self(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; \
         font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    );

    fn for_path(path: &str) -> Self {
        if path.starts_with("/docs") || path.starts_with("/redoc") {
            Self::DOCS
        } else if path == "/" {
            Self::PAGE
        } else {
            Self::DATA
        }
    }
}

/// Middleware that adds the request's id and the security headers.
pub(crate) async fn security_headers(
    id: RequestId,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let policy = ContentPolicy::for_path(request.path());
    match next.call(request).await {
        Ok(response) => {
            let mut response = response.map_into_boxed_body();
            decorate(response.headers_mut(), *id, policy);
            Ok(response)
        }
        Err(error) => {
            // `InternalError` hands its answer out once and is a bare 500 from then on: so
            // it is taken, completed and wrapped again.
            let mut answer = error.as_response_error().error_response();
            decorate(answer.headers_mut(), *id, policy);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

pub(super) fn decorate(headers: &mut HeaderMap, id: Uuid, policy: ContentPolicy) {
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id.clone());
        headers.insert(TRANSACTION_ID, id);
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy.0));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Paths hold names of people. They are told to this server alone, which asks for them where a browser says nothing
    // else of its page.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Keeps other sites from embedding an answer. It is not asked in CORS
    // requests, so listed origins still read it.
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(CACHE_CONTROL) {
        // Answers speak of people: no cache keeps them.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
