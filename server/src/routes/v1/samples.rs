//! `/v1/events/{event}/users/{user}/faces`: the faces a user is recognised by, listed and removed.

use ::events::{Action, Metadata, SampleDetails};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::path::{OfUser, WithId};
use crate::audit::Transaction;
use crate::error::{ApiError, codes};
use crate::openapi::{ALWAYS, STORE, USER, problems};
use crate::service::Service;

/// The faces of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaceList {
    /// The faces, oldest first.
    faces: Vec<SampleResponse>,
}

/// An enrolled face, without its embedding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleResponse {
    /// Its id.
    #[schema(format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: String,
    /// The model of its embedding.
    #[schema(example = "sface-2021dec")]
    model: String,
    /// How sure the detector was, on its own scale.
    #[schema(example = 0.93)]
    detection_score: f32,
    /// What was measured of the face; empty of one that a client embedded.
    #[schema(value_type = Object)]
    quality: Metadata,
    /// How it came.
    #[schema(example = "POST /addUser/")]
    source: String,
    /// The idempotency key that it came with; null without one.
    #[schema(required = true)]
    idempotency_key: Option<String>,
    /// When it was enrolled.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    created: OffsetDateTime,
}

problems! {
    /// What a list of faces can refuse.
    FaceListProblems = ALWAYS, STORE, USER
}
problems! {
    /// What reading a face can refuse.
    FaceProblems = ALWAYS, STORE, USER, &[codes::INVALID_ID, codes::NO_SUCH_FACE]
}
problems! {
    /// What removing a face can refuse.
    FaceRemovalProblems = ALWAYS, STORE, USER, &[codes::INVALID_ID, codes::NO_SUCH_FACE, codes::LAST_FACE]
}

/// List the faces of a user
///
/// All of them, oldest first, without embeddings.
#[utoipa::path(
    get, path = "/v1/events/{event}/users/{user}/faces", tag = "Users and faces", operation_id = "list_faces",
    security(("key" = ["enrol"])),
    params(OfUser), responses((status = 200, description = "The faces", body = FaceList), FaceListProblems)
)]
pub(crate) async fn list(service: Data<Service>, of: OfUser) -> Result<Json<FaceList>, ApiError> {
    let samples = service.events.samples(&of.event, &of.user).await?;
    Ok(Json(FaceList { faces: samples.into_iter().map(SampleResponse::from).collect() }))
}

/// Read a face of a user
#[utoipa::path(
    get, path = "/v1/events/{event}/users/{user}/faces/{id}", tag = "Users and faces", operation_id = "get_face",
    security(("key" = ["enrol"])),
    params(OfUser, WithId), responses((status = 200, description = "The face", body = SampleResponse), FaceProblems)
)]
pub(crate) async fn get(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    WithId { id }: WithId,
) -> Result<Json<SampleResponse>, ApiError> {
    // All of them: the contract of stores has no reading of one sample.
    let samples = service.events.samples(&event, &user).await?;
    let found = samples.into_iter().find(|sample| sample.id == id);
    let unknown = || ::events::EventError::UnknownSample { event, user, id };
    Ok(Json(SampleResponse::from(found.ok_or_else(unknown)?)))
}

/// Remove a face of a user
///
/// The user is then recognised by the others. The last face goes with the user only.
#[utoipa::path(
    delete, path = "/v1/events/{event}/users/{user}/faces/{id}", tag = "Users and faces",
    operation_id = "delete_face",
    security(("key" = ["enrol"])), params(OfUser, WithId),
    responses((status = 204, description = "The face is gone"), FaceRemovalProblems)
)]
pub(crate) async fn delete(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    WithId { id }: WithId,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::DeleteFace).at(&event).about(&user);
    pending.done(service.events.remove_sample(&event, &user, id).await.map_err(ApiError::from)).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<SampleDetails> for SampleResponse {
    fn from(sample: SampleDetails) -> Self {
        let SampleDetails { id, created, model, detection_score, quality, source, request } = sample;
        let (id, model) = (id.to_string(), model.to_string());
        Self { id, model, detection_score, quality, source, idempotency_key: request, created }
    }
}
