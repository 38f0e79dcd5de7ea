//! How a check-in reads in an answer.

use ::events::{CheckIn, CheckInDetails, Named, PastCorrection};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Somebody came to an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInResponse {
    /// Its id.
    #[schema(format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: String,
    /// The event.
    #[schema(example = "conference_2024")]
    event: String,
    /// Who came; of one that was voided, who was named last.
    #[schema(example = "john_doe")]
    user: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T10:02:11.2Z")]
    time: OffsetDateTime,
    /// Whether it does not count any more.
    #[schema(example = false)]
    voided: bool,
    /// How it is known who came: `face` or `manual`.
    #[schema(example = "face")]
    method: &'static str,
    /// What was decided about the face, such as `match`; null when somebody was named.
    #[schema(required = true, example = "match")]
    decision: Option<&'static str>,
    /// Distance of the face; null when somebody was named.
    #[schema(required = true, minimum = 0, example = 0.2384)]
    distance: Option<f32>,
    /// Largest distance that counted as a match; null when somebody was named.
    #[schema(required = true, minimum = 0, example = 0.4)]
    threshold: Option<f32>,
    /// A remark.
    #[schema(required = true, example = "north entrance")]
    note: Option<String>,
    /// The request that it came with.
    #[schema(format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    transaction_id: String,
    /// What was corrected, oldest first.
    #[schema(example = json!([]))]
    corrections: Vec<CorrectionResponse>,
}

/// A correction that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CorrectionResponse {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T10:05:00Z")]
    time: OffsetDateTime,
    /// Who was named until then; null when nobody was, or when their data was erased since.
    #[schema(required = true, example = "john_doe")]
    before: Option<String>,
    /// Who corrected it.
    #[schema(example = "anonymous")]
    actor: String,
    /// Why.
    #[schema(example = "twins")]
    reason: String,
}

impl From<CheckIn> for CheckInResponse {
    fn from(CheckIn { id, event, user, time, voided, details, .. }: CheckIn) -> Self {
        let CheckInDetails { method, decision, distance, threshold, note, transaction, corrections, .. } =
            details;
        Self {
            id: id.to_string(),
            event: event.to_string(),
            user: user.to_string(),
            time,
            voided,
            method: method.as_str(),
            decision: decision.map(|decision| decision.as_str()),
            distance: distance.map(|distance| distance.value()),
            threshold: threshold.map(|threshold| threshold.value()),
            note: note.map(|note| note.to_string()),
            transaction_id: transaction.to_string(),
            corrections: corrections.into_iter().map(CorrectionResponse::from).collect(),
        }
    }
}

impl From<PastCorrection> for CorrectionResponse {
    fn from(PastCorrection { time, before, actor, reason, .. }: PastCorrection) -> Self {
        let before = match before {
            Named::User(user) => Some(user.to_string()),
            Named::Nobody | Named::Erased => None,
        };
        Self { time, before, actor: actor.to_string(), reason: reason.to_string() }
    }
}
