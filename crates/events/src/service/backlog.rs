//! The backlog of changes that others made to the store and that are still to be read, and since when some may be missing.
//!
//! Changes to one event that come while it waits are one entry: a burst costs one reading.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedding_store::{EventName, StoreError, Username};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The pause after a first failure. It doubles with each that follows, up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Short enough that a store that is back is noticed, long enough that one in trouble is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) fn longer(pause: Duration) -> Duration {
    LONGEST_PAUSE.min(pause * 2)
}

/// What is still to be read.
#[derive(Debug)]
pub(super) struct Backlog {
    // std's, since it is never held over an await.
    state: Mutex<State>,
    more: Notify,
    max_staleness: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// Since when changes may have been missed that no reading has made good.
    behind_since: Option<Instant>,
    /// Since when changes are missed, while they are.
    interrupted: Option<Instant>,
    everything: bool,
    events: BTreeMap<EventName, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    changed: Changed,
    not_before: Instant,
    /// How long to wait if reading fails.
    pause: Duration,
}

/// What of an event was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// Anything.
    Whole,
    /// These users.
    Users(BTreeSet<Username>),
}

impl Changed {
    fn and(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Users(users), Self::Users(more)) => users.extend(more),
            (Self::Whole, _) | (_, Self::Whole) => *self = Self::Whole,
        }
    }
}

/// The next thing to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Every event.
    Everything,
    /// One event, and the pause if that fails.
    Event(EventName, Changed, Duration),
}

impl Backlog {
    pub(super) fn new(max_staleness: Duration) -> Self {
        Self { state: Mutex::default(), more: Notify::new(), max_staleness }
    }

    /// Whether what is published may be shown.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when changes may have been missed for longer than is allowed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.state().behind_since {
            Some(since) if !self.allows(since) => Err(StoreError::unavailable(
                true,
                format!("its changes have not been seen for more than {:?}", self.max_staleness),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether what was true at `since` may still be shown.
    pub(super) fn allows(&self, since: Instant) -> bool {
        since.elapsed() <= self.max_staleness
    }

    /// How many events wait to be read, and for how long changes may have been missed.
    pub(super) fn status(&self) -> (usize, Option<Duration>) {
        let state = self.state();
        (state.events.len(), state.behind_since.map(|since| since.elapsed()))
    }

    /// Whether changes may have been missed that no reading has made good.
    pub(super) fn is_behind(&self) -> bool {
        self.state().behind_since.is_some()
    }

    /// From now on changes are missed.
    pub(super) fn interrupted(&self) {
        let mut state = self.state();
        let since = *state.interrupted.get_or_insert_with(Instant::now);
        // A gap that no reading has made good yet is older and goes on counting.
        state.behind_since.get_or_insert(since);
    }

    /// From now on changes are seen, and everything is to be read.
    pub(super) fn seen_again(&self) {
        let mut state = self.state();
        state.interrupted = None;
        // A store may report this without an interruption before: then the time starts here.
        state.behind_since.get_or_insert_with(Instant::now);
        state.everything = true;
        // Whatever is read from now on is read by that.
        state.events.clear();
        self.more.notify_one();
    }

    /// Everything was read since [`Task::Everything`] was taken. Says whether no change is missing now.
    pub(super) fn caught_up(&self) -> bool {
        let mut state = self.state();
        // If all is to be read once more, the time goes on from the older gap. Else what was missed before
        // the reading has been made good, and a gap that began during it counts from its own beginning.
        if !state.everything {
            state.behind_since = state.interrupted;
        }
        state.behind_since.is_none()
    }

    /// An event was changed.
    pub(super) fn changed(&self, event: EventName, changed: Changed) {
        match self.state().events.entry(event) {
            Entry::Vacant(place) => {
                place.insert(Waiting { changed, not_before: Instant::now(), pause: FIRST_PAUSE });
            }
            // One that was postponed keeps its pause: the store has just failed to give it.
            Entry::Occupied(mut waiting) => waiting.get_mut().changed.and(changed),
        }
        self.more.notify_one();
    }

    /// An event could not be read: once more, after a pause.
    pub(super) fn postpone(&self, event: EventName, pause: Duration) {
        // As a whole: which of its users had been read before the failure is not known here.
        let waiting =
            Waiting { changed: Changed::Whole, not_before: Instant::now() + pause, pause: longer(pause) };
        self.state().events.insert(event, waiting);
        self.more.notify_one();
    }

    /// Takes the next thing to read, and waits until there is one.
    pub(super) async fn next(&self) -> Task {
        loop {
            // `notify_one` leaves a permit when nobody waits: what is noted between `take` and `notified`
            // wakes this too.
            match self.take() {
                Ok(task) => return task,
                Err(None) => self.more.notified().await,
                // Whether something came or the time has come: both are checked.
                Err(Some(not_before)) => drop(timeout_at(not_before, self.more.notified()).await),
            }
        }
    }

    /// The next thing to read, or when there will be one as far as is known.
    fn take(&self) -> Result<Task, Option<Instant>> {
        let mut state = self.state();
        // First, since `max_staleness` goes on running until it is done.
        if std::mem::take(&mut state.everything) {
            return Ok(Task::Everything);
        }
        let Some((event, not_before)) =
            state.events.iter().map(|(event, waiting)| (event, waiting.not_before)).min_by_key(|next| next.1)
        else {
            return Err(None);
        };
        if not_before > Instant::now() {
            return Err(Some(not_before));
        }
        let event = event.clone();
        match state.events.remove(&event) {
            Some(Waiting { changed, pause, .. }) => Ok(Task::Event(event, changed, pause)),
            None => Err(None),
        }
    }

    // Nothing under the lock panics, so a poisoned lock guards a whole state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
