//! The task that writes the entries that wait, once the journal is back.

use std::sync::Arc;
use std::time::Duration;

use embedding_store::StoreError;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::{AuditEntry, AuditError, Inner, is_outage};

/// The pause after a first failure. It doubles with each that follows, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Short enough that a journal that is back is noticed, long enough that one in trouble is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many are written at once: a journal that commits several together keeps up with new ones so.
const BATCH: usize = 64;

impl Inner {
    /// Has an entry wait, and sees to it that a task writes what waits.
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
