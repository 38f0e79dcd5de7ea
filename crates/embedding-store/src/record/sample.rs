//! The record of one enrolled face.

use embedding::{Embedding, ModelId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use super::metadata::{Metadata, UnknownFields};
use crate::{EventName, StoreError, Username};

/// What is hashed first for the id of a request's sample, so that no other hash of the same texts is one.
const ID_CONTEXT: &str = "face sample of a request, version 1";

/// One face of a user: its embedding as the network gave it, and where it came from.
///
/// Immutable once made. Biometric data: `Debug` shows no number of the embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceSample {
    pub(super) details: SampleDetails,
    pub(super) embedding: Embedding,
}

/// Everything of a sample but the embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SampleDetails {
    pub(super) id: Uuid,
    pub(super) event: EventName,
    pub(super) user: Username,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created: OffsetDateTime,
    pub(super) model: ModelId,
    pub(super) detection_score: f32,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(super) quality: Metadata,
    pub(super) source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    #[serde(flatten)]
    pub(super) unknown: UnknownFields,
}

/// A detection score that is NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the detection score is not a finite number")]
pub struct InvalidScore;

impl FaceSample {
    /// A new sample with a new id. `source` says how it came, such as the route.
    ///
    /// Ids are UUID v7: made by one process, later ones sort after earlier ones.
    ///
    /// # Errors
    /// [`InvalidScore`] when `detection_score` is NaN or infinite.
    pub fn new(
        event: EventName,
        user: Username,
        embedding: Embedding,
        detection_score: f32,
        source: impl Into<String>,
        created: OffsetDateTime,
    ) -> Result<Self, InvalidScore> {
        // JSON has neither NaN nor infinity: they are written as null, which is not read back as a number.
        if !detection_score.is_finite() {
            return Err(InvalidScore);
        }
        let details = SampleDetails {
            id: Uuid::now_v7(),
            event,
            user,
            created,
            // A record keeps the bare numbers of the embedding, so the model is named among the details.
            model: embedding.model().clone(),
            detection_score,
            quality: Metadata::new(),
            source: source.into(),
            request: None,
            unknown: UnknownFields::new(),
        };
        Ok(Self { details, embedding })
    }

    /// With what the quality checks measured.
    #[must_use]
    pub fn with_quality(mut self, quality: Metadata) -> Self {
        self.details.quality = quality;
        self
    }

    /// With a mark of the request that it came with, by which the same request is known when it comes again.
    #[must_use]
    pub fn with_request(mut self, request: impl Into<String>) -> Self {
        self.details.request = Some(request.into());
        self
    }

    /// With the mark of a request, and the id that the `number`th sample of that request has wherever it is made:
    /// a store then takes it once, also from two servers at one moment.
    #[must_use]
    pub fn with_numbered_request(self, request: &str, number: u64) -> Self {
        let id = Self::id_of_request(self.event(), self.user(), request, number);
        self.with_request(request).with_id(id)
    }

    /// The id of the `number`th sample that a request with this mark makes of a user: a UUID v8 (RFC 9562, section 5.8) of
    /// the SHA-256 of all that.
    #[must_use]
    pub fn id_of_request(event: &EventName, user: &Username, request: &str, number: u64) -> Uuid {
        let mut hash = Sha256::new_with_prefix(ID_CONTEXT);
        for part in [event.as_str(), user.as_str(), request] {
            // The length first, since a mark may hold any character.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(number.to_le_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The same sample of another user of its event.
    #[must_use]
    pub fn of_user(mut self, user: Username) -> Self {
        self.details.user = user;
        self
    }

    /// With an id of the caller's, which is to be a UUID v7: for a sample that comes from elsewhere, and again.
    pub(crate) fn with_id(mut self, id: Uuid) -> Self {
        self.details.id = id;
        self
    }

    /// The id: a UUID v7, or v8 where it is made of the mark of a request.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.details.id
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &EventName {
        &self.details.event
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &Username {
        &self.details.user
    }

    /// When it was enrolled.
    #[must_use]
    pub fn created(&self) -> OffsetDateTime {
        self.details.created
    }

    /// The embedding; its model is the sample's.
    #[must_use]
    pub fn embedding(&self) -> &Embedding {
        &self.embedding
    }

    /// What the detector gave the face; its scale is the detector's.
    #[must_use]
    pub fn detection_score(&self) -> f32 {
        self.details.detection_score
    }

    /// What the quality checks measured; empty when there were none.
    #[must_use]
    pub fn quality(&self) -> &Metadata {
        &self.details.quality
    }

    /// How it came, such as the route.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.details.source
    }

    /// The mark of the request that it came with.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        self.details.request.as_deref()
    }
}

impl StoreError {
    /// The conflict of a sample with another one of its user that has the same id.
    #[must_use]
    pub fn taken_id(sample: &FaceSample) -> Self {
        let reason = format!("has another sample with the id {}", sample.id());
        Self::user_conflict(sample.event(), sample.user(), reason)
    }
}
