//! `/v1/events`: events as resources.

use std::collections::BTreeSet;

use ::events::{
    Action, AuditEntry, DuplicatePolicy, EventChange, EventDetails, EventError, EventName, EventSettings,
    FalseMatchRate, MatchRule, Metadata,
};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use embedding::Distance;
use embedding_store::{Cursor, Listing, Page};
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::object::FromObject;
use super::paging::{self, PageQuery};
use super::path::InEvent;
use super::verdict::{RuleDistance, RuleRate, ShownRule};
use crate::access::Caller;
use crate::audit::Transaction;
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, EVENT, JSON, PAGED, STORE, problems};
use crate::service::Service;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownEvent {
    /// Its name.
    #[schema(example = "conference_2024")]
    name: String,
    /// How many users are registered.
    #[schema(example = 15)]
    user_count: usize,
    /// The model of its faces.
    #[schema(example = "dlib-resnet-v1")]
    model: String,
    /// Its own rule for a match; null where the service's holds.
    #[schema(required = true)]
    match_rule: Option<ShownRule>,
    /// The threshold that the rule comes to at its present size; null where the rule cannot be kept here.
    #[schema(required = true, minimum = 0, example = 0.4)]
    threshold: Option<f32>,
    /// How often a search for a stranger is expected to name somebody, 0 to 1; null where it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.058)]
    expected_false_match_rate: Option<f64>,
    /// What is done about a face that is there already under another name; null where the service decides.
    #[schema(required = true)]
    on_duplicate: Option<OnDuplicate>,
    /// When it is erased with everything in it; null when it is kept.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// When it came into being.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    created: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    updated: OffsetDateTime,
}

/// What to do about a face to enrol that is in the event already, under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnDuplicate {
    /// Enrol nobody: 409 `duplicate_person`.
    Reject,
    /// Enrol, and name the other.
    Warn,
    /// Enrol.
    Allow,
}

/// What an event is to be. What is left out is the service's to decide, or empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    /// When two faces are the same person's.
    match_rule: Option<ShownRule>,
    /// What to do about a face that is there already under another name.
    on_duplicate: Option<OnDuplicate>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
}

/// What of an event is to be another. What is left out stays; null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventPatch {
    /// When two faces are the same person's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShownRule>)]
    match_rule: Option<Option<ShownRule>>,
    /// What to do about a face that is there already under another name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<Option<OnDuplicate>>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<Option<Time>>,
    /// The client's own data, as a whole.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Metadata>>,
}

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Time(#[serde(with = "time::serde::rfc3339")] pub(super) OffsetDateTime);

/// Events, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The events in name order.
    events: Vec<ShownEvent>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Tells what is given as null from what is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
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
        codes::CONFLICT]
}
problems! {
    /// What changing an event can refuse.
    ChangeProblems = ALWAYS, STORE, JSON, EVENT, &[codes::INVALID_FIELD, codes::INVALID_RULE, codes::UNSTORABLE]
}

/// List events
///
/// The events that the key is for in name order, those without users too.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "list_events_v1", security(("key" = ["verify"])), params(PageQuery),
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
    put, path = "/v1/events/{event}", tag = "Events", operation_id = "put_event", security(("key" = ["admin"])), params(InEvent),
    request_body(content = EventBody, examples(
        ("of 1,000 people" = (value = json!({"match_rule": {"target_false_match_rate": 0.01}, "on_duplicate": "reject",
            "retain_until": "2027-01-31T00:00:00Z", "metadata": {"venue": "Hall 3"}}))),
        ("as the service decides" = (value = json!({}))))),
    responses(
        (status = 200, description = "It was there; its settings are these now", body = ShownEvent),
        (status = 201, description = "It was made", body = ShownEvent), MakeProblems)
)]
pub(crate) async fn put(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventBody>>,
) -> Result<HttpResponse, ApiError> {
    let act = transaction.act(Action::CreateEvent).at(&event);
    let made = async {
        let settings = body.into_inner().0.checked(&service)?;
        match service.events.create_event(&event, settings.clone()).await {
            Err(EventError::EventExists { .. }) => {
                let EventSettings { match_rule, on_duplicate, retain_until, metadata } = settings;
                let (rule, duplicates) = (Some(match_rule), Some(on_duplicate));
                let change = EventChange {
                    match_rule: rule,
                    on_duplicate: duplicates,
                    retain_until: Some(retain_until),
                    metadata: Some(metadata),
                };
                Ok((service.events.update_event(&event, change).await?, false))
            }
            made => Ok((made?, true)),
        }
    };
    let told = |(_, is_new): &(EventDetails, bool), mut entry: AuditEntry| {
        if !is_new {
            entry.action = Action::UpdateEvent;
        }
        entry
    };
    let (details, is_new) = act.end(made.await, told).await?;
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(shown(&service, details)))
}

/// Read an event
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "Events", operation_id = "get_event", security(("key" = ["verify"])), params(InEvent),
    responses((status = 200, description = "The event", body = ShownEvent), EventProblems)
)]
pub(crate) async fn get(
    service: Data<Service>,
    InEvent { event }: InEvent,
) -> Result<Json<ShownEvent>, ApiError> {
    Ok(Json(shown(&service, service.events.event(&event).await?)))
}

