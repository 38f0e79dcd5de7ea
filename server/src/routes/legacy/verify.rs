//! `POST /verify/`: says who a picture shows, among the users of an event.

use ::events::{Action, EventName, Verdict};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::{Bytes, Data, Json};
use face_core::Purpose;
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{VerdictError, VerdictErrors};
use crate::form::Form;
use crate::routes::fields::event_name;
use crate::scores::{Score, Scores};
use crate::service::Service;
use crate::upload::Picture;

/// A face to verify: the form of `POST /verify/`.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(crate) struct VerifyForm {
    /// Event whose users are searched.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    #[multipart(limit = "16 KiB")]
    event_name: Text<String>,
    /// Picture of the person at the door: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
}

impl VerifyForm {
    /// The event and the picture.
    fn parse(self) -> Result<(EventName, Bytes), ApiError> {
        Ok((event_name("event_name", &self.event_name)?, self.file.data))
    }
}

/// Who the picture shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether the nearest user is near enough.
    #[schema(example = true)]
    verified: bool,
    /// That user; null when nobody is near enough.
    #[schema(example = "kohli")]
    username: Option<String>,
    /// What happened, for people.
    #[schema(example = "Face verified successfully for user 'kohli' in event 'C'")]
    message: String,
    /// `(1 - distance) * 100`, never below 0 and rounded down: a measure of likeness, **not** a probability. For a key
    /// below admin 0 unless it is a match.
    #[schema(minimum = 0, maximum = 100, example = 87.23)]
    confidence: f64,
    /// Distance of the face and the nearest user, on the scale of the event's model; left out for a key below admin
    /// unless it is a match.
    #[serde(skip_serializing_if = "Score::is_none")]
    #[schema(value_type = Option<f32>, nullable = false, minimum = 0, maximum = 2, example = 0.1277)]
    distance: Score<f32>,
    /// Largest distance that counts as a match at the event's present size: the more users, the smaller. Where the
    /// distance is left out, that of a user of one picture.
    #[schema(minimum = 0, maximum = 2, example = 0.3824)]
    threshold: f32,
}

/// Recognise a user
///
/// Finds the one face of the picture and the nearest user of the event. It is a match when their distance
/// is not above the threshold, which is at most 0.4 unless a fixed one is set, and falls as the event grows: a
/// confidence above 60.00 may be refused in a large event. Keys below admin are told confidence and distance of a match
/// alone. The picture is not kept.
#[utoipa::path(
    post, path = "/verify/", tag = "As the replaced service had it", operation_id = "legacy_verify",
    request_body(content = VerifyForm, content_type = "multipart/form-data"),
    responses(
        VerdictErrors,
        (status = 200, description = "The event was searched; `verified` says whether a user matches", body = Verification,
            examples(
                ("match" = (value = json!({"verified": true, "username": "kohli",
                    "message": "Face verified successfully for user 'kohli' in event 'C'",
                    "confidence": 87.23, "distance": 0.1277, "threshold": 0.3824}))),
                ("no match" = (value = json!({"verified": false, "username": null,
                    "message": "No matching face found in event 'C'",
                    "confidence": 34.54, "distance": 0.6546, "threshold": 0.3824})))
            )),
        (status = 400, description = "No face, several faces, an unusable picture, or a bad field", body = VerdictError,
            example = json!({"verified": false, "username": null, "message": "No face detected in image"})),
        (status = 404, description = "No such event, or nobody is registered", body = VerdictError,
            example = json!({"verified": false, "username": null,
                "message": "Event 'nonexistent_event' not found or has no registered users"})),
    )
)]
pub(crate) async fn verify(
    service: Data<Service>,
    caller: Caller,
    scores: Scores,
    transaction: Transaction,
    form: Form<VerifyForm>,
) -> Result<Json<Verification>, ApiError> {
    let (event, picture) = form.into_inner().parse()?;
    let event = caller.enter(event)?;
    let verdict = async {
        let probe = service.embed(&event, Purpose::Probe, picture).await?;
        let verdict = service.events.identify(&event, &probe.embedding).await?;
        Ok::<_, ApiError>(service.quality.judge(verdict, &probe.quality).verdict)
    };
    let pending = transaction.begin(Action::Identify).at(&event);
    let verdict = pending.record_as(verdict, Verdict::audited).await?;
    let message = match verdict.matched() {
        Some(user) => format!("Face verified successfully for user '{user}' in event '{event}'"),
        None => format!("No matching face found in event '{event}'"),
    };
    let is_match = verdict.matched().is_some();
    let limit = if is_match || scores.are_all() { verdict.limit } else { verdict.limit_of_one_sample };
    Ok(Json(Verification {
        verified: is_match,
        username: verdict.matched().map(ToString::to_string),
        message,
        confidence: scores.show(is_match, verdict.confidence().percent()).unwrap_or(0.0),
        distance: scores.show(is_match, verdict.nearest.distance.value()),
        threshold: limit.threshold.value(),
    }))
}
