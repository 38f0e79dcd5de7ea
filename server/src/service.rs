//! What the handlers work with.

use std::path::PathBuf;
use std::sync::Arc;

use embedding::Metric;
use embedding_store::{EmbeddingStore, EncryptionKey};
use events::{AuditTrail, CheckIns, EventService};
use tokio::sync::Semaphore;

use crate::inference::Inference;
use crate::quality::QualityGate;

/// The domain, the pool that works on pictures, and what else they need.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) events: Arc<EventService>,
    pub(crate) inference: Inference,
    /// What a face must be to be enrolled.
    pub(crate) quality: QualityGate,
    /// Which vectors are compared, of two pictures alone.
    pub(crate) metric: Metric,
    pub(crate) check_ins: CheckIns,
    pub(crate) audit: AuditTrail,
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
    /// The documentation's script.
    pub(crate) redoc: PathBuf,
}
