//! `/v1/events/{event}/check-ins`: who came, as said by a face or by a person, listed and corrected.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use ::events::{
    Action, AuditEntry, CheckInOutcome, CheckInPage, CheckInRequest, Correction, EventName, ExportFormat,
    Note, Outcome, Username, Verdict,
};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as FileField;
use actix_multipart::form::text::Text;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::check_in::ShownCheckIn;
use super::export::{ListFormat, file, file_format};
use super::idempotency::Idempotency;
use super::paging::{self, PageCursor, PageLimit};
use super::path::{InEvent, WithId};
use super::verdict::ShownVerdict;
use crate::audit::{Transaction, decided};
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, EVENT, JSON, PAGED, PICTURE, STORE, problems};
use crate::service::Service;
use crate::upload::named;

/// The picture of somebody who comes.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(crate) struct CheckInForm {
    /// The picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: FileField,
    /// A remark.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, nullable = false,
        example = "north entrance")]
    note: Option<Text<String>>,
}

/// Who comes, as somebody says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckInBody {
    /// A user of the event.
    #[schema(min_length = 1, max_length = 128, example = "john_doe")]
    user: String,
    /// A remark.
    #[schema(min_length = 1, max_length = 500, example = "forgot the badge")]
    note: Option<String>,
}

/// What is right about a check-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionBody {
    /// Who came; null when nobody did.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, min_length = 1, max_length = 128, example = "jane_smith")]
    user: Option<String>,
    /// Why it is corrected.
    #[schema(min_length = 1, max_length = 500, example = "twins")]
    reason: String,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedIn {
    /// `checked_in`; `already_checked_in` within the cool-down; `repeated` when a request with this idempotency
    /// key had done it; `no_match` or `ambiguous` when the face is nobody's.
    #[schema(example = "checked_in")]
    outcome: &'static str,
    /// The check-in that stands; null when nobody was recognised.
    #[schema(required = true)]
    check_in: Option<ShownCheckIn>,
    /// What was decided about the face; null when somebody was named.
    #[schema(required = true)]
    verdict: Option<ShownVerdict>,
}

/// Check-ins, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInList {
    /// The check-ins, in the order that was asked for.
    check_ins: Vec<ShownCheckIn>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which check-ins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckInQuery {
    /// Most check-ins to answer with.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<PageLimit>,
    /// `next_cursor` of the page before; the first page without.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
    /// The newest first unless said otherwise.
    #[param(inline)]
    order: Option<Order>,
    /// Only those of this user.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Only those at this time or later, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<OffsetDateTime>,
    /// Only those before this time, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<OffsetDateTime>,
    /// Also those that were voided.
    #[serde(default)]
    #[param(default = false)]
    voided: bool,
    /// A page as JSON, or everything from there on as `csv` or `ndjson`; else as the header `Accept` says.
    #[param(inline)]
    format: Option<ListFormat>,
}

/// The order of a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

problems! {
    /// What a check-in can refuse.
    CheckInProblems = ALWAYS, STORE, EVENT, PICTURE, JSON, &[
        codes::INVALID_KEY, codes::NO_SUCH_USER, codes::OTHER_MODEL, codes::UNUSABLE_RULE, codes::KEY_REUSED]
}
problems! {
    /// What a list of check-ins can refuse.
    CheckInListProblems = ALWAYS, STORE, EVENT, PAGED
}
problems! {
    /// What reading one can refuse.
    OneCheckInProblems = ALWAYS, STORE, EVENT, &[codes::INVALID_ID, codes::NO_SUCH_CHECK_IN]
}
problems! {
    /// What a correction can refuse.
    CorrectionProblems = ALWAYS, STORE, EVENT, JSON, &[
        codes::INVALID_ID, codes::INVALID_FIELD, codes::NO_SUCH_CHECK_IN, codes::NO_SUCH_USER]
}

