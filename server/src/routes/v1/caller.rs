//! `GET /v1/caller`: what a key is for, asked by whoever has it.

use ::events::{Actor, EventName};
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Caller, Role};
use crate::routes::operation::Operation;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallerResponse {
    /// The name of the key; `anonymous` where there are no keys.
    #[schema(value_type = String, example = "door 1")]
    name: Actor,
    /// What it may: `verify`, `enrol` or `admin`, which is everybody where there are no keys.
    #[schema(value_type = String, example = "verify")]
    role: Role,
    /// The events that it is for; null for every one.
    #[schema(value_type = Option<Vec<String>>, required = true, example = json!(["conference_2024"]))]
    events: Option<Vec<EventName>>,
}

/// The operation on the caller.
pub(super) fn operations() -> Vec<Operation> {
    vec![Operation::new(Role::Verify, __path_read_caller, read_caller).with_errors(&[])]
}

/// Read what the key is for
///
/// So that a program or a page offers what its key may do, and nothing else.
#[utoipa::path(
    get, path = "/v1/caller", tag = "Keys",
    responses((status = 200, description = "What the key is for", body = CallerResponse))
)]
async fn read_caller(caller: Caller) -> Json<CallerResponse> {
    let events = caller.events().map(|events| events.iter().cloned().collect());
    Json(CallerResponse { role: caller.role(), events, name: caller.actor })
}
