//! A store in memory that can be out of reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use embedding_store::{
    EmbeddingStore, EventName, EventRecord, EventSnapshot, FaceSample, InMemory, Journal, Listing, Page,
    StoreError, StoredRecords, UserRecord, Username,
};
use uuid::Uuid;

/// What such a store says to the operator, and no client may read.
pub(super) const INSIDE: &str = "database.inside.example";

/// A store that answers unless it is told to be away.
#[derive(Debug, Default)]
pub(super) struct TestStore {
    inner: InMemory,
    is_away: AtomicBool,
    unreadable: AtomicUsize,
}

impl TestStore {
    /// Puts it out of reach.
    pub(super) fn go_away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    /// Keeps out so many users or events.
    pub(super) fn keep_out(&self, records: usize) {
        self.unreadable.store(records, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<&InMemory, StoreError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        if is_away { Err(StoreError::unavailable(true, INSIDE)) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl EmbeddingStore for TestStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.reach()?.create_event(event).await
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        self.reach()?.event(event).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.reach()?.update_event(event).await
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        self.reach()?.replace_event(seen, event).await
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.reach()?.delete_event(event).await
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.reach()?.list_events(page).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.reach()?.append_sample(sample).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        self.reach()?.delete_sample(event, user, id).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        self.reach()?.user(event, user).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.reach()?.update_user(user).await
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        self.reach()?.replace_user(seen, user).await
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        self.reach()?.move_user(seen, to, onto).await
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.reach()?.delete_user(event, user).await
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        self.reach()?.list_users(event, page).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        self.reach()?.samples(event, user).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.reach()?.check().await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        self.reach()?.load_event(event).await
    }

    fn stored_records(&self) -> StoredRecords<'_> {
        self.inner.stored_records()
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        self.inner.journal()
    }

    fn unreadable_records(&self) -> usize {
        self.unreadable.load(Ordering::SeqCst)
    }
}
