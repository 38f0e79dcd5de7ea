//! A journal whose calls are timed.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::{
    Appended, Erase, Journal, JournalEntry, JournalListing, JournalPage, StoreError, Topic,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Metrics;

/// Passes every call on to the journal inside, and its time to the metrics.
#[derive(Debug)]
pub(crate) struct TimedJournal {
    journal: Arc<dyn Journal>,
    metrics: Metrics,
}

impl TimedJournal {
    /// Times the calls of a journal.
    pub(crate) fn new(journal: Arc<dyn Journal>, metrics: Metrics) -> Self {
        Self { journal, metrics }
    }
}

#[async_trait]
impl Journal for TimedJournal {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        self.metrics.store_call("journal_append", self.journal.append(entry, unless_since)).await
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        self.metrics.store_call("journal_entry", self.journal.entry(topic, id)).await
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        self.metrics.store_call("journal_by_key", self.journal.by_key(topic, key)).await
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        self.metrics.store_call("journal_latest", self.journal.latest(topic, subject, kind)).await
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        self.metrics.store_call("journal_list", self.journal.list(topic, page)).await
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.metrics.store_call("journal_amend", self.journal.amend(entry)).await
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        self.metrics.store_call("journal_erase", self.journal.erase(topic, what)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.metrics.store_call("journal_check", self.journal.check()).await
    }
}
