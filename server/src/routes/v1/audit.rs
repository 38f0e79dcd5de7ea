//! `/v1/audit` and `/v1/transactions/{id}`: what was done, by whom, and how it ended.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use ::events::{
    Action, Actor, AuditDetails, AuditEntry, AuditFilter, AuditPage, EventName, Outcome, Username,
};
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse};
use embedding::{Distance, ModelId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Schema};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::list_file::{ListFormat, file, file_format};
use super::paging::{self, Order, PageCursor, PageLimit};
use super::path::WithId;
use crate::audit::Transaction;
use crate::auth::{Caller, Role};
use crate::error::{ApiError, codes};
use crate::http::HeadAlone;
use crate::openapi::errors::{PAGED, STORE};
use crate::routes::fields::{event_name, username};
use crate::routes::operation::Operation;
use crate::scores::{Score, Scores};
use crate::service::Service;

/// Something that was done, or refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryResponse {
    /// Its id.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T10:02:11.2Z")]
    time: OffsetDateTime,
    /// The request: the header `x-transaction-id` of its answer.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    transaction_id: Uuid,
    /// Who asked: the name of their key, `anonymous` where there are no keys, `service` for the service itself.
    #[schema(value_type = String, example = "door 1")]
    actor: Actor,
    /// What was asked for, such as `enrol`, `identify`, `verify`, `check_in` or `delete_user`.
    #[schema(value_type = String, example = "identify")]
    action: Action,
    /// How it ended: `done`, `match`, `no_match`, `ambiguous`, `repeated`, `already`, `refused`, `denied`,
    /// `not_found`, `conflict` or `failed`.
    #[schema(value_type = String, example = "match")]
    outcome: Outcome,
    /// Code of the error or of the first reason, where it was not done.
    #[schema(required = true)]
    code: Option<String>,
    /// The event.
    #[schema(value_type = Option<String>, required = true, example = "conference_2024")]
    event: Option<EventName>,
    /// The user who was named, or found.
    #[schema(value_type = Option<String>, required = true, example = "john_doe")]
    user: Option<Username>,
    /// Distance of the face; for a key below admin null unless it was a match.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.2384)]
    distance: Score<f32>,
    /// Largest distance that counted as a match; null where the distance is.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.4)]
    threshold: Score<f32>,
    /// The model in which the distances are meant.
    #[schema(value_type = Option<String>, required = true, example = "sface-2021dec")]
    model: Option<ModelId>,
    /// The name of the key that it was about.
    #[schema(value_type = Option<String>, required = true, example = "door 1")]
    key_name: Option<Actor>,
    /// The name that the user was to have from then on: of renaming and merging.
    #[schema(value_type = Option<String>, required = true, example = "jane_doe")]
    new_name: Option<Username>,
}

/// The audit, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditList {
    /// The entries. A page may have fewer than asked for, even none, and yet not be the last one.
    entries: Vec<EntryResponse>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// What the audit has of one request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionResponse {
    /// Its id.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    transaction_id: Uuid,
    /// The entries, oldest first; a picture of several faces has several.
    entries: Vec<EntryResponse>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Most entries to answer with.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<PageLimit>,
    /// `next_cursor` of the page before; the first page without.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
    /// The newest first unless said otherwise.
    #[param(inline)]
    order: Option<Order>,
    /// Only those about this event. A key for some events alone names one of them.
    #[param(min_length = 1, max_length = 128)]
    event: Option<String>,
    /// Only those about this user, also under other names of theirs, before and since.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Only those of this action.
    #[param(schema_with = actions)]
    action: Option<Action>,
    /// Only those that ended so.
    #[param(schema_with = outcomes)]
    outcome: Option<Outcome>,
    /// Only those at this time or later, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<OffsetDateTime>,
    /// Only those before this time, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<OffsetDateTime>,
    /// A page as JSON, or everything from there on as `csv` or `ndjson`; else as the header `Accept` says.
    #[param(inline)]
    format: Option<ListFormat>,
}

fn actions() -> Schema {
    one_of(Action::ALL.iter().map(|action| action.as_str()))
}

fn outcomes() -> Schema {
    one_of(Outcome::ALL.iter().map(|outcome| outcome.as_str()))
}

/// A text that is one of these.
fn one_of(words: impl Iterator<Item = &'static str>) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

/// The operations on the audit.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Role::Admin, __path_list_audit, list_audit).with_list().with_errors(&[
            STORE,
            PAGED,
            &[codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED],
        ]),
        Operation::new(Role::Verify, __path_get_transaction, get_transaction)
            .with_errors(&[STORE, &[codes::INVALID_NAME, codes::INVALID_ID, codes::NO_SUCH_TRANSACTION]]),
    ]
}

