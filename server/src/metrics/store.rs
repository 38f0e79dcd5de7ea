//! A store whose calls are timed.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use embedding_store::{
    ChangeFeed, EmbeddingStore, EventName, EventRecord, EventSnapshot, EventVersions, FaceSample, Journal,
    Listing, Page, StoreError, StoredRecords, TemplateSearch, UserRecord, Username,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Metrics, TimedJournal};

/// Passes every call on to the store inside, and its time to the metrics.
#[derive(Debug)]
pub(crate) struct TimedStore {
    store: Arc<dyn EmbeddingStore>,
    metrics: Metrics,
}

impl TimedStore {
    /// Times the calls of a store.
    pub(crate) fn new(store: Arc<dyn EmbeddingStore>, metrics: Metrics) -> Self {
        Self { store, metrics }
    }
}

// Every method, those with a default too: by the default it would hide what the store inside does.
#[async_trait]
impl EmbeddingStore for TimedStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.metrics.store_call("create_event", self.store.create_event(event)).await
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        self.metrics.store_call("event", self.store.event(event)).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.metrics.store_call("update_event", self.store.update_event(event)).await
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        self.metrics.store_call("replace_event", self.store.replace_event(seen, event)).await
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.metrics.store_call("delete_event", self.store.delete_event(event)).await
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.metrics.store_call("list_events", self.store.list_events(page)).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.metrics.store_call("append_sample", self.store.append_sample(sample)).await
    }

    async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        self.metrics.store_call("append_samples", self.store.append_samples(samples)).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        self.metrics.store_call("delete_sample", self.store.delete_sample(event, user, id)).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        self.metrics.store_call("user", self.store.user(event, user)).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.metrics.store_call("update_user", self.store.update_user(user)).await
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        self.metrics.store_call("replace_user", self.store.replace_user(seen, user)).await
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        self.metrics.store_call("move_user", self.store.move_user(seen, to, onto)).await
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.metrics.store_call("delete_user", self.store.delete_user(event, user)).await
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        self.metrics.store_call("list_users", self.store.list_users(event, page)).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        self.metrics.store_call("samples", self.store.samples(event, user)).await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        self.metrics.store_call("load_event", self.store.load_event(event)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.metrics.store_call("check", self.store.check()).await
    }

    fn stored_records(&self) -> StoredRecords<'_> {
        self.store.stored_records()
    }

    async fn is_served(&self) -> Result<bool, StoreError> {
        self.metrics.store_call("is_served", self.store.is_served()).await
    }

    fn away_since(&self) -> Option<Instant> {
        self.store.away_since()
    }

    async fn clock(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        self.metrics.store_call("clock", self.store.clock()).await
    }

    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        self.metrics.store_call("changes", self.store.changes()).await
    }

    fn search(&self) -> Option<&dyn TemplateSearch> {
        self.store.search()
    }

    fn versions(&self) -> Option<&dyn EventVersions> {
        self.store.versions()
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        let journal = self.store.journal()?;
        Some(Arc::new(TimedJournal::new(journal, self.metrics.clone())))
    }

    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        self.metrics.store_call("reseal", self.store.reseal(event, user)).await
    }

    async fn finish_resealing(&self) -> Result<(), StoreError> {
        self.metrics.store_call("finish_resealing", self.store.finish_resealing()).await
    }

    fn unreadable_records(&self) -> usize {
        self.store.unreadable_records()
    }
}

#[cfg(test)]
mod tests {
    /// The names of the methods that a text declares.
    fn methods(text: &str) -> Vec<&str> {
        let lines = text.lines().map(str::trim_start);
        let declared =
            lines.filter_map(|line| line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn "));
        declared.filter_map(|rest| rest.split('(').next()).collect()
    }

    #[test]
    fn every_method_of_the_traits_is_passed_on() {
        for (declared, passed_on) in [
            (include_str!("../../../crates/embedding-store/src/store.rs"), include_str!("store.rs")),
            (include_str!("../../../crates/embedding-store/src/journal/mod.rs"), include_str!("journal.rs")),
        ] {
            let passed_on = passed_on.split("#[async_trait]").nth(1).unwrap();
            let (declared, passed_on) = (methods(declared), methods(passed_on));
            assert!(declared.len() > 6, "{declared:?}");
            for method in declared {
                assert!(passed_on.contains(&method), "'{method}' would be the trait's own");
            }
        }
    }
}
