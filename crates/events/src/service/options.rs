//! How the service behaves beside what it decides.

use std::time::Duration;

/// What may be set of an [`EventService`](crate::EventService) when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOptions {
    /// How long searches and lists go on from memory while the changes of others cannot be seen: 60 s
    /// unless set. Counts for stores that several services share.
    pub max_staleness: Duration,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self { max_staleness: Duration::from_secs(60) }
    }
}
