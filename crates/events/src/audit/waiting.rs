//! The entries that wait for the journal to be back, and the task that writes them then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedding_store::StoreError;
use futures_util::future::join_all;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{AuditEntry, AuditError, AuditStatus, Inner, is_outage};

/// The pause after a first failure. It doubles with each that follows, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Short enough that a journal that is back is noticed, long enough that one in trouble is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many are written at once: a journal that commits several together keeps up with new ones so.
const BATCH: usize = 64;

/// What waits, in the order of the journal.
#[derive(Debug)]
pub(super) struct Waiting {
    state: Mutex<State>,
    /// How many wait.
    // A watch keeps its last value: who subscribes late sees that nothing waits any more.
    count: watch::Sender<usize>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<(OffsetDateTime, Uuid), AuditEntry>,
    lost: u64,
    /// Whether the task writes what waits, unless it came to an end before its time.
    is_writing: bool,
    task: Option<JoinHandle<()>>,
}

impl Waiting {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), count: watch::Sender::new(0), limit }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().entries.is_empty()
    }

    pub(super) fn status(&self) -> AuditStatus {
        let state = self.state();
        AuditStatus { waiting: state.entries.len(), lost: state.lost }
    }

    /// Those that pass a filter, in order.
    pub(super) fn find(&self, filter: impl Fn(&AuditEntry) -> bool) -> Vec<AuditEntry> {
        self.state().entries.values().filter(|entry| filter(entry)).cloned().collect()
    }

    pub(super) async fn emptied(&self, within: Duration) -> usize {
        let mut count = self.count.subscribe();
        // The sender is here, so waiting cannot fail; if the time ran out, what is left says so.
        drop(timeout(within, count.wait_for(|count| *count == 0)).await);
        self.status().waiting
    }

    /// Counts an entry that is not going to be written, and leaves it to the log.
    pub(super) fn lost(&self, entry: &AuditEntry, why: &dyn std::error::Error) {
        self.state().lost += 1;
        // As a whole: from now on it is in the log and nowhere else.
        let entry = serde_json::to_string(entry).unwrap_or_else(|_| format!("{entry:?}"));
        tracing::error!(entry, error = %why, "an audit entry is lost");
    }

    fn add(&self, entry: &AuditEntry) -> Result<(), AuditError> {
        let mut state = self.state();
        let waiting = state.entries.len();
        if waiting >= self.limit {
            return Err(AuditError::Lost { waiting });
        }
        state.entries.insert((entry.time, entry.id), entry.clone());
        // Not `send`, which leaves the value as it was while nobody is subscribed.
        self.count.send_replace(state.entries.len());
        Ok(())
    }

    fn remove(&self, entry: &AuditEntry) {
        let mut state = self.state();
        state.entries.remove(&(entry.time, entry.id));
        self.count.send_replace(state.entries.len());
    }

    /// The first ones, or none when the task is to end.
    fn first(&self, most: usize) -> Vec<AuditEntry> {
        let mut state = self.state();
        // Under one lock with the reading of the entries: one added later finds this unset and starts a new task.
        state.is_writing = !state.entries.is_empty();
        state.entries.values().take(most).cloned().collect()
    }

    // Nothing under the lock panics, so a poisoned lock guards a whole state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Keeps an entry for later, and starts the task that writes such entries unless it runs.
    pub(super) fn wait(self: &Arc<Self>, entry: AuditEntry) -> Result<(), AuditError> {
        self.waiting.add(&entry).inspect_err(|error| self.waiting.lost(&entry, error))?;
        let mut state = self.waiting.state();
        // A task that panicked leaves `is_writing` set, so the task itself is asked too.
        let is_at_work = state.is_writing && state.task.as_ref().is_some_and(|task| !task.is_finished());
        if !is_at_work {
            let inner = Arc::clone(self);
            state.is_writing = true;
            state.task = Some(tokio::spawn(async move { inner.write_waiting().await }));
        }
        Ok(())
    }

    /// Writes what waits until nothing does.
    async fn write_waiting(&self) {
        let (mut pause, mut most) = (FIRST_PAUSE, BATCH);
        loop {
            let entries = self.waiting.first(most);
            if entries.is_empty() {
                tracing::info!("audit: the journal is available again, all waiting entries are written");
                return;
            }
            let written = join_all(entries.iter().map(|entry| self.write(entry))).await;
            let is_away = entries
                .iter()
                .zip(written)
                // `|` and not `||`: what became of each entry has to be seen to, also behind one that failed.
                .fold(false, |is_away, (entry, written)| is_away | !self.is_settled(entry, written));
            if is_away {
                // Until it is back, one tries for all: a whole batch would wait for as many time-outs.
                most = 1;
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            } else {
                (pause, most) = (FIRST_PAUSE, BATCH);
            }
        }
    }

    /// Says whether an entry waits no longer: it is written, or can never be.
    fn is_settled(&self, entry: &AuditEntry, written: Result<(), StoreError>) -> bool {
        match written {
            Err(error) if is_outage(&error) => {
                tracing::debug!(%error, "audit: the journal is still not available");
                return false;
            }
            Err(error) => self.waiting.lost(entry, &error),
            Ok(()) => {}
        }
        // Last: a reader may meet an entry twice in between, which it sorts out, but never miss it.
        self.waiting.remove(entry);
        true
    }
}
