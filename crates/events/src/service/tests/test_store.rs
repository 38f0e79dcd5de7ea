//! A store that fails, waits and panics when told to.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use embedding::Template;
use embedding_store::{
    AppendedAt, ChangeFeed, ChangedUsers, EmbeddingStore, EventName, EventRecord, EventSnapshot,
    EventVersion, EventVersions, FaceSample, InMemory, Listing, NearestTemplates, Page, StoreError,
    TemplateSearch, UserRecord, Username,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The calls that can be told to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Append,
    CreateEvent,
    UpdateEvent,
    UpdateUser,
    DeleteSample,
    DeleteUser,
    DeleteEvent,
    Samples,
    Load,
    List,
    Watch,
    Search,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Nothing is done, and the store says that it is not available.
    Unavailable,
    /// It is done, and the store says that it is not available.
    DoneButUnavailable,
    /// Nothing is done, and the store says that its data is damaged.
    Corrupt,
    /// It is done, and then the store panics.
    DoneButPanics,
    /// It is done when `arrived` was signalled and `go_on` was given.
    Waits(Gate),
    /// The answer is given when `arrived` was signalled and `go_on` was given.
    DoneThenWaits(Gate),
}

/// Two signals between a test and a call.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    arrived: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), go_on: Arc::new(Semaphore::new(0)) }
    }

    /// Returns when the call stands at the gate.
    pub(super) async fn reached(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    pub(super) fn open(&self) {
        self.go_on.add_permits(1);
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.go_on.acquire().await.unwrap().forget();
    }
}

pub(super) struct TestStore {
    inner: Arc<dyn EmbeddingStore>,
    faults: Mutex<Vec<(Call, Fault)>>,
    /// Events, and users of events, that cannot be read.
    unreadable: Mutex<Vec<(EventName, Option<Username>)>>,
    calls: Mutex<Vec<Call>>,
    away_since: Mutex<Option<Instant>>,
}

/// In memory.
impl Default for TestStore {
    fn default() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }
}

impl TestStore {
    pub(super) fn over(inner: Arc<dyn EmbeddingStore>) -> Self {
        Self {
            inner,
            faults: Mutex::default(),
            unreadable: Mutex::default(),
            calls: Mutex::default(),
            away_since: Mutex::default(),
        }
    }

    /// From now on an event, or a user of it, cannot be read.
    pub(super) fn damage(&self, event: EventName, user: Option<Username>) {
        self.unreadable.lock().unwrap().push((event, user));
    }

    fn is_damaged(&self, event: &EventName, user: Option<&Username>) -> bool {
        let unreadable = self.unreadable.lock().unwrap();
        unreadable.iter().any(|(theirs, name)| theirs == event && name.as_ref() == user)
    }

    fn expect_whole(&self, event: &EventName, user: Option<&Username>) -> Result<(), StoreError> {
        if self.is_damaged(event, None) || user.is_some() && self.is_damaged(event, user) {
            return Err(StoreError::corrupt("a trial"));
        }
        Ok(())
    }

    /// The next call of this kind goes wrong.
    pub(super) fn next(&self, call: Call, fault: Fault) {
        self.faults.lock().unwrap().push((call, fault));
    }

    /// Nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.faults.lock().unwrap().clear();
    }

    /// The store says that it is out of reach from now on, or is back.
    pub(super) fn says_that_it_is_away(&self, is_away: bool) {
        *self.away_since.lock().unwrap() = is_away.then(|| tokio::time::Instant::now().into_std());
    }

    /// A gate for the next call of this kind.
    pub(super) fn gate(&self, call: Call, fault: fn(Gate) -> Fault) -> Gate {
        let gate = Gate::new();
        self.next(call, fault(gate.clone()));
        gate
    }

    /// How often an event was read whole.
    pub(super) fn loads(&self) -> usize {
        self.count(Call::Load)
    }

    /// How often this was called.
    pub(super) fn count(&self, call: Call) -> usize {
        self.calls.lock().unwrap().iter().filter(|made| **made == call).count()
    }

    async fn before(&self, call: Call) -> Result<Option<Fault>, StoreError> {
        self.calls.lock().unwrap().push(call);
        // Other tasks get their chance to come between the service's steps.
        tokio::task::yield_now().await;
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            faults.iter().position(|(planned, _)| *planned == call).map(|index| faults.remove(index).1)
        };
        match fault {
            Some(Fault::Unavailable) => Err(unavailable()),
            Some(Fault::Corrupt) => Err(StoreError::corrupt("a trial")),
            Some(Fault::Waits(gate)) => {
                gate.pass().await;
                Ok(None)
            }
            later => Ok(later),
        }
    }

    async fn run<T>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let later = self.before(call).await?;
        let outcome = work.await;
        tokio::task::yield_now().await;
        match later {
            Some(Fault::DoneButUnavailable) => Err(unavailable()),
            Some(Fault::DoneButPanics) => panic!("a trial"),
            Some(Fault::DoneThenWaits(gate)) => {
                gate.pass().await;
                outcome
            }
            _ => outcome,
        }
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { retryable: true, reason: "a trial".to_owned(), source: None }
}

