//! The end of the audit's old entries.

use std::num::NonZeroUsize;

use embedding_store::{Erase, JournalPage};
use time::OffsetDateTime;

use super::{AuditError, AuditTrail, topic};
use crate::RetentionGuard;

/// So many entries are erased at once without an operator, however large a share of all they are.
const FEW_ENTRIES: u64 = 1_000;

/// How many entries are read at once to count them.
const CHUNK: usize = 1_000;

/// What came of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasedAudit {
    /// So many entries are gone.
    Erased(u64),
    /// So many entries are older and were left, as so many at once wait for an operator.
    Held(u64),
}

impl AuditTrail {
    /// Erases the entries of before a time, which is that of a [`RetentionClock`](crate::RetentionClock). Of more than
    /// 1,000 and more than a quarter of all none is erased unless the guard allows it. Idempotent.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub async fn erase_before(
        &self,
        time: OffsetDateTime,
        guard: RetentionGuard,
    ) -> Result<ErasedAudit, AuditError> {
        if guard == RetentionGuard::Guarded {
            let older = self.count(None, Some(time), u64::MAX).await?;
            if !guard.allows(older, 0, FEW_ENTRIES) {
                // No further than needed: what is to stay may be very much.
                let newer = self.count(Some(time), None, RetentionGuard::to_stay(older)).await?;
                if !guard.allows(older, older.saturating_add(newer), FEW_ENTRIES) {
                    return Ok(ErasedAudit::Held(older));
                }
            }
        }
        Ok(ErasedAudit::Erased(self.inner.journal.erase(&topic()?, Erase::Before(time)).await?))
    }

    /// How many entries there are from `since` on and before `until`; counts up to about `most`.
    async fn count(
        &self,
        since: Option<OffsetDateTime>,
        until: Option<OffsetDateTime>,
        most: u64,
    ) -> Result<u64, AuditError> {
        let mut page = JournalPage::oldest(NonZeroUsize::MIN.saturating_add(CHUNK - 1));
        (page.since, page.until) = (since, until);
        let (topic, mut count) = (topic()?, 0_u64);
        loop {
            let listing = self.inner.journal.list(&topic, page.clone()).await?;
            count = count.saturating_add(u64::try_from(listing.items.len()).unwrap_or(u64::MAX));
            if listing.next.is_none() || count >= most {
                return Ok(count);
            }
            page.after = listing.next;
        }
    }
}
