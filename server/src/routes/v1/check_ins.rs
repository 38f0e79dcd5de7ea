//! `POST /v1/events/{event}/check-ins`: somebody comes, as said by their face or by a person.

use ::events::{Action, AuditEntry, CheckInOutcome, CheckInRequest, Note, Outcome, Username};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use face_core::Purpose;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::check_in::CheckInResponse;
use super::idempotency::Idempotency;
use super::object::FromObject;
use super::path::InEvent;
use super::verdict::VerdictResponse;
use crate::audit::{Transaction, decided};
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, EVENT, JSON, PICTURE, STORE, problems};
use crate::quality::Judged;
use crate::service::Service;
use crate::upload::{Picture, named};

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

problems! {
    /// What a check-in can refuse.
    CheckInProblems = ALWAYS, STORE, EVENT, PICTURE, JSON, &[
        codes::INVALID_KEY, codes::NO_SUCH_USER, codes::OTHER_MODEL, codes::UNUSABLE_RULE, codes::KEY_REUSED]
}

/// Check somebody in
///
/// With a picture, checks in whom it shows; look at `outcome`, as it may show nobody of the event. With JSON,
/// checks in the user that is named. Who was checked in within the cool-down (`--cool-down`, 5 minutes unless set)
/// is not checked in again. With an `Idempotency-Key` the request can be sent again: it is done once. The picture
/// is not kept.
#[utoipa::path(
    post, path = "/v1/events/{event}/check-ins", tag = "Check-ins", operation_id = "check_in",
    security(("key" = ["verify"])),
    params(InEvent, Idempotency),
    request_body(content((CheckInForm = "multipart/form-data"), (CheckInBody = "application/json"))),
    responses(
        (status = 200, description = "Nothing new: see `outcome`", body = CheckedIn),
        (status = 201, description = "Checked in", body = CheckedIn), CheckInProblems)
)]
pub(crate) async fn check_in(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency { key }: Idempotency,
    transaction: Transaction,
    form: MultipartForm<CheckInForm>,
) -> Result<HttpResponse, ApiError> {
    let (id, pending) = (transaction.id, transaction.begin(Action::CheckIn).at(&event));
    let ended = async {
        let CheckInForm { file, note } = form.into_inner();
        // What costs nothing is refused first: the picture takes up a thread of the pool.
        let note = note.map(|text| checked_note("note", &text)).transpose()?;
        let probe = service.embed(&event, Purpose::Probe, file.data).await?;
        let verdict = service.events.identify(&event, &probe.embedding).await?;
        let judged = service.quality.judge(verdict, &probe.quality);
        let verdict = &judged.verdict;
        let Some(user) = verdict.matched() else {
            // Others may have been enrolled since the first time, which lowers the threshold and can make the face
            // ambiguous: what was done under the key stays done.
            let repeated = match &key {
                Some(key) => service.check_ins.repeated(&event, key, &probe.embedding).await?,
                None => None,
            };
            return Ok(match repeated {
                Some(outcome) => Ended::Recorded(outcome, Some(judged)),
                None => Ended::Unrecognised(judged),
            });
        };
        let (distance, threshold) = (verdict.nearest.distance, verdict.limit.threshold);
        let request =
            CheckInRequest::by_face(OffsetDateTime::now_utc(), id, verdict.decision, distance, threshold);
        // The key is not looked up first: the journal decides on key and cool-down in the append
        // itself, so that of two servers only one says `checked_in`.
        let request = request.with_note(note).with_key(key);
        let outcome = service.check_ins.check_in(&event, user, request).await?;
        Ok(Ended::Recorded(outcome, Some(judged)))
    };
    Ok(answer(pending.end(ended.await, describe).await?))
}

/// The same of a user who is named.
pub(crate) async fn check_in_by_name(
    service: Data<Service>,
    InEvent { event }: InEvent,
    Idempotency { key }: Idempotency,
    transaction: Transaction,
    body: Json<FromObject<CheckInBody>>,
) -> Result<HttpResponse, ApiError> {
    let CheckInBody { user, note } = body.into_inner().0;
    let user = named("user", Username::new(&user))?;
    let (id, pending) = (transaction.id, transaction.begin(Action::CheckIn).at(&event).about(&user));
    let ended = async {
        let note = note.map(|text| checked_note("note", &text)).transpose()?;
        let request = CheckInRequest::manual(OffsetDateTime::now_utc(), id).with_note(note).with_key(key);
        Ok(Ended::Recorded(service.check_ins.check_in_named(&event, &user, request).await?, None))
    };
    Ok(answer(pending.end(ended.await, describe).await?))
}

/// How a request ended that nothing was wrong with.
enum Ended {
    /// Somebody is checked in, now or before; with what was decided about the face, if there was one.
    Recorded(CheckInOutcome, Option<Judged>),
    /// It is nobody's face.
    Unrecognised(Judged),
}

fn describe(ended: &Ended, mut entry: AuditEntry) -> AuditEntry {
    let (outcome, verdict) = match ended {
        Ended::Unrecognised(verdict) => return decided(verdict, entry),
        Ended::Recorded(outcome, verdict) => (outcome, verdict),
    };
    if let Some(verdict) = verdict {
        entry = decided(verdict, entry);
    }
    entry.details.outcome = match outcome {
        CheckInOutcome::New(_) => Outcome::Done,
        CheckInOutcome::Repeated(_) => Outcome::Repeated,
        CheckInOutcome::Already(_) => Outcome::Already,
    };
    entry
}

fn answer(ended: Ended) -> HttpResponse {
    let (outcome, verdict) = match ended {
        Ended::Unrecognised(verdict) => {
            let (outcome, verdict) =
                (verdict.verdict.decision.as_str(), Some(VerdictResponse::from(&verdict)));
            return HttpResponse::Ok().json(CheckedIn {
                outcome,
                checked_in: false,
                check_in: None,
                verdict,
            });
        }
        Ended::Recorded(outcome, verdict) => (outcome, verdict),
    };
    let (mut answer, words) = match &outcome {
        CheckInOutcome::New(_) => (HttpResponse::Created(), "checked_in"),
        CheckInOutcome::Repeated(_) => (HttpResponse::Ok(), "repeated"),
        CheckInOutcome::Already(_) => (HttpResponse::Ok(), "already_checked_in"),
    };
    let check_in = outcome.check_in();
    answer.json(CheckedIn {
        outcome: words,
        checked_in: !check_in.voided,
        check_in: Some(CheckInResponse::from(check_in.clone())),
        verdict: verdict.as_ref().map(VerdictResponse::from),
    })
}

/// A remark from a field.
pub(super) fn checked_note(field: &str, text: &str) -> Result<Note, ApiError> {
    Note::new(text).map_err(|error| ApiError::Field(format!("field '{field}': {error}")))
}
