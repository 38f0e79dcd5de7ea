//! `/v1/events`: events as resources.

use std::collections::BTreeSet;

use ::events::{Action, AuditEntry, EventChange, EventDetails, EventError, EventName, EventSettings};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use embedding_store::{Cursor, Listing, Page};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::{EventBody, EventPatch, EventResponse, shown};
use super::object::FromObject;
use super::paging::{self, PageQuery};
use super::path::InEvent;
use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, EVENT, JSON, PAGED, STORE, problems};
use crate::service::Service;

/// Events, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The events in name order.
    events: Vec<EventResponse>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

problems! {
    /// What a list of events can refuse.
    ListProblems = ALWAYS, STORE, PAGED
}
problems! {
    /// What reading or deleting an event can refuse.
    EventProblems = ALWAYS, STORE, EVENT
}
problems! {
    /// What making an event can refuse.
    MakeProblems = ALWAYS, STORE, JSON, &[
        codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED, codes::INVALID_FIELD, codes::INVALID_RULE, codes::UNSTORABLE,
        codes::CONFLICT, codes::OTHER_MODEL]
}
problems! {
    /// What changing an event can refuse.
    ChangeProblems = ALWAYS, STORE, JSON, EVENT, &[
        codes::INVALID_FIELD, codes::INVALID_RULE, codes::UNSTORABLE, codes::OTHER_MODEL]
}

/// List events
///
/// The events that the key is for in name order, those without users too.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "list_events_v1",
    security(("key" = ["verify"])), params(PageQuery),
    responses((status = 200, description = "A page of events", body = EventPage), ListProblems)
)]
pub(crate) async fn list(
    service: Data<Service>,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Json<EventPage>, ApiError> {
    let page = query.into_inner().page()?;
    let listing = match caller.events() {
        None => service.events.events_page(page).await?,
        // Pages of all events, filtered, could be empty, and their cursors would name events of other keys.
        Some(events) => page_of(&service, events, page).await?,
    };
    let events = listing.items.into_iter().map(|details| shown(&service, details)).collect();
    Ok(Json(EventPage { events, next_cursor: paging::next(listing.next) }))
}

/// The page of those that there are of these events.
async fn page_of(
    service: &Service,
    events: &BTreeSet<EventName>,
    page: Page,
) -> Result<Listing<EventDetails>, ApiError> {
    let after = page.after.as_ref().map(Cursor::as_str);
    let mut items: Vec<EventDetails> = Vec::new();
    for event in events.iter().filter(|event| after.is_none_or(|after| event.as_str() > after)) {
        match service.events.event(event).await {
            // Asked once more than there is room for: names of a key may be of no event, so only one
            // that is found shows that there is another page.
            Ok(_) if items.len() == page.limit.get() => {
                let next = items.last().map(|last| Cursor::new(last.record.name.as_str()));
                return Ok(Listing { items, next });
            }
            Ok(details) => items.push(details),
            Err(EventError::UnknownEvent { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Listing { items, next: None })
}

/// Make an event, or replace its settings
///
/// Makes the event when it is not there yet (201). Of one that is there, all settings are replaced (200): what is
/// left out is taken away. Users and faces stay. Events also come into being with their first user.
#[utoipa::path(
    put, path = "/v1/events/{event}", tag = "Events", operation_id = "put_event",
    security(("key" = ["admin"])), params(InEvent),
    request_body(content = EventBody, examples(
        ("of 1,000 people" = (value = json!({"match_rule": {"target_false_match_rate": 0.01}, "on_duplicate": "reject",
            "retain_until": "2027-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}}))),
        ("as the service decides" = (value = json!({}))))),
    responses(
        (status = 200, description = "It was there; its settings are these now", body = EventResponse),
        (status = 201, description = "It was made", body = EventResponse), MakeProblems)
)]
pub(crate) async fn put(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventBody>>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::CreateEvent).at(&event);
    let made = async {
        let settings = body.into_inner().0.checked(&service, &event).await?;
        // Created first, as the store decides whether it is there: after a look
        // another server could make it in between.
        match service.events.create_event(&event, settings.clone()).await {
            Err(EventError::EventExists { .. }) => {
                let EventSettings {
                    model,
                    match_rule,
                    on_duplicate,
                    on_other_person,
                    retain_until,
                    metadata,
                } = settings;
                let change = EventChange {
                    model,
                    match_rule: Some(match_rule),
                    on_duplicate: Some(on_duplicate),
                    on_other_person: Some(on_other_person),
                    retain_until: Some(retain_until),
                    metadata: Some(metadata),
                };
                Ok((service.events.update_event(&event, change).await?, false))
            }
            made => Ok((made?, true)),
        }
    };
    // Which of the two actions it is, is known only when the store has answered.
    let describe = |(_, is_new): &(EventDetails, bool), mut entry: AuditEntry| {
        if !is_new {
            entry.action = Action::UpdateEvent;
        }
        entry
    };
    let (details, is_new) = pending.end(made.await, describe).await?;
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(shown(&service, details)))
}

/// Read an event
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "Events", operation_id = "get_event",
    security(("key" = ["verify"])), params(InEvent),
    responses((status = 200, description = "The event", body = EventResponse), EventProblems)
)]
pub(crate) async fn get(
    service: Data<Service>,
    InEvent { event }: InEvent,
) -> Result<Json<EventResponse>, ApiError> {
    Ok(Json(shown(&service, service.events.event(&event).await?)))
}

/// Change an event
///
/// Changes the settings that are given; null takes one away.
#[utoipa::path(
    patch, path = "/v1/events/{event}", tag = "Events", operation_id = "change_event",
    security(("key" = ["admin"])), params(InEvent),
    request_body(content = EventPatch, example = json!({"match_rule": {"threshold": 0.38}, "retain_until": null})),
    responses((status = 200, description = "The event as it is now", body = EventResponse), ChangeProblems)
)]
pub(crate) async fn patch(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventPatch>>,
) -> Result<Json<EventResponse>, ApiError> {
    let pending = transaction.begin(Action::UpdateEvent).at(&event);
    let changed = async {
        let change = body.into_inner().0.checked(&service, &event).await?;
        Ok(service.events.update_event(&event, change).await?)
    };
    let details = pending.done(changed.await).await?;
    Ok(Json(shown(&service, details)))
}

/// Delete an event
///
/// Deletes the event with its users, their faces and its check-ins. It cannot be undone.
#[utoipa::path(
    delete, path = "/v1/events/{event}", tag = "Events", operation_id = "delete_event_v1",
    security(("key" = ["admin"])), params(InEvent),
    responses((status = 204, description = "It is gone"), EventProblems)
)]
pub(crate) async fn delete(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::DeleteEvent).at(&event);
    pending.done(service.events.delete_event(&event).await.map_err(ApiError::from)).await?;
    Ok(HttpResponse::NoContent().finish())
}