/// Change an event
///
/// Changes the settings that are given; null takes one away.
#[utoipa::path(
    patch, path = "/v1/events/{event}", tag = "Events", operation_id = "change_event", security(("key" = ["admin"])), params(InEvent),
    request_body(content = EventPatch, example = json!({"match_rule": {"threshold": 0.38}, "retain_until": null})),
    responses((status = 200, description = "The event as it is now", body = ShownEvent), ChangeProblems)
)]
pub(crate) async fn patch(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    body: Json<FromObject<EventPatch>>,
) -> Result<Json<ShownEvent>, ApiError> {
    let act = transaction.act(Action::UpdateEvent).at(&event);
    let changed = async {
        let change = body.into_inner().0.checked(&service)?;
        Ok(service.events.update_event(&event, change).await?)
    };
    let details = act.done(changed.await).await?;
    Ok(Json(shown(&service, details)))
}

/// Delete an event
///
/// Deletes the event with its users, their faces and its check-ins. It cannot be undone.
#[utoipa::path(
    delete, path = "/v1/events/{event}", tag = "Events", operation_id = "delete_event_v1", security(("key" = ["admin"])), params(InEvent),
    responses((status = 204, description = "It is gone"), EventProblems)
)]
pub(crate) async fn delete(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let act = transaction.act(Action::DeleteEvent).at(&event);
    act.done(service.events.delete_event(&event).await.map_err(ApiError::from)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(service: &Service, EventDetails { record, user_count }: EventDetails) -> ShownEvent {
    let limit = service.events.limit(record.match_rule, user_count).ok();
    ShownEvent {
        name: record.name.to_string(),
        user_count,
        model: record.model.to_string(),
        match_rule: record.match_rule.map(ShownRule::from),
        threshold: limit.map(|limit| limit.threshold.value()),
        expected_false_match_rate: limit.and_then(|limit| limit.expected_false_match_rate),
        on_duplicate: record.on_duplicate.and_then(OnDuplicate::of),
        retain_until: record.retain_until,
        metadata: record.metadata,
        created: record.created,
        updated: record.updated,
    }
}

impl OnDuplicate {
    /// `None` for a policy of a later version.
    fn of(policy: DuplicatePolicy) -> Option<Self> {
        match policy {
            DuplicatePolicy::Reject => Some(Self::Reject),
            DuplicatePolicy::Warn => Some(Self::Warn),
            DuplicatePolicy::Allow => Some(Self::Allow),
            _ => None,
        }
    }
}

impl From<OnDuplicate> for DuplicatePolicy {
    fn from(policy: OnDuplicate) -> Self {
        match policy {
            OnDuplicate::Reject => Self::Reject,
            OnDuplicate::Warn => Self::Warn,
            OnDuplicate::Allow => Self::Allow,
        }
    }
}

impl EventBody {
    fn checked(self, service: &Service) -> Result<EventSettings, ApiError> {
        let Self { match_rule, on_duplicate, retain_until, metadata } = self;
        Ok(EventSettings {
            match_rule: match_rule.map(|rule| checked_rule(service, rule)).transpose()?,
            on_duplicate: on_duplicate.map(DuplicatePolicy::from),
            retain_until: retain_until.map(to_come).transpose()?,
            metadata: metadata.unwrap_or_default(),
        })
    }
}

impl EventPatch {
    fn checked(self, service: &Service) -> Result<EventChange, ApiError> {
        let Self { match_rule, on_duplicate, retain_until, metadata } = self;
        let rule = |rule: Option<ShownRule>| rule.map(|rule| checked_rule(service, rule)).transpose();
        let time = |time: Option<Time>| time.map(|Time(time)| to_come(time)).transpose();
        Ok(EventChange {
            match_rule: match_rule.map(rule).transpose()?,
            on_duplicate: on_duplicate.map(|policy| policy.map(DuplicatePolicy::from)),
            retain_until: retain_until.map(time).transpose()?,
            metadata: metadata.map(Option::unwrap_or_default),
        })
    }
}

fn checked_rule(service: &Service, rule: ShownRule) -> Result<MatchRule, ApiError> {
    let unfit = |reason: &dyn std::fmt::Display| ApiError::Field(format!("field 'match_rule': {reason}"));
    let rule = match rule {
        ShownRule::Threshold(RuleDistance(value)) => {
            MatchRule::Threshold(Distance::new(value).map_err(|e| unfit(&e))?)
        }
        ShownRule::TargetFalseMatchRate(RuleRate(value)) => {
            MatchRule::TargetFalseMatchRate(FalseMatchRate::new(value).map_err(|e| unfit(&e))?)
        }
    };
    service.events.check_rule(rule)?;
    Ok(rule)
}

/// What is to be erased at a time that is over would be gone before anyone saw the mistake.
fn to_come(time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    if time > OffsetDateTime::now_utc() {
        return Ok(time);
    }
    Err(ApiError::Field("field 'retain_until': the time is over: give one that is still to come".to_owned()))
}
