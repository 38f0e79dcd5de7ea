//! `POST /v1/events/{event}/check-ins`: somebody comes, as said by their face or by a person.

use ::events::{Action, CheckInOutcome, CheckInRequest, FaceCheckIn};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use face_core::Purpose;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::response::CheckInResponse;
use crate::audit::Transaction;
use crate::error::ApiError;
use crate::form::Form;
use crate::quality::Judged;
use crate::routes::fields::{note, username};
use crate::routes::v1::idempotency::Idempotency;
use crate::routes::v1::object::FromObject;
use crate::routes::v1::path::InEvent;
use crate::routes::v1::verdict::VerdictResponse;
use crate::scores::Scores;
use crate::service::Service;
use crate::upload::Picture;

/// The picture of somebody who comes.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckInForm {
    /// The picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
    /// A remark.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, nullable = false,
        example = "north entrance")]
    #[multipart(limit = "16 KiB")]
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

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedIn {
    /// `checked_in`; `already_checked_in` within the cool-down; `repeated` when a request with this idempotency
    /// key had done it; `no_match` or `ambiguous` when the face is nobody's.
    #[schema(example = "checked_in")]
    outcome: &'static str,
    /// Whether a check-in stands, made now or before: not when nobody was recognised, nor when it was voided since.
    #[schema(example = true)]
    checked_in: bool,
    /// The check-in; null when nobody was recognised.
    #[schema(required = true)]
    check_in: Option<CheckInResponse>,
    /// What was decided about the face; null when somebody was named.
    #[schema(required = true)]
    verdict: Option<VerdictResponse>,
}

/// Check somebody in
///
/// With a picture, checks in whom it shows; look at `outcome`, as it may show nobody of the event. With JSON,
/// checks in the user that is named. Who was checked in within the cool-down (`--cool-down`, 5 minutes unless set)
/// is not checked in again. With an `Idempotency-Key` the request can be sent again: it is done once. The picture
/// is not kept.
#[utoipa::path(
    post, path = "/v1/events/{event}/check-ins", tag = "Check-ins", params(InEvent, Idempotency),
    request_body(content((CheckInForm = "multipart/form-data"), (CheckInBody = "application/json"))),
    responses(
        (status = 200, description = "Nothing new: see `outcome`", body = CheckedIn),
        (status = 201, description = "Checked in", body = CheckedIn))
)]
pub(super) async fn check_in(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency { key }: Idempotency,
    scores: Scores,
    transaction: Transaction,
    form: Form<CheckInForm>,
) -> Result<HttpResponse, ApiError> {
    let (id, pending) = (transaction.id, transaction.begin(Action::CheckIn).at(&event));
    let check_in = async {
        let CheckInForm { file, note: text } = form.into_inner();
        // What costs nothing is refused first: the picture takes up a thread of the pool.
        let note = text.map(|text| note("note", &text)).transpose()?;
        let probe = service.embed(&event, Purpose::Probe, file.data).await?;
        let shortcomings = service.quality.shortcomings(&probe.quality);
        let request = CheckInRequest::manual(OffsetDateTime::now_utc(), id).with_note(note).with_key(key);
        let is_decidable = shortcomings.is_empty();
        let check_ins = &service.check_ins;
        let check_in = check_ins.check_in_face(&event, &probe.embedding, is_decidable, request).await?;
        Ok::<_, ApiError>((check_in, shortcomings))
    };
    let audited = |(check_in, _): &(FaceCheckIn, _), entry| check_in.audited(entry);
    let (FaceCheckIn { verdict, outcome }, shortcomings) = pending.record_as(check_in, audited).await?;
    let text = outcome.as_ref().map_or(verdict.decision.as_str(), outcome_text);
    let judged = service.quality.counted(Judged { verdict, shortcomings });
    Ok(respond(text, outcome, Some(judged), scores))
}

/// The same of a user who is named.
pub(super) async fn check_in_by_name(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency { key }: Idempotency,
    scores: Scores,
    transaction: Transaction,
    body: Json<FromObject<CheckInBody>>,
) -> Result<HttpResponse, ApiError> {
    let CheckInBody { user, note: text } = body.into_inner().0;
    let user = username("user", &user)?;
    let (id, pending) = (transaction.id, transaction.begin(Action::CheckIn).at(&event).about(&user));
    let check_in = async {
        let note = text.map(|text| note("note", &text)).transpose()?;
        let request = CheckInRequest::manual(OffsetDateTime::now_utc(), id).with_note(note).with_key(key);
        Ok::<_, ApiError>(service.check_ins.check_in_named(&event, &user, request).await?)
    };
    let outcome = pending.record_as(check_in, CheckInOutcome::audited).await?;
    Ok(respond(outcome_text(&outcome), Some(outcome), None, scores))
}

fn outcome_text(outcome: &CheckInOutcome) -> &'static str {
    match outcome {
        CheckInOutcome::New(_) => "checked_in",
        CheckInOutcome::Repeated(_) => "repeated",
        CheckInOutcome::Already(_) => "already_checked_in",
    }
}

/// `judged` is what was decided about the face; `None` when somebody was named.
fn respond(
    text: &'static str,
    outcome: Option<CheckInOutcome>,
    judged: Option<Judged>,
    scores: Scores,
) -> HttpResponse {
    let is_new = matches!(outcome, Some(CheckInOutcome::New(_)));
    let mut response = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    let check_in = outcome.as_ref().map(CheckInOutcome::check_in);
    response.json(CheckedIn {
        outcome: text,
        checked_in: check_in.is_some_and(|check_in| !check_in.voided),
        check_in: check_in.cloned().map(|check_in| CheckInResponse::new(check_in, scores)),
        verdict: judged.as_ref().map(|judged| VerdictResponse::new(judged, scores)),
    })
}
