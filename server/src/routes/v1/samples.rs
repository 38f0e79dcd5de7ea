//! `/v1/events/{event}/users/{user}/faces`: the faces a user is recognised by, listed and removed.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use std::num::NonZeroUsize;

use ::events::{Action, Metadata, SampleDetails};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use embedding::ModelId;
use embedding_store::PageRoom;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::paging::{self, PageCursor, PageLimit};
use super::path::{OfUser, WithId};
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::openapi::errors::{PAGED, STORE, USER};
use crate::routes::operation::Operation;
use crate::service::Service;

/// The faces of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaceList {
    /// The faces, oldest first.
    faces: Vec<SampleResponse>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which faces.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FaceQuery {
    /// Most faces to answer with; without it, as many as a page of 1 MiB has.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 1000)]
    limit: Option<PageLimit>,
    /// `next_cursor` of the page before; the first page without.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
}

/// An enrolled face, without its embedding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleResponse {
    /// Its id.
    #[schema(example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: Uuid,
    /// The model of its embedding.
    #[schema(value_type = String, example = "sface-2021dec")]
    model: ModelId,
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

/// The operations on faces that are enrolled.
pub(super) fn operations() -> Vec<Operation> {
    let one = [codes::INVALID_ID, codes::NO_SUCH_FACE];
    vec![
        Operation::new(Role::Enrol, __path_list_faces, list_faces)
            .with_list()
            .with_errors(&[STORE, USER, PAGED]),
        Operation::new(Role::Enrol, __path_get_face, get_face).with_errors(&[STORE, USER, &one]),
        Operation::new(Role::Enrol, __path_delete_face, delete_face).with_errors(&[
            STORE,
            USER,
            &one,
            &[codes::LAST_FACE],
        ]),
    ]
}

/// List the faces of a user
///
/// Oldest first, without embeddings. A page ends where its faces would be more than 1 MiB, some thousands.
#[utoipa::path(
    get, path = "/v1/events/{event}/users/{user}/faces", tag = "Users and faces",
    params(OfUser, FaceQuery), responses((status = 200, description = "The faces", body = FaceList))
)]
async fn list_faces(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    query: Query<FaceQuery>,
) -> Result<Json<FaceList>, ApiError> {
    let FaceQuery { limit, cursor } = query.into_inner();
    let after = cursor.map(|cursor| cursor.id()).transpose()?;
    let mut room = PageRoom::new(limit.map_or(NonZeroUsize::MAX, PageLimit::get));
    let samples = service.events.samples(&event, &user).await?.into_iter();
    // In the order of their ids, so that a face that was removed meanwhile shifts nothing.
    let mut rest = samples
        .filter(|sample| after.is_none_or(|after| sample.id > after))
        .map(SampleResponse::from)
        .peekable();
    let faces: Vec<_> = std::iter::from_fn(|| rest.next_if(|sample| room.takes(sample))).collect();
    let next_cursor = rest.peek().and(faces.last()).map(|last| paging::after_id(last.id));
    Ok(Json(FaceList { faces, next_cursor }))
}

/// Read a face of a user
#[utoipa::path(
    get, path = "/v1/events/{event}/users/{user}/faces/{id}", tag = "Users and faces",
    params(OfUser, WithId), responses((status = 200, description = "The face", body = SampleResponse))
)]
async fn get_face(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    WithId { id }: WithId,
) -> Result<Json<SampleResponse>, ApiError> {
    Ok(Json(SampleResponse::from(service.events.sample(&event, &user, id).await?)))
}

/// Remove a face of a user
///
/// The user is then recognised by the others. The last face goes with the user only.
#[utoipa::path(
    delete, path = "/v1/events/{event}/users/{user}/faces/{id}", tag = "Users and faces",
    params(OfUser, WithId), responses((status = 204, description = "The face is gone"))
)]
async fn delete_face(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    WithId { id }: WithId,
    transaction: Transaction,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::DeleteFace).at(&event).about(&user);
    pending.record(service.events.remove_sample(&event, &user, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<SampleDetails> for SampleResponse {
    fn from(sample: SampleDetails) -> Self {
        let SampleDetails { id, created, model, detection_score, quality, source, request } = sample;
        Self { id, model, detection_score, quality, source, idempotency_key: request, created }
    }
}
