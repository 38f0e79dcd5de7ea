//! How a check-in reads in an answer.

use ::events::{
    Actor, CheckIn, CheckInDetails, CheckInMethod, Decision, EventName, Named, Note, PastCorrection, Username,
};
use embedding::Distance;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::scores::{Score, Scores};

/// Somebody came to an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInResponse {
    /// Its id.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: Uuid,
    /// The event.
    #[schema(value_type = String, example = "conference_2024")]
    event: EventName,
    /// Who came; of one that was voided, who was named last.
    #[schema(value_type = String, example = "john_doe")]
    user: Username,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T10:02:11.2Z")]
    time: OffsetDateTime,
    /// Whether it does not count any more.
    #[schema(example = false)]
    voided: bool,
    /// How it is known who came: `face` or `manual`.
    #[schema(value_type = String, example = "face")]
    method: CheckInMethod,
    /// What was decided about the face, such as `match`; null when somebody was named.
    #[schema(value_type = Option<String>, required = true, example = "match")]
    decision: Option<Decision>,
    /// Distance of the face; null when somebody was named and, for a key below admin, of one that was corrected.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.2384)]
    distance: Score<f32>,
    /// Largest distance that counted as a match; null where the distance is.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.4)]
    threshold: Score<f32>,
    /// A remark.
    #[schema(value_type = Option<String>, required = true, example = "north entrance")]
    note: Option<Note>,
    /// The request that it came with.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    transaction_id: Uuid,
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
    #[schema(value_type = Option<String>, required = true, example = "john_doe")]
    before: Option<Username>,
    /// Who corrected it.
    #[schema(value_type = String, example = "anonymous")]
    actor: Actor,
    /// Why.
    #[schema(value_type = String, example = "twins")]
    reason: Note,
}

impl CheckInResponse {
    /// A check-in as those read it who are told so much.
    pub(super) fn new(check_in: CheckIn, scores: Scores) -> Self {
        let is_match = check_in.is_match();
        let CheckIn { id, event, user, time, voided, details, .. } = check_in;
        let CheckInDetails { method, decision, distance, threshold, note, transaction, corrections, .. } =
            details;
        let [distance, threshold] =
            [distance, threshold].map(|distance| scores.show(is_match, distance.map(Distance::value)));
        let corrections = corrections.into_iter().map(CorrectionResponse::from).collect();
        let transaction_id = transaction;
        Self {
            id,
            event,
            user,
            time,
            voided,
            method,
            decision,
            distance,
            threshold,
            note,
            transaction_id,
            corrections,
        }
    }
}

impl From<PastCorrection> for CorrectionResponse {
    fn from(PastCorrection { time, before, actor, reason, .. }: PastCorrection) -> Self {
        let before = match before {
            Named::User(user) => Some(user),
            Named::Nobody | Named::Erased => None,
        };
        Self { time, before, actor, reason }
    }
}
