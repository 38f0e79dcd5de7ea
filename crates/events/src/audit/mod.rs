//! The audit: a record of everything that was done, that outlasts an outage of the journal.

mod action;
mod entry;
mod erase;
mod error;
mod names;
mod read;
mod waiting;
mod write_waiting;

use std::sync::Arc;
use std::time::Duration;

use embedding_store::{Appended, Journal, StoreError, Topic};
use tracing::Instrument;
use uuid::Uuid;

pub use self::action::{Action, Outcome};
pub use self::entry::{AuditDetails, AuditEntry};
pub use self::erase::ErasedAudit;
pub use self::error::AuditError;
pub use self::read::{AuditFilter, AuditListing, AuditPage};
pub use self::waiting::AuditStatus;
use self::waiting::Waiting;
use crate::journal;

/// Where the audit stands in the journal.
const TOPIC: &str = "audit";

/// The most entries of one transaction.
// An entry tries the keys of those before it, one call each: without a bound that would grow without end.
const MAX_PER_TRANSACTION: usize = 1_000;

/// Keeps the audit in a journal.
///
/// While the journal is unavailable, entries wait in memory, at most [`AuditOptions::waiting_limit`], and are
/// written once it is back, the oldest first and some at once. In the audit they stand at their times, as if they
/// had not waited. Those that wait when the process ends are lost: see [`AuditTrail::flush`]. Several servers on one journal keep one audit. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AuditTrail {
    inner: Arc<Inner>,
}

/// What writing in the background shares with the audit, as it outlives the call that began it.
#[derive(Debug)]
struct Inner {
    journal: Arc<dyn Journal>,
    waiting: Waiting,
}

/// How the audit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditOptions {
    /// At most this many entries wait for the journal, some 500 bytes each.
    pub waiting_limit: usize,
}

impl Default for AuditOptions {
    /// 100,000: some minutes of a busy server in 50 MB.
    fn default() -> Self {
        Self { waiting_limit: 100_000 }
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is durable.
    Durable,
    /// The journal is unavailable: the entry waits for it.
    Waiting,
}

impl AuditTrail {
    /// The audit in a journal.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, options: AuditOptions) -> Self {
        Self { inner: Arc::new(Inner { journal, waiting: Waiting::new(options.waiting_limit) }) }
    }

    /// Adds an entry. It is carried through when its future is dropped. Needs a tokio runtime with timers.
    ///
    /// # Errors
    /// The entry is in the log alone, with an error, and counted as lost: on [`AuditError::Lost`], since too
    /// many wait, and on [`AuditError::Store`], since the journal is damaged or cannot hold it. On
    /// [`AuditError::Interrupted`] it may have been recorded.
    pub async fn record(&self, entry: AuditEntry) -> Result<Recorded, AuditError> {
        let inner = Arc::clone(&self.inner);
        let record = async move { inner.record(entry).await };
        tokio::spawn(record.in_current_span()).await.map_err(AuditError::Interrupted)?
    }

    /// How many entries wait, and how many were lost.
    #[must_use]
    pub fn status(&self) -> AuditStatus {
        self.inner.waiting.status()
    }

    /// Waits until no entry waits, for at most this long, and returns how many do then. For the end of a process.
    pub async fn flush(&self, within: Duration) -> usize {
        self.inner.waiting.emptied(within).await
    }

    /// The journal that it is kept in.
    #[must_use]
    pub fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.inner.journal)
    }

    /// Whether the journal can be written, as far as it can tell.
    ///
    /// # Errors
    /// [`AuditError::Store`] when it cannot.
    pub async fn check(&self) -> Result<(), AuditError> {
        Ok(self.inner.journal.check().await?)
    }
}

impl Inner {
    async fn record(self: Arc<Self>, entry: AuditEntry) -> Result<Recorded, AuditError> {
        // What waits goes first, and while the journal is away nobody stands in line for its time-outs.
        if self.waiting.is_empty() {
            match self.write(&entry).await {
                Ok(()) => return Ok(Recorded::Durable),
                Err(error) if is_outage(&error) => {
                    tracing::warn!(%error, "audit: the journal is not available, entries wait in memory");
                }
                Err(error) => {
                    self.waiting.lost(&entry, &error);
                    return Err(error.into());
                }
            }
        }
        self.wait(entry)?;
        Ok(Recorded::Waiting)
    }

    /// Writes an entry, once: also when it was written before and that was reported failed.
    async fn write(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let unkeyed = entry.in_journal(topic()?)?;
        // A journal keeps a key once in a topic, so the entries of a transaction have numbered keys: each
        // takes the first that is free. If that is its own already, it was written before.
        for ordinal in 0..MAX_PER_TRANSACTION {
            let keyed = unkeyed.clone().with_key(key(entry.details.transaction, ordinal));
            match self.journal.append(keyed, None).await? {
                Appended::Repeated(present) if present.id != entry.id => {}
                Appended::New | Appended::Repeated(_) | Appended::Recent(_) => return Ok(()),
            }
        }
        Err(StoreError::unstorable(format!(
            "its transaction has {MAX_PER_TRANSACTION} audit entries already"
        )))
    }
}

/// Whether the journal may take the entry later.
fn is_outage(error: &StoreError) -> bool {
    // Somebody may mend the configuration while this runs; until then entries wait as in any outage.
    matches!(error, StoreError::Unavailable { .. } | StoreError::Misconfigured { .. })
}

fn topic() -> Result<Topic, StoreError> {
    journal::topic(TOPIC)
}

/// The key of an entry of a transaction, by which it is looked up.
fn key(transaction: Uuid, ordinal: usize) -> String {
    if ordinal == 0 { transaction.to_string() } else { format!("{transaction}/{ordinal}") }
}

#[cfg(test)]
mod tests;
