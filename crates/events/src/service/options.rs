//! How the service behaves beside what it decides.

use std::time::Duration;

use super::ServedModel;

/// What may be set of an [`EventService`](crate::EventService) when it is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceOptions {
    /// How long searches and lists go on from memory while the store is out of reach: 60 s unless set. The
    /// store is missed when the changes of others cannot be seen, or an event that was changed cannot be read.
    pub max_staleness: Duration,
    /// How many users an event may have to be held in memory: 1,000,000 unless set, some 600 MB. A larger
    /// one is searched in the store, where the store has a search; where it has none this is not used.
    /// With raw distances neither, as stores search by unit distances.
    pub gallery_limit: usize,
    /// How long an event is kept that an enrolment brings into being. None unless set: until it is deleted.
    pub retain: Option<time::Duration>,
    /// Further models whose events are served beside those of the first. None unless set.
    pub other_models: Vec<ServedModel>,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            max_staleness: Duration::from_secs(60),
            gallery_limit: 1_000_000,
            retain: None,
            other_models: Vec::new(),
        }
    }
}
