//! What the handlers work with.

use std::path::PathBuf;
use std::sync::Arc;

use embedding::Distance;
use events::EventService;

use crate::inference::Inference;
use crate::quality::QualityGate;

/// The domain, the pool that works on pictures, and the place of the documentation's script.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) events: Arc<EventService>,
    pub(crate) inference: Inference,
    /// What a face must be to be enrolled.
    pub(crate) quality: QualityGate,
    /// Largest distance that is a match, of two pictures alone.
    pub(crate) threshold: Distance,
    pub(crate) redoc: PathBuf,
}
