//! How the service is, for metrics: what it holds, and how far behind the store it may be.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::EventService;
use super::galleries::{Former, Published};
use super::loaded_event::LoadedEvent;

/// How the service is at one moment. It names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServiceStatus {
    /// How many events are known.
    pub events: usize,
    /// How many users their galleries in memory have, all together.
    pub users_in_memory: usize,
    /// How many of the events are too large for memory, and searched in the store.
    pub events_in_store: usize,
    /// How many of the events are to be read again before their next use.
    pub stale_events: usize,
    /// How many events others changed that have not been read again yet.
    pub changes_waiting: usize,
    /// For how long changes of others may have been missed; `None` where none is.
    pub behind: Option<Duration>,
}

/// Is told how long each comparison of a face with an event or a user took, without what was read for it.
pub type MatchObserver = Arc<dyn Fn(Duration) + Send + Sync>;

/// The observer, once there is one.
#[derive(Default)]
pub(super) struct Observed(OnceLock<MatchObserver>);

impl Observed {
    pub(super) fn matched(&self, took: Duration) {
        if let Some(observe) = self.0.get() {
            observe(took);
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.get().is_some()).finish()
    }
}

impl EventService {
    /// How it is now. Asks the store for nothing.
    #[must_use]
    pub fn status(&self) -> ServiceStatus {
        let (changes_waiting, behind) = self.inner.backlog.status();
        let mut status = ServiceStatus { changes_waiting, behind, ..ServiceStatus::default() };
        self.inner.galleries.each(|published| {
            status.events += 1;
            let loaded = match published {
                Published::Current(loaded) => Some(loaded),
                Published::Stale(former) => {
                    status.stale_events += 1;
                    former.as_ref().map(|Former { loaded, .. }| loaded)
                }
                Published::Absent => None,
            };
            match loaded {
                Some(LoadedEvent::InMemory(gallery)) => status.users_in_memory += gallery.len(),
                Some(LoadedEvent::InStore(..)) => status.events_in_store += 1,
                None => {}
            }
        });
        status
    }

    /// From now on `observer` is told of each comparison. A second one is not taken.
    pub fn observe_matches(&self, observer: MatchObserver) {
        let _ = self.inner.observed.0.set(observer);
    }
}
