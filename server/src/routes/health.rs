//! `/health`: whether the process lives, and whether it can do its work.

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::operation::Operation;
use crate::error::ApiError;
use crate::error_body::ProblemError;
use crate::service::Service;

/// The server's state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Version of the server.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Users and events that the store cannot read and keeps out; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable_records: Option<usize>,
}

fn health(status: &'static str) -> Json<Health> {
    Json(Health { status, version: env!("CARGO_PKG_VERSION"), unreadable_records: None })
}

/// These ask for no key: what watches a server has none.
pub(super) fn operations() -> [Operation; 2] {
    [Operation::without_key(__path_live, live), Operation::without_key(__path_ready, ready)]
}

/// Is the process alive?
///
/// Answers without touching store or models.
#[utoipa::path(
    get, path = "/health/live", tag = "Health",
    responses(
        (status = 200, description = "It is", body = Health),
        (status = 403, description = "The request names a host that is not this server", body = ProblemError,
            content_type = "application/problem+json", example = json!({"type": "about:blank", "title": "Forbidden",
                "status": 403, "detail": "This server does not answer to that host name: use localhost, or list its \
                origin with --cors", "code": "foreign_host", "request_id": "01a20fb1-0247-75c3-8a5d-21b9a30a7b91"})),
    )
)]
async fn live() -> Json<Health> {
    // Nothing is asked of the store: that it is away is no reason to restart this process.
    health("live")
}

/// Can it do its work?
///
/// Models are loaded before the server answers at all; this asks the store and the journal, which for a file means
/// that it is where it was, and that its disk has room.
#[utoipa::path(
    get, path = "/health/ready", tag = "Health",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 403, description = "The request names a host that is not this server", body = ProblemError,
            content_type = "application/problem+json", example = json!({"type": "about:blank", "title": "Forbidden",
                "status": 403, "detail": "This server does not answer to that host name: use localhost, or list its \
                origin with --cors", "code": "foreign_host", "request_id": "01a20fb1-0247-75c3-8a5d-21b9a30a7b91"})),
        (status = 500, description = "The store is damaged", body = ProblemError, content_type = "application/problem+json"),
        (status = 503, description = "The store or the journal is not available; `detail` says why, where that is known", body = ProblemError,
            content_type = "application/problem+json"),
    )
)]
async fn ready(service: Data<Service>) -> Result<Json<Health>, ApiError> {
    service.events.check().await?;
    // The journal may be in a file of its own.
    service.audit.check().await?;
    let mut health = health("ready");
    health.unreadable_records = Some(service.events.unreadable_records()).filter(|records| *records > 0);
    Ok(health)
}
