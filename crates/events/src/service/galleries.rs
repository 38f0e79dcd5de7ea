//! The published galleries of all events, and whose turn it is to change one.
//!
//! What is published of an event is what the store holds, or is marked [`Published::Stale`]:
//! - only the holder of an event's [`Turn`] publishes, so the order of publishing is that of writing;
//! - a [`Change`] opened before a write marks the event stale unless the write's outcome was settled,
//!   so an error, a panic or a dropped future cannot leave an old gallery behind.
//!
//! Searches take what is published without waiting for anyone's turn.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use embedding::ModelId;
use embedding_store::{EventName, EventVersion};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::loaded_event::LoadedEvent;

/// Events share this many turns by their names' hashes, so that nothing needs to be kept or cleared per
/// name. Two events that share one wait for each other's writes, which costs time and nothing else.
// So nobody may ask for a second turn while holding one: both events may share a mutex, and tokio's is not
// reentrant.
const TURNS: usize = 256;

/// What is known of an event.
#[derive(Debug, Clone)]
pub(super) enum Published {
    /// The store holds no such event.
    Absent,
    /// The store holds this.
    Current(LoadedEvent),
    /// The store may hold something else than was published last: read it. With what that was.
    Stale(Option<Former>),
}

/// What was published of an event before it became stale.
#[derive(Debug, Clone)]
pub(super) struct Former {
    pub(super) loaded: LoadedEvent,
    /// Since when the store may hold something else.
    pub(super) since: Instant,
}

/// The galleries of all events.
#[derive(Debug)]
pub(super) struct Galleries {
    /// Without those that are [`Published::Absent`].
    // std's, since it is never held over an await, only for a look-up or an exchange.
    published: RwLock<HashMap<EventName, Published>>,
    // tokio's, since they are held while the store is called; they are granted in the order of asking.
    turns: [Mutex<()>; TURNS],
    /// Of events that are current, the version up to which all that the store holds is in what is published; it may
    /// hold later changes too.
    versions: RwLock<HashMap<EventName, EventVersion>>,
}

/// The right to write to an event and to publish what came of it. One at a time for an event.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    galleries: &'a Galleries,
    event: &'a EventName,
    _guard: MutexGuard<'a, ()>,
}

/// A write under way. Unless it is settled, the event is stale when this is dropped.
#[derive(Debug)]
#[must_use = "dropping it marks the event stale"]
pub(super) struct Change<'a> {
    turn: &'a Turn<'a>,
    settled: bool,
}

impl Galleries {
    pub(super) fn new() -> Self {
        let turns = [const { Mutex::const_new(()) }; TURNS];
        Self { published: RwLock::default(), turns, versions: RwLock::default() }
    }

    /// What is published of an event.
    pub(super) fn get(&self, event: &EventName) -> Published {
        self.read().get(event).cloned().unwrap_or(Published::Absent)
    }

    /// All events, in name order.
    pub(super) fn events(&self) -> Vec<EventName> {
        let mut events: Vec<_> = self.read().keys().cloned().collect();
        events.sort_unstable();
        events
    }

    /// Looks at what is published of each event, in no order.
    pub(super) fn each(&self, look: impl FnMut(&Published)) {
        self.read().values().for_each(look);
    }

    /// The models of all events of which something is known.
    pub(super) fn models(&self) -> BTreeSet<ModelId> {
        let published = self.read();
        let loaded = published.values().filter_map(|published| match published {
            Published::Current(loaded) | Published::Stale(Some(Former { loaded, .. })) => Some(loaded),
            Published::Stale(None) | Published::Absent => None,
        });
        loaded.map(|loaded| loaded.model().clone()).collect()
    }

    /// Waits for the turn to change `event`. First come, first served; dropping the future gives up.
    pub(super) async fn turn<'a>(&'a self, event: &'a EventName) -> Turn<'a> {
        Turn { galleries: self, event, _guard: self.slot(event).lock().await }
    }

    /// The turn if it is free.
    pub(super) fn turn_if_free<'a>(&'a self, event: &'a EventName) -> Option<Turn<'a>> {
        Some(Turn { galleries: self, event, _guard: self.slot(event).try_lock().ok()? })
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder of TURNS is below TURNS")]
    fn slot(&self, event: &EventName) -> &Mutex<()> {
        // With fixed keys: every call must find the same mutex for a name, which a fresh `RandomState` would not.
        let mut hasher = DefaultHasher::new();
        event.hash(&mut hasher);
        &self.turns[usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default()]
    }

    fn versions(&self) -> RwLockWriteGuard<'_, HashMap<EventName, EventVersion>> {
        self.versions.write().unwrap_or_else(PoisonError::into_inner)
    }

    // Nothing under the locks panics, so a poisoned lock guards a whole map.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<EventName, Published>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<EventName, Published>> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    pub(super) fn event(&self) -> &EventName {
        self.event
    }

    /// What is published of the event, which nobody else changes meanwhile.
    pub(super) fn published(&self) -> Published {
        self.galleries.get(self.event)
    }

    /// The version up to which what is published holds everything; `None` when it is not known.
    pub(super) fn version(&self) -> Option<EventVersion> {
        self.galleries.versions().get(self.event).copied()
    }

    /// What is published holds everything up to this version.
    pub(super) fn is_at(&self, version: Option<EventVersion>) {
        let mut versions = self.galleries.versions();
        match version {
            Some(version) => drop(versions.insert(self.event.clone(), version)),
            None => drop(versions.remove(self.event)),
        }
    }

    /// Publishes what was read from the store: `None` when it holds no such event.
    pub(super) fn publish(&self, read: Option<LoadedEvent>) {
        if read.is_none() {
            self.is_at(None);
        }
        let previous = match read {
            Some(loaded) => self.galleries.write().insert(self.event.clone(), Published::Current(loaded)),
            None => self.galleries.write().remove(self.event),
        };
        // A large gallery takes a while to clear: not under the lock.
        drop(previous);
    }

    /// Marks the event: the store may hold something else than what is published.
    pub(super) fn stale(&self) {
        self.is_at(None);
        let mut published = self.galleries.write();
        let former = match published.remove(self.event) {
            Some(Published::Current(loaded)) => Some(Former { loaded, since: Instant::now() }),
            // The time of the first doubt stays: else each failed write would let the old gallery be shown
            // for longer.
            Some(Published::Stale(former)) => former,
            Some(Published::Absent) | None => None,
        };
        published.insert(self.event.clone(), Published::Stale(former));
    }

    /// Opens a change: to be called before the write that it is about.
    pub(super) fn change(&self) -> Change<'_> {
        Change { turn: self, settled: false }
    }
}

impl Change<'_> {
    /// The write was done and this is what the store holds now; `None` when the event is gone.
    pub(super) fn done(mut self, now: Option<LoadedEvent>) {
        self.turn.publish(now);
        self.settled = true;
    }

    /// Nothing was written.
    pub(super) fn nothing_written(mut self) {
        self.settled = true;
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.turn.stale();
        }
    }
}
