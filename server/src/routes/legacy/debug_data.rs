//! `GET /api/debug/cloudinary-data`: what lies in the store, for whoever looks for a fault.

#![expect(unused_qualifications, reason = "the macro that documents a query writes them")]

use std::collections::BTreeMap;

use ::events::{EventError, Metadata};
use actix_web::web::{Data, Json, Query};
use data_encoding::HEXLOWER;
use embedding::Embedding;
use embedding_store::{EmbeddingStoreExt, EventSnapshot, FaceSample, StoreError, UserSnapshot};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors};
use crate::routes::fields::event_name;
use crate::service::Service;

/// Bytes of a digest that are shown: enough to tell embeddings apart, too few to check a guess by.
const DIGEST_BYTES: usize = 8;

/// What is to be shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only this event.
    #[param(min_length = 1, max_length = 128, example = "conference_2024")]
    event_name: Option<String>,
    /// Embeddings as their numbers and not as digests. They are biometric data.
    #[param(default = false)]
    full: Option<bool>,
}

/// What lies in the store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredData {
    /// The store, without secrets.
    #[schema(example = "redb:data/faces.redb")]
    store: String,
    /// The events by name, and in each the faces of its users by name.
    #[schema(value_type = Object)]
    data: BTreeMap<String, BTreeMap<String, Vec<StoredFace>>>,
}

/// A face as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredFace {
    /// Its id.
    id: String,
    /// When it was enrolled.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created: OffsetDateTime,
    /// The model of its embedding.
    model: String,
    /// How sure the detector was.
    detection_score: f32,
    /// What was measured of the face.
    #[schema(value_type = Object)]
    quality: Metadata,
    /// How it came.
    source: String,
    /// The first 8 bytes of the SHA-256 of its numbers (128 f32, little-endian).
    embedding_sha256: String,
    /// Its numbers, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<Vec<f32>>,
}

/// Show what is stored
///
/// Everything in the store, embeddings as short digests. It answers only where the server was started with
/// `--debug-data on`; else it is 403.
#[utoipa::path(
    get, path = "/api/debug/cloudinary-data", tag = "As the replaced service had it", operation_id = "legacy_debug_data",
    params(Which),
    responses(
        StatusErrors,
        (status = 200, description = "What lies in the store", body = StoredData),
        (status = 400, description = "No name an event can have", body = StatusError),
        (status = 403, description = "It is off, the key is for less or for other events, or the page is of a site that is not allowed",
            body = StatusError, example = json!({"status": "error",
                "message": "What is stored is not shown: start the server with --debug-data on to allow it"})),
        (status = 404, description = "No such event", body = StatusError,
            example = json!({"status": "error", "message": "Event 'conference_2024' not found"})),
    )
)]
pub(crate) async fn debug_data(
    service: Data<Service>,
    caller: Caller,
    query: Query<Which>,
) -> Result<Json<StoredData>, ApiError> {
    if !service.debug_data {
        return Err(ApiError::DebugDataOff);
    }
    let Which { event_name: name, full } = query.into_inner();
    let events = match name {
        Some(name) => vec![caller.enter(event_name("event_name", &name)?)?],
        None => {
            let events = service.store.all_events().await.map_err(store_error)?;
            events.into_iter().map(|event| event.name).filter(|event| caller.sees(Some(event))).collect()
        }
    };
    let mut data = BTreeMap::new();
    for event in events {
        let unknown = || ApiError::from(EventError::UnknownEvent { event: event.clone() });
        let EventSnapshot { users, .. } = match service.store.load_event(&event).await {
            Ok(snapshot) => snapshot,
            Err(StoreError::NotFound { .. }) => return Err(unknown()),
            Err(error) => return Err(store_error(error)),
        };
        let users = users.into_iter().map(|UserSnapshot { user, samples }| {
            let faces = samples.iter().map(|sample| StoredFace::new(sample, full == Some(true)));
            (user.name.to_string(), faces.collect())
        });
        data.insert(event.to_string(), users.collect());
    }
    Ok(Json(StoredData { store: service.store_url.clone(), data }))
}

fn store_error(error: StoreError) -> ApiError {
    EventError::Store(error).into()
}

impl StoredFace {
    fn new(sample: &FaceSample, full: bool) -> Self {
        Self {
            id: sample.id().to_string(),
            created: sample.created(),
            model: sample.embedding().model().to_string(),
            detection_score: sample.detection_score(),
            quality: sample.quality().clone(),
            source: sample.source().to_owned(),
            embedding_sha256: digest(sample.embedding()),
            embedding: full.then(|| sample.embedding().values().to_vec()),
        }
    }
}

fn digest(embedding: &Embedding) -> String {
    let mut hash = Sha256::new();
    for value in embedding.values() {
        hash.update(value.to_le_bytes());
    }
    HEXLOWER.encode(hash.finalize().split_at(DIGEST_BYTES).0)
}
