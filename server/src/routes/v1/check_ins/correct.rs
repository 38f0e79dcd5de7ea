//! `GET` and `PATCH /v1/events/{event}/check-ins/{id}`: one check-in, and its correction.

use ::events::{Action, Correction};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::response::CheckInResponse;
use crate::audit::Transaction;
use crate::error::ApiError;
use crate::routes::fields::{note, username};
use crate::routes::v1::object::FromObject;
use crate::routes::v1::path::{InEvent, WithId};
use crate::scores::Scores;
use crate::service::Service;

/// What is right about a check-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionBody {
    /// Who came; null when nobody did.
    // A derived reader takes a missing field for null: a name that was forgotten would void the check-in.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, min_length = 1, max_length = 128, example = "jane_smith")]
    user: Option<String>,
    /// Why it is corrected.
    #[schema(min_length = 1, max_length = 500, example = "twins")]
    reason: String,
}

/// Read a check-in
#[utoipa::path(
    get, path = "/v1/events/{event}/check-ins/{id}", tag = "Check-ins", params(InEvent, WithId),
    responses((status = 200, description = "The check-in", body = CheckInResponse))
)]
pub(super) async fn get_check_in(
    service: Data<Service>,
    InEvent { event }: InEvent,
    WithId { id }: WithId,
    scores: Scores,
) -> Result<Json<CheckInResponse>, ApiError> {
    Ok(Json(CheckInResponse::new(service.check_ins.list().get(&event, id).await?, scores)))
}

/// Correct a check-in
///
/// Says who came instead, or with null that nobody did. What stood there before stays to be seen in
/// `corrections`. Who was named wrongly can be checked in at once.
#[utoipa::path(
    patch, path = "/v1/events/{event}/check-ins/{id}", tag = "Check-ins", params(InEvent, WithId),
    request_body(content = CorrectionBody, examples(
        ("somebody else" = (value = json!({"user": "jane_smith", "reason": "twins"}))),
        ("nobody" = (value = json!({"user": null, "reason": "a test of the camera"}))))),
    responses((status = 200, description = "The check-in as it stands now", body = CheckInResponse))
)]
pub(super) async fn correct_check_in(
    service: Data<Service>,
    InEvent { event }: InEvent,
    WithId { id }: WithId,
    scores: Scores,
    transaction: Transaction,
    body: Json<FromObject<CorrectionBody>>,
) -> Result<Json<CheckInResponse>, ApiError> {
    let CorrectionBody { user, reason } = body.into_inner().0;
    let user = user.map(|name| username("user", &name)).transpose()?;
    let reason = note("reason", &reason)?;
    let actor = transaction.actor.clone();
    let mut pending = transaction.begin(Action::CorrectCheckIn).at(&event);
    if let Some(user) = &user {
        pending = pending.about(user);
    }
    let correction = Correction { user, reason, actor, time: OffsetDateTime::now_utc() };
    let corrected = pending.record(service.check_ins.correct(&event, id, correction)).await?;
    Ok(Json(CheckInResponse::new(corrected, scores)))
}
