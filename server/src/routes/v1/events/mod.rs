//! `/v1/events`: events as resources.

mod response;
mod settings;

use ::events::{Action, PutEvent};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use serde::Serialize;
use utoipa::ToSchema;

use self::response::{EventResponse, event_response};
use self::settings::{EventBody, EventPatch};
use crate::audit::Transaction;
use crate::auth::{Caller, Role};
use crate::error::{ApiError, codes};
use crate::openapi::errors::{EVENT, JSON, PAGED, STORE};
use crate::routes::operation::Operation;
use crate::routes::v1::object::FromObject;
use crate::routes::v1::paging::{self, PageQuery};
use crate::routes::v1::path::InEvent;
use crate::service::Service;

pub(super) use settings::{OnDuplicate, OnOtherPerson};

/// Events, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The events in name order.
    events: Vec<EventResponse>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// The operations on events.
pub(super) fn operations() -> Vec<Operation> {
    let settings = [
        codes::INVALID_FIELD,
        codes::INVALID_RULE,
        codes::METADATA_TOO_LARGE,
        codes::UNSTORABLE,
        codes::OTHER_MODEL,
    ];
    let put = [codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED, codes::CONFLICT, codes::SIMILAR_NAME];
    vec![
        Operation::new(Role::Verify, __path_list_events, list_events)
            .with_list()
            .with_errors(&[STORE, PAGED]),
        Operation::new(Role::Admin, __path_put_event, put_event).with_errors(&[STORE, JSON, &settings, &put]),
        Operation::new(Role::Verify, __path_get_event, get_event).with_errors(&[STORE, EVENT]),
        Operation::new(Role::Admin, __path_change_event, change_event)
            .with_errors(&[STORE, EVENT, JSON, &settings]),
        Operation::new(Role::Admin, __path_delete_event, delete_event).with_errors(&[STORE, EVENT]),
    ]
}

/// List events
///
/// The events that the key is for in name order, those without users too.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", params(PageQuery),
    responses((status = 200, description = "A page of events", body = EventPage))
)]
async fn list_events(
    service: Data<Service>,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Json<EventPage>, ApiError> {
    let page = query.into_inner().page()?;
    let listing = match caller.events() {
        None => service.events.events_page(page).await?,
        // Pages of all events, filtered, could be empty, and their cursors would name events of other keys.
        Some(events) => service.events.events_page_among(events, page).await?,
    };
    let events = listing.items.into_iter().map(|details| event_response(&service, details)).collect();
    Ok(Json(EventPage { events, next_cursor: paging::next(listing.next) }))
}

/// Make an event, or replace its settings
///
/// Makes the event when it is not there yet (201). Of one that is there, all settings are replaced (200): what is
/// left out is taken away. Users and faces stay. Events also come into being with their first user.
#[utoipa::path(
    put, path = "/v1/events/{event}", tag = "Events", params(InEvent),
    request_body(content = EventBody, examples(
        ("of 1,000 people" = (value = json!({"match_rule": {"target_false_match_rate": 0.01}, "on_duplicate": "reject",
            "retain_until": "2027-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}}))),
        ("as the service decides" = (value = json!({}))))),
    responses(
        (status = 200, description = "It was there; its settings are these now", body = EventResponse),
        (status = 201, description = "It was made", body = EventResponse))
)]
async fn put_event(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventBody>>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::CreateEvent).at(&event);
    let put = async {
        let settings = body.into_inner().0.parse(&service, &event).await?;
        Ok::<_, ApiError>(service.events.put_event(&event, settings).await?)
    };
    let PutEvent { details, is_new } = pending.record_as(put, PutEvent::audited).await?;
    let mut response = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(event_response(&service, details)))
}

/// Read an event
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "Events", params(InEvent),
    responses((status = 200, description = "The event", body = EventResponse))
)]
async fn get_event(
    service: Data<Service>,
    InEvent { event }: InEvent,
) -> Result<Json<EventResponse>, ApiError> {
    Ok(Json(event_response(&service, service.events.event(&event).await?)))
}

/// Change an event
///
/// Changes the settings that are given; null takes one away.
#[utoipa::path(
    patch, path = "/v1/events/{event}", tag = "Events", params(InEvent),
    request_body(content = EventPatch, example = json!({"match_rule": {"threshold": 0.38}, "retain_until": null})),
    responses((status = 200, description = "The event as it is now", body = EventResponse))
)]
async fn change_event(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventPatch>>,
) -> Result<Json<EventResponse>, ApiError> {
    let pending = transaction.begin(Action::UpdateEvent).at(&event);
    let changed = async {
        let change = body.into_inner().0.parse(&service, &event).await?;
        Ok::<_, ApiError>(service.events.update_event(&event, change).await?)
    };
    let details = pending.record(changed).await?;
    Ok(Json(event_response(&service, details)))
}

/// Delete an event
///
/// Deletes the event with its users, their faces and its check-ins. It cannot be undone.
#[utoipa::path(
    delete, path = "/v1/events/{event}", tag = "Events", params(InEvent),
    responses((status = 204, description = "It is gone"))
)]
async fn delete_event(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::DeleteEvent).at(&event);
    pending.record(service.events.delete_event(&event)).await?;
    Ok(HttpResponse::NoContent().finish())
}
