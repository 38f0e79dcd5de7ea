//! What came of an enrolment.

use ::events::{EventName, Username};
use embedding::ModelId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Reason;
use crate::error::{DuplicateOf, UnlikeFace};
use crate::routes::v1::face_response::FaceResponse;

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enrolled {
    /// The event.
    #[schema(value_type = String, example = "conference_2024")]
    pub(super) event: EventName,
    /// The user.
    #[schema(value_type = String, example = "john_doe")]
    pub(super) user: Username,
    /// How many faces the user has now; of a repeated request, how many they were then.
    #[schema(minimum = 1, example = 2)]
    pub(super) embedding_count: usize,
    /// Whether a request with this idempotency key had done it already.
    #[schema(example = false)]
    pub(super) repeated: bool,
    /// The faces that are enrolled.
    pub(super) accepted: Vec<Accepted>,
    /// The pictures that are not, and why.
    pub(super) rejected: Vec<Rejected>,
    /// Who else of the event has one of the faces, nearest first, for a key below admin by name; told under `warn` alone.
    pub(super) duplicates: Vec<DuplicateOf>,
    /// The faces that are unlike the user's others; told under `warn` alone.
    pub(super) other_people: Vec<UnlikeFace>,
    /// The model of the faces.
    #[schema(value_type = String, example = "sface-2021dec")]
    pub(super) model: ModelId,
}

/// A face that is enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Its place among what was sent, from 0.
    #[schema(example = 0)]
    pub(super) index: usize,
    /// Its id.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    pub(super) id: Uuid,
    /// The face in its picture; null of an embedding.
    #[schema(required = true)]
    pub(super) face: Option<FaceResponse>,
    /// How many other people the picture shows, who were passed over.
    #[schema(example = 0)]
    pub(super) bystanders: usize,
}

/// A picture that is not enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rejected {
    /// Its place among what was sent, from 0.
    #[schema(example = 1)]
    pub(super) index: usize,
    /// What is wrong with it.
    #[schema(example = json!([{"code": "blurred", "hint": "hold still, and let the camera focus on the face",
        "value": 0.14, "limit": 0.22}]))]
    pub(super) reasons: Vec<Reason>,
}