/// Check somebody in
///
/// With a picture, checks in whom it shows; look at `outcome`, as it may show nobody of the event. With JSON,
/// checks in the user that is named. Who was checked in within the cool-down (`--cool-down`, 5 minutes unless set)
/// is not checked in again. With an `Idempotency-Key` the request can be sent again: it is done once. The picture
/// is not kept.
#[utoipa::path(
    post, path = "/v1/events/{event}/check-ins", tag = "Check-ins", operation_id = "check_in",
    params(InEvent, ("Idempotency-Key" = Option<String>, Header,
        description = "Marks the request, so that sending it again does nothing more",
        min_length = 1, max_length = 255, example = "7c9e6679-7425-40de-944b-e07fc1f90ae7")),
    request_body(content((CheckInForm = "multipart/form-data"), (CheckInBody = "application/json"))),
    responses(
        (status = 200, description = "Nothing new: see `outcome`", body = CheckedIn),
        (status = 201, description = "Checked in", body = CheckedIn), CheckInProblems)
)]
pub(crate) async fn check_in(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency(key): Idempotency,
    transaction: Transaction,
    form: MultipartForm<CheckInForm>,
) -> Result<HttpResponse, ApiError> {
    let (id, act) = (transaction.id, transaction.act(Action::CheckIn).at(&event));
    let ended = async {
        let CheckInForm { file, note } = form.into_inner();
        let note = note.map(|text| checked_note("note", &text)).transpose()?;
        let probe = service.inference.embed(file.data).await?.embedding;
        let verdict = service.events.identify(&event, &probe).await?;
        let Some(user) = verdict.matched() else { return Ok((None, Some(verdict))) };
        let (distance, threshold) = (verdict.nearest.distance, verdict.limit.threshold);
        let request =
            CheckInRequest::by_face(OffsetDateTime::now_utc(), id, verdict.decision, distance, threshold);
        let outcome = service.check_ins.check_in(&event, user, request.with_note(note).with_key(key)).await?;
        Ok((Some(outcome), Some(verdict)))
    };
    answer(act.end(ended.await, told).await?)
}

/// The same of a user who is named.
pub(crate) async fn check_in_by_name(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency(key): Idempotency,
    transaction: Transaction,
    body: Json<CheckInBody>,
) -> Result<HttpResponse, ApiError> {
    let CheckInBody { user, note } = body.into_inner();
    let user = named("user", Username::new(&user))?;
    let (id, act) = (transaction.id, transaction.act(Action::CheckIn).at(&event).about(&user));
    let ended = async {
        let note = note.map(|text| checked_note("note", &text)).transpose()?;
        service.events.user(&event, &user).await?;
        let request = CheckInRequest::manual(OffsetDateTime::now_utc(), id).with_note(note).with_key(key);
        Ok((Some(service.check_ins.check_in(&event, &user, request).await?), None))
    };
    answer(act.end(ended.await, told).await?)
}

/// List check-ins
///
/// The newest first unless said otherwise. As `csv` or `ndjson`, by `format` or the header `Accept`, everything
/// from there on is sent. A cell of CSV that a spreadsheet would take for a formula has an apostrophe in front.
#[utoipa::path(
    get, path = "/v1/events/{event}/check-ins", tag = "Check-ins", operation_id = "list_check_ins",
    params(InEvent, CheckInQuery),
    responses(
        (status = 200, description = "A page of check-ins, or a file of all", content(
            (CheckInList = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))),
        CheckInListProblems)
)]
pub(crate) async fn list(
    service: Data<Service>,
    InEvent { event }: InEvent,
    transaction: Transaction,
    query: Query<CheckInQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = query.into_inner();
    let format = file_format(query.format, &request);
    let page = query.page()?;
    // Nobody came to an event that there is none of: it is to be said which of the two it is.
    service.events.event(&event).await?;
    let Some(format) = format else {
        let listing = service.check_ins.list(&event, page).await?;
        let check_ins = listing.items.into_iter().map(ShownCheckIn::from).collect();
        let next_cursor = listing.next.map(|next| next.to_string());
        return Ok(HttpResponse::Ok().json(CheckInList { check_ins, next_cursor }));
    };
    transaction.act(Action::ReadCheckIns).at(&event).done(Ok(())).await?;
    Ok(exported(&service, event, page, format))
}

/// Read a check-in
#[utoipa::path(
    get, path = "/v1/events/{event}/check-ins/{id}", tag = "Check-ins", operation_id = "get_check_in",
    params(InEvent, WithId),
    responses((status = 200, description = "The check-in", body = ShownCheckIn), OneCheckInProblems)
)]
pub(crate) async fn get(
    service: Data<Service>,
    InEvent { event }: InEvent,
    WithId { id }: WithId,
) -> Result<Json<ShownCheckIn>, ApiError> {
    Ok(Json(ShownCheckIn::from(service.check_ins.get(&event, id).await?)))
}

