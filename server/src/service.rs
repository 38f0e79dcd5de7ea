//! What the handlers work with.

use std::sync::Arc;

use actix_web::web::Bytes;
use embedding_store::{EmbeddingStore, EncryptionKey, RedbJournal};
use events::{AuditTrail, CheckInService, EventName, EventService};
use face_core::{EmbeddedFace, Purpose};
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::inference::Inference;
use crate::metrics::Metrics;
use crate::quality::CountingGate;
use crate::shared_file::SharedFile;
use crate::snapshots::Snapshots;

/// The domain, the pool that works on pictures, and what else they need.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) events: Arc<EventService>,
    pub(crate) inference: Inference,
    /// What a face must be to be enrolled.
    pub(crate) quality: CountingGate,
    /// What is counted and timed.
    pub(crate) metrics: Metrics,
    pub(crate) check_ins: CheckInService,
    pub(crate) audit: AuditTrail,
    /// The journal of this server alone, beside a store that has none.
    pub(crate) own_journal: Option<Arc<RedbJournal>>,
    /// The store itself, for `/api/debug`.
    pub(crate) store: Arc<dyn EmbeddingStore>,
    /// Its URL without secrets.
    pub(crate) store_url: String,
    /// Whether what is stored may be looked at.
    pub(crate) debug_data: bool,
    /// Of archives that are sent and received.
    pub(crate) archive_key: Option<EncryptionKey>,
    /// Room for exports under way: each keeps a thread for as long as its client takes.
    pub(crate) exports: Arc<Semaphore>,
    /// Room for imports under way: each holds its archive and all that was read from it.
    pub(crate) imports: Arc<Semaphore>,
    /// Where snapshots are kept; `None` for nowhere.
    pub(crate) snapshots: Option<Snapshots>,
    /// The documentation's script.
    pub(crate) redoc: SharedFile,
}

impl Service {
    /// Embeds the one face of a picture, by the model of the event that it is for.
    ///
    /// # Errors
    /// Those of the pool and of the engine; that the event is of a model that is not served, or cannot be read.
    pub(crate) async fn embed(
        &self,
        event: &EventName,
        purpose: Purpose,
        picture: Bytes,
    ) -> Result<EmbeddedFace, ApiError> {
        // The model comes first, since an embedding is of one model alone. An event that is made meanwhile
        // with another one refuses the face.
        let embedded = self.inference.embed(picture, self.events.model_of(event).await?, purpose).await;
        if let Err(ApiError::Face(error)) = &embedded {
            self.quality.refused(error, purpose);
        }
        embedded
    }
}
