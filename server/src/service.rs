//! What the handlers work with.

use std::path::PathBuf;
use std::sync::Arc;

use events::EventService;

use crate::inference::Inference;

/// The domain, the pool that works on pictures, and the place of the documentation's script.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) events: Arc<EventService>,
    pub(crate) inference: Inference,
    pub(crate) redoc: PathBuf,
}
