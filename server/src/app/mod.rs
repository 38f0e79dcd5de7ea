//! The application: routes, limits and middleware as they are served, by the program and in tests alike.

use std::sync::LazyLock;

use actix_multipart::form::text::TextConfig;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{NormalizePath, from_fn};
use actix_web::web::{Bytes, Data};
use actix_web::{App, Error};
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa::openapi::Server;

use crate::auth::Access;
use crate::connection::pace_answers;
use crate::http::{
    Admission, BasePath, RequestLog, SitePolicy, TrustedProxies, answer_head, check_site, cors, expect_utf8,
    keep_deadline, note_request, render_errors, security_headers, strip_base_path,
};
use crate::limits::Limits;
use crate::openapi::Document;
use crate::routes;
use crate::scores::Scores;
use crate::service::Service;
use crate::traces::Traces;

/// The document of the API, once for all workers and requests. It is text and numbers, of which JSON can always be made; a
/// test compares what is served with docs/openapi.json.
static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| Document::openapi().to_json().map(Bytes::from).unwrap_or_default());

/// What the handlers and the middleware work with. Of clones, what they share is behind an `Arc` inside, such as
/// semaphores: so the workers of a process have one limit together.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    /// What the handlers ask.
    pub(crate) service: Service,
    /// Who may ask.
    pub(crate) access: Access,
    /// How many uploads there may be at once, and how large.
    pub(crate) admission: Admission,
    /// Under which path a proxy shows it.
    pub(crate) base_path: BasePath,
    /// Which hosts it answers to, and the pages of which origins.
    pub(crate) policy: SitePolicy,
    /// What callers below admin are told of distances.
    pub(crate) scores: Scores,
    /// Whose word about the address of a client is taken.
    pub(crate) proxies: TrustedProxies,
    /// How often who may ask.
    pub(crate) limits: Limits,
    /// Where spans of requests go.
    pub(crate) traces: Traces,
}

/// All routes with all that is done about every request.
pub(crate) fn app(
    state: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let AppState { service, access, admission, base_path, policy, scores, proxies, limits, traces } = state;
    let document = document(&base_path);
    App::new()
        .app_data(Data::new(service.metrics.clone()))
        .app_data(Data::new(service))
        .app_data(Data::new(access))
        .app_data(Data::new(admission))
        .app_data(Data::new(base_path))
        .app_data(Data::new(policy.clone()))
        .app_data(Data::new(scores))
        .app_data(Data::new(proxies))
        .app_data(Data::new(limits))
        .app_data(Data::new(traces))
        // Older clients say all sorts of types for their text fields.
        .app_data(TextConfig::default().validate_content_type(false))
        .configure(|routes| routes::table(routes, document))
        // The last wrap sees a request first. The log makes the id that headers and error bodies carry.
        // Errors are rendered outside the deadline, since it makes 408 and, of a panic, 500. The site is
        // checked before CORS, which answers preflights by itself.
        .wrap(NormalizePath::trim())
        .wrap(from_fn(expect_utf8))
        .wrap(cors(policy))
        .wrap(from_fn(check_site))
        .wrap(from_fn(keep_deadline))
        .wrap(from_fn(render_errors))
        .wrap(from_fn(security_headers))
        .wrap(from_fn(answer_head))
        .wrap(from_fn(note_request))
        .wrap(from_fn(strip_base_path))
        .wrap(TracingLogger::<RequestLog>::new())
        // Outside of all, so that it sees every body as it is sent.
        .wrap(from_fn(pace_answers))
}

/// The document, with where its paths are when that is not the root.
fn document(base_path: &BasePath) -> Bytes {
    if base_path.as_str().is_empty() {
        return DOCUMENT.clone();
    }
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(base_path.as_str())]);
    document.to_json().map(Bytes::from).unwrap_or_default()
}

#[cfg(test)]
mod tests;
