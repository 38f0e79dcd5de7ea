//! The entries that wait for the journal to be back.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::entry::AuditEntry;
use super::error::AuditError;

/// How the audit is, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditStatus {
    /// How many entries wait for the journal.
    pub waiting: usize,
    /// How many were lost since the start, each with an error in the log that holds it.
    pub lost: u64,
}

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
pub(super) struct State {
    entries: BTreeMap<(OffsetDateTime, Uuid), AuditEntry>,
    lost: u64,
    /// Whether the task writes what waits, unless it came to an end before its time.
    pub(super) is_writing: bool,
    pub(super) task: Option<JoinHandle<()>>,
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

    pub(super) fn add(&self, entry: &AuditEntry) -> Result<(), AuditError> {
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

    pub(super) fn remove(&self, entry: &AuditEntry) {
        let mut state = self.state();
        state.entries.remove(&(entry.time, entry.id));
        self.count.send_replace(state.entries.len());
    }

    /// The first ones, or none when the task is to end.
    pub(super) fn first(&self, most: usize) -> Vec<AuditEntry> {
        let mut state = self.state();
        // Under one lock with the reading of the entries: one added later finds this unset and starts a new task.
        state.is_writing = !state.entries.is_empty();
        state.entries.values().take(most).cloned().collect()
    }

    // Nothing under the lock panics, so a poisoned lock guards a whole state.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
