//! The store that lives as long as the process: for tests and trials.

mod journal;
mod moved_user;
mod versions;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use uuid::Uuid;

pub use journal::InMemoryJournal;

use crate::{
    EmbeddingStore, EventName, EventRecord, EventSnapshot, EventVersion, FaceSample, Journal, Listing, Page,
    StoreError, StoredRecord, StoredRecords, UserRecord, UserSnapshot, Username,
};

/// Keeps everything in memory: `memory:`. What it holds ends with the value.
#[derive(Default)]
pub struct InMemory {
    // A lock of the standard library will do, since none is held across an `await`.
    events: RwLock<BTreeMap<EventName, Event>>,
    // Shared, because a journal that was handed out goes on working when the store is dropped.
    journal: Arc<InMemoryJournal>,
}

struct Event {
    record: EventRecord,
    users: BTreeMap<Username, User>,
    version: EventVersion,
}

struct User {
    record: UserRecord,
    samples: BTreeMap<Uuid, FaceSample>,
    /// How far the event had come when the samples were last changed.
    changed: i64,
}

impl InMemory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // Nothing under the lock panics or leaves the maps half changed, so a poisoned lock guards whole data.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<EventName, Event>> {
        self.events.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<EventName, Event>> {
        self.events.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Event {
    fn new(record: EventRecord) -> Self {
        Self { record, users: BTreeMap::new(), version: versions::first() }
    }

    fn snapshot(&self) -> EventSnapshot {
        let users = self.users.values().map(|user| UserSnapshot {
            user: user.record.clone(),
            samples: user.samples.values().cloned().collect(),
        });
        EventSnapshot { event: self.record.clone(), users: users.collect() }
    }

    fn has_samples(&self) -> bool {
        self.users.values().any(|user| !user.samples.is_empty())
    }
}

impl InMemory {
    /// Where `seen` is given, it must still be the record.
    fn put_event(&self, event: EventRecord, seen: Option<&EventRecord>) -> Result<(), StoreError> {
        event.check_storable()?;
        let mut events = self.write();
        let found = events.get_mut(&event.name).ok_or_else(|| StoreError::event_not_found(&event.name))?;
        if seen.is_some_and(|seen| *seen != found.record) {
            return Err(StoreError::event_changed(&event.name));
        }
        if found.record.model != event.model && found.has_samples() {
            return Err(StoreError::other_model(&event.name, &found.record.model));
        }
        found.record = event;
        Ok(())
    }

    /// Where `seen` is given, it must still be the record.
    fn put_user(&self, user: UserRecord, seen: Option<&UserRecord>) -> Result<(), StoreError> {
        user.check_storable()?;
        let mut events = self.write();
        let found = events
            .get_mut(&user.event)
            .ok_or_else(|| StoreError::event_not_found(&user.event))?
            .users
            .get_mut(&user.name)
            .ok_or_else(|| StoreError::user_not_found(&user.event, &user.name))?;
        if seen.is_some_and(|seen| *seen != found.record) {
            return Err(StoreError::user_changed(&user.event, &user.name));
        }
        found.record = user;
        Ok(())
    }
}

/// Shows how many events there are, and nothing of them.
impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory").field("events", &self.read().len()).finish()
    }
}

#[async_trait]
impl EmbeddingStore for InMemory {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        // Nothing becomes bytes here, but what other stores would refuse is refused all the same.
        event.check_storable()?;
        match self.write().entry(event.name.clone()) {
            Entry::Occupied(_) => Err(StoreError::event_conflict(&event.name, "already exists")),
            Entry::Vacant(place) => {
                place.insert(Event::new(event));
                Ok(())
            }
        }
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        Ok(self.read().get(event).map(|found| found.record.clone()))
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.put_event(event, None)
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        self.put_event(event, Some(seen))
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.write().remove(event).map(drop).ok_or_else(|| StoreError::event_not_found(event))
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        let events = self.read();
        let records = events.range::<str, _>(page.bounds()).map(|(_, event)| Ok(event.record.clone()));
        Listing::from_records(records, page.limit, |event| event.name.as_str())
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        Ok(self.append(sample, |_| true)?.count)
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        let mut events = self.write();
        let name = event;
        let event = events.get_mut(name).ok_or_else(|| StoreError::event_not_found(name))?;
        let found = event.users.get_mut(user).ok_or_else(|| StoreError::user_not_found(name, user))?;
        if !found.samples.contains_key(&id) {
            return Err(StoreError::sample_not_found(name, user, id));
        }
        if found.samples.len() == 1 {
            return Err(StoreError::only_sample(name, user));
        }
        found.samples.remove(&id);
        let left = found.samples.len();
        event.wrote(user);
        Ok(left)
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.read().get(event).and_then(|event| event.users.get(user)).map(|user| user.record.clone()))
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.put_user(user, None)
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        self.put_user(user, Some(seen))
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        self.give_samples(seen, to, onto)
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let mut events = self.write();
        let found = events.get_mut(event).ok_or_else(|| StoreError::event_not_found(event))?;
        found.users.remove(user).map(drop).ok_or_else(|| StoreError::user_not_found(event, user))
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        let events = self.read();
        let found = events.get(event).ok_or_else(|| StoreError::event_not_found(event))?;
        let records = found.users.range::<str, _>(page.bounds()).map(|(_, user)| Ok(user.record.clone()));
        Listing::from_records(records, page.limit, |user| user.name.as_str())
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        let events = self.read();
        let found = events.get(event).ok_or_else(|| StoreError::event_not_found(event))?;
        let user = found.users.get(user).ok_or_else(|| StoreError::user_not_found(event, user))?;
        Ok(user.samples.values().cloned().collect())
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        let events = self.read();
        let found = events.get(event).ok_or_else(|| StoreError::event_not_found(event))?;
        Ok(found.snapshot())
    }

    // Copied, so that nobody waits for whoever takes the records: it is all in memory anyway.
    fn stored_records(&self) -> StoredRecords<'_> {
        let events = self.read();
        let mut records: Vec<_> =
            events.values().flat_map(|event| event.snapshot().into_records()).map(Ok).collect();
        // Still under the lock, for one moment of both: who checks in was enrolled before.
        records.extend(self.journal.all().into_iter().map(|entry| Ok(StoredRecord::Entry(entry))));
        stream::iter(records).boxed()
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        Some(Arc::clone(&self.journal) as Arc<dyn Journal>)
    }
}