/// Read the audit
///
/// What was done and what was refused, the newest first unless said otherwise. As `csv` or `ndjson`, by `format`
/// or the header `Accept`, everything from there on is sent. It never has an embedding or a picture.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit", params(AuditQuery),
    responses(
        (status = 200, description = "A page of entries, or a file of all", content(
            (AuditList = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))))
)]
async fn list_audit(
    service: Data<Service>,
    caller: Caller,
    scores: Scores,
    transaction: Transaction,
    query: Query<AuditQuery>,
    request: HttpRequest,
    HeadAlone(is_head): HeadAlone,
) -> Result<HttpResponse, ApiError> {
    let query = query.into_inner();
    let format = file_format(query.format, &request);
    let (filter, page) = query.parse(&caller)?;
    let Some(format) = format else {
        let listing = service.audit.list(&filter, page).await?;
        let entries = listing.items.into_iter().map(|entry| EntryResponse::new(entry, scores)).collect();
        let next_cursor = listing.next.map(|next| next.to_string());
        return Ok(HttpResponse::Ok().json(AuditList { entries, next_cursor }));
    };
    if !is_head {
        // Before the file is sent, since afterwards nobody knows how much of it a client received.
        transaction.begin(Action::ReadAudit).done().await;
    }
    Ok(file("audit", format, service.audit.export(filter, page, format)))
}

/// Read a transaction
///
/// What the audit has of the request that was answered with this `x-transaction-id`.
#[utoipa::path(
    get, path = "/v1/transactions/{id}", tag = "Audit", params(WithId),
    responses((status = 200, description = "What it did", body = TransactionResponse))
)]
async fn get_transaction(
    service: Data<Service>,
    caller: Caller,
    scores: Scores,
    WithId { id }: WithId,
) -> Result<Json<TransactionResponse>, ApiError> {
    let entries = visible_entries(&service, &caller, scores, id).await?;
    Ok(Json(TransactionResponse { transaction_id: id, entries }))
}

/// What the audit has of a transaction, as far as the caller may see it.
///
/// # Errors
/// [`ApiError::NoSuchTransaction`] when that is nothing.
pub(crate) async fn visible_entries(
    service: &Service,
    caller: &Caller,
    scores: Scores,
    id: Uuid,
) -> Result<Vec<EntryResponse>, ApiError> {
    let entries = service.audit.by_transaction(id).await?.into_iter();
    let seen = entries.filter(|AuditEntry { details, .. }| {
        // Work with pictures alone is about no event: a key for some events sees its own of that, and no other's.
        let is_own = details.event.is_none() && details.actor == caller.actor;
        is_own || caller.sees(details.event.as_ref())
    });
    let entries: Vec<_> = seen.map(|entry| EntryResponse::new(entry, scores)).collect();
    // The same answer for what is not there and for what is not the caller's: neither is to be told from the other.
    if entries.is_empty() { Err(ApiError::NoSuchTransaction(id)) } else { Ok(entries) }
}

impl AuditQuery {
    fn parse(self, caller: &Caller) -> Result<(AuditFilter, AuditPage), ApiError> {
        let Self { limit, cursor, order, event, user, action, outcome, since, until, format: _ } = self;
        let event = event.map(|name| event_name("event", &name)).transpose()?;
        let event = event.map(|event| caller.enter(event)).transpose()?;
        if !caller.sees(event.as_ref()) {
            return Err(ApiError::EventNotNamed);
        }
        let user = user.map(|name| username("user", &name)).transpose()?;
        let after = cursor.map(|cursor| cursor.in_journal()).transpose()?;
        let page =
            AuditPage { newest_first: paging::is_newest_first(order), after, limit: paging::limit(limit) };
        Ok((AuditFilter { event, user, action, outcome, since, until }, page))
    }
}

impl EntryResponse {
    /// An entry as those read it who are told so much.
    fn new(entry: AuditEntry, scores: Scores) -> Self {
        let is_match = entry.is_match();
        let AuditEntry { id, time, action, details, .. } = entry;
        let AuditDetails {
            outcome,
            transaction,
            actor,
            event,
            user,
            distance,
            threshold,
            model,
            code,
            key_name,
            new_name,
            ..
        } = details;
        let [distance, threshold] =
            [distance, threshold].map(|distance| scores.show(is_match, distance.map(Distance::value)));
        let transaction_id = transaction;
        Self {
            id,
            time,
            transaction_id,
            actor,
            action,
            outcome,
            code,
            event,
            user,
            distance,
            threshold,
            model,
            key_name,
            new_name,
        }
    }
}