/// Correct a check-in
///
/// Says who came instead, or with null that nobody did. What stood there before stays to be seen in
/// `corrections`. Who was named wrongly can be checked in at once.
#[utoipa::path(
    patch, path = "/v1/events/{event}/check-ins/{id}", tag = "Check-ins", operation_id = "correct_check_in",
    params(InEvent, WithId),
    request_body(content = CorrectionBody, examples(
        ("somebody else" = (value = json!({"user": "jane_smith", "reason": "twins"}))),
        ("nobody" = (value = json!({"user": null, "reason": "a test of the camera"}))))),
    responses((status = 200, description = "The check-in as it stands now", body = ShownCheckIn), CorrectionProblems)
)]
pub(crate) async fn correct(
    service: Data<Service>,
    InEvent { event }: InEvent,
    WithId { id }: WithId,
    transaction: Transaction,
    body: Json<CorrectionBody>,
) -> Result<Json<ShownCheckIn>, ApiError> {
    let CorrectionBody { user, reason } = body.into_inner();
    let user = user.map(|name| named("user", Username::new(&name))).transpose()?;
    let reason = checked_note("reason", &reason)?;
    let actor = transaction.actor.clone();
    let mut act = transaction.act(Action::CorrectCheckIn).at(&event);
    if let Some(user) = &user {
        act = act.about(user);
    }
    let corrected = async {
        if let Some(user) = &user {
            service.events.user(&event, user).await?;
        }
        let correction = Correction { user, reason, actor, time: OffsetDateTime::now_utc() };
        Ok(service.check_ins.correct(&event, id, correction).await?)
    };
    Ok(Json(ShownCheckIn::from(act.done(corrected.await).await?)))
}

type Ended = (Option<CheckInOutcome>, Option<Verdict>);

fn told((outcome, verdict): &Ended, mut entry: AuditEntry) -> AuditEntry {
    if let Some(verdict) = verdict {
        entry = decided(verdict, entry);
    }
    match outcome {
        Some(CheckInOutcome::New(_)) => entry.details.outcome = Outcome::Done,
        Some(CheckInOutcome::Repeated(_)) => entry.details.outcome = Outcome::Repeated,
        Some(CheckInOutcome::Already(_)) => entry.details.outcome = Outcome::Already,
        None => {}
    }
    entry
}

fn answer((outcome, verdict): Ended) -> Result<HttpResponse, ApiError> {
    let words = match (&outcome, &verdict) {
        (Some(CheckInOutcome::New(_)), _) => "checked_in",
        (Some(CheckInOutcome::Repeated(_)), _) => "repeated",
        (Some(CheckInOutcome::Already(_)), _) => "already_checked_in",
        (None, Some(verdict)) => verdict.decision.as_str(),
        (None, None) => return Err(ApiError::Internal),
    };
    let is_new = matches!(outcome, Some(CheckInOutcome::New(_)));
    let check_in = outcome.map(|outcome| ShownCheckIn::from(outcome.check_in().clone()));
    let body = CheckedIn { outcome: words, check_in, verdict: verdict.as_ref().map(ShownVerdict::from) };
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(body))
}

fn exported(service: &Service, event: EventName, page: CheckInPage, format: ExportFormat) -> HttpResponse {
    file("check-ins", format, service.check_ins.export(event, page, format))
}

fn checked_note(field: &str, text: &str) -> Result<Note, ApiError> {
    Note::new(text).map_err(|error| ApiError::Field(format!("field '{field}': {error}")))
}

impl CheckInQuery {
    fn page(self) -> Result<CheckInPage, ApiError> {
        let Self { limit, cursor, order, user, since, until, voided, format: _ } = self;
        let mut page = match order {
            None | Some(Order::Newest) => CheckInPage::newest(paging::limit(limit)),
            Some(Order::Oldest) => CheckInPage::oldest(paging::limit(limit)),
        };
        page.after = cursor.map(|cursor| cursor.in_journal()).transpose()?;
        page.user = user.map(|name| named("user", Username::new(&name))).transpose()?;
        (page.since, page.until, page.with_voided) = (since, until, voided);
        Ok(page)
    }
}
