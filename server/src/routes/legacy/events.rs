//! `/api/events`: the events there are, and the end of one.

use ::events::{Action, EventName};
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors};
use crate::routes::fields::event_name;
use crate::service::Service;

/// All events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventList {
    /// The events in name order.
    events: Vec<EventUsers>,
}

/// An event and its size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventUsers {
    /// Name of the event.
    #[schema(value_type = String, example = "conference_2024")]
    event_name: EventName,
    /// How many users are registered.
    #[schema(example = 15)]
    user_count: usize,
}

/// An event was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventDeleted {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// What happened, for people.
    #[schema(example = "Event 'conference_2024' deleted")]
    message: String,
}

/// List events
///
/// The events that the key is for in name order, those without users included.
#[utoipa::path(
    get, path = "/api/events", tag = "As the replaced service had it", operation_id = "legacy_list_events",
    responses(
        StatusErrors,
        (status = 200, description = "The events", body = EventList),
    )
)]
pub(crate) async fn list_events(service: Data<Service>, caller: Caller) -> Result<Json<EventList>, ApiError> {
    let summaries = service.events.events().await?.into_iter();
    let events = summaries
        .filter(|event| caller.sees(Some(&event.name)))
        .map(|event| EventUsers { event_name: event.name, user_count: event.user_count })
        .collect();
    Ok(Json(EventList { events }))
}

/// Delete an event
///
/// Deletes the event with all its users and faces. It cannot be undone.
#[utoipa::path(
    delete, path = "/api/events/{event_name}", tag = "As the replaced service had it", operation_id = "legacy_delete_event",
    params(("event_name" = String, Path, description = "Name of the event, percent-encoded", example = "conference_2024")),
    responses(
        StatusErrors,
        (status = 200, description = "The event is gone", body = EventDeleted),
        (status = 400, description = "No name an event can have", body = StatusError),
        (status = 404, description = "No such event", body = StatusError,
            example = json!({"status": "error", "message": "Event 'conference_2024' not found"})),
    )
)]
pub(crate) async fn delete_event(
    service: Data<Service>,
    event: Path<String>,
    caller: Caller,
    transaction: Transaction,
) -> Result<Json<EventDeleted>, ApiError> {
    let event = caller.enter(event_name("event_name", &event)?)?;
    let pending = transaction.begin(Action::DeleteEvent).at(&event);
    pending.record(service.events.delete_event(&event)).await?;
    Ok(Json(EventDeleted { status: "success", message: format!("Event '{event}' deleted") }))
}