impl fmt::Debug for TestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestStore")
    }
}

#[async_trait]
impl EmbeddingStore for TestStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.run(Call::CreateEvent, self.inner.create_event(event)).await
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        self.expect_whole(event, None)?;
        self.inner.event(event).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.run(Call::UpdateEvent, self.inner.update_event(event)).await
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        self.run(Call::UpdateEvent, self.inner.replace_event(seen, event)).await
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.run(Call::DeleteEvent, self.inner.delete_event(event)).await
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        let mut listing = self.run(Call::List, self.inner.list_events(page)).await?;
        listing.items.retain(|event| !self.is_damaged(&event.name, None));
        Ok(listing)
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.expect_whole(sample.event(), Some(sample.user()))?;
        self.run(Call::Append, self.inner.append_sample(sample)).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        self.run(Call::DeleteSample, self.inner.delete_sample(event, user, id)).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        self.expect_whole(event, Some(user))?;
        self.inner.user(event, user).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.inner.update_user(user).await
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        self.run(Call::UpdateUser, self.inner.replace_user(seen, user)).await
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        self.run(Call::UpdateUser, self.inner.move_user(seen, to, onto)).await
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.run(Call::DeleteUser, self.inner.delete_user(event, user)).await
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        self.inner.list_users(event, page).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        self.expect_whole(event, Some(user))?;
        self.run(Call::Samples, self.inner.samples(event, user)).await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        self.expect_whole(event, None)?;
        let mut snapshot = self.run(Call::Load, self.inner.load_event(event)).await?;
        snapshot.users.retain(|user| !self.is_damaged(event, Some(&user.user.name)));
        Ok(snapshot)
    }

    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        self.run(Call::Watch, self.inner.changes()).await
    }

    fn versions(&self) -> Option<&dyn EventVersions> {
        self.inner.versions().map(|_| self as &dyn EventVersions)
    }

    fn away_since(&self) -> Option<Instant> {
        *self.away_since.lock().unwrap()
    }

    fn search(&self) -> Option<&dyn TemplateSearch> {
        self.inner.search().map(|_| self as &dyn TemplateSearch)
    }

    fn unreadable_records(&self) -> usize {
        self.unreadable.lock().unwrap().len()
    }
}

#[async_trait]
impl EventVersions for TestStore {
    async fn version(&self, event: &EventName) -> Result<Option<EventVersion>, StoreError> {
        self.inner.versions().unwrap().version(event).await
    }

    async fn changed_users(
        &self,
        event: &EventName,
        since: EventVersion,
    ) -> Result<ChangedUsers, StoreError> {
        tokio::task::yield_now().await;
        self.inner.versions().unwrap().changed_users(event, since).await
    }

    async fn append_sample_at(
        &self,
        sample: FaceSample,
        seen: Option<EventVersion>,
    ) -> Result<AppendedAt, StoreError> {
        self.run(Call::Append, self.inner.versions().unwrap().append_sample_at(sample, seen)).await
    }
}

#[async_trait]
impl TemplateSearch for TestStore {
    async fn nearest(
        &self,
        event: &EventName,
        probe: &Template,
        limit: NonZeroUsize,
    ) -> Result<NearestTemplates, StoreError> {
        self.run(Call::Search, self.inner.search().unwrap().nearest(event, probe, limit)).await
    }
}
