//! A store of one's own: tables behind one lock, written against the public interface alone.
//!
//! `cargo run -p embedding-store --features conformance --example own_store` tries all that the conformance suite
//! asks of a store and of a journal, and names what passed. The tests of this crate run it too.

mod tables;

use std::io::{Write, stdout};
use std::ops::RangeBounds;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use embedding_store::conformance::{Harness, JournalOf, Outcome, Store};
use embedding_store::{
    Appended, EmbeddingStore, Erase, EventName, EventRecord, EventSnapshot, FaceSample, Journal,
    JournalCursor, JournalEntry, JournalListing, JournalPage, Listing, Page, StoreError, StoredRecord,
    StoredRecords, Topic, UserRecord, Username,
};
use futures_util::stream::{self, StreamExt};
use time::OffsetDateTime;
use uuid::Uuid;

use tables::Tables;

/// A store and its journal. A clone is the same store.
#[derive(Debug, Clone, Default)]
struct OwnStore(Arc<Mutex<Tables>>);

impl OwnStore {
    /// Held for a whole call, which is what makes the call atomic. Nothing waits while it is held.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EmbeddingStore for OwnStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        // A store that keeps bytes, those of `to_bytes`, gets this check with them.
        event.check_storable()?;
        let mut tables = self.tables();
        if tables.events.contains_key(&event.name) {
            return Err(StoreError::event_conflict(&event.name, "already exists"));
        }
        tables.events.insert(event.name.clone(), event);
        Ok(())
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        Ok(self.tables().events.get(event).cloned())
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.tables().put_event(event)
    }

    // The provided one compares under one lock and replaces under another: a writer between the two would be lost.
    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.existing_event(&seen.name)? != seen {
            return Err(StoreError::event_changed(&seen.name));
        }
        tables.put_event(event)
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.events.remove(event).ok_or_else(|| StoreError::event_not_found(event))?;
        tables.users.retain(|(name, _), _| name != event);
        tables.samples.retain(|(name, ..), _| name != event);
        Ok(())
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        let tables = self.tables();
        let records = tables.events.range::<str, _>(page.bounds()).map(|(_, event)| Ok(event.clone()));
        Listing::from_records(records, page.limit, |event| event.name.as_str())
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        sample.check_storable()?;
        let (event, user, model) = (sample.event(), sample.user(), sample.embedding().model());
        let mut tables = self.tables();
        // All that can refuse comes before the first change: a conflict must leave no empty event or user.
        if let Some(present) = tables.events.get(event).filter(|present| present.model != *model) {
            return Err(StoreError::other_model(event, &present.model));
        }
        let key = (event.clone(), user.clone(), sample.id());
        match tables.samples.get(&key) {
            // The same append again, after an answer that did not arrive.
            Some(present) if *present == sample => return Ok(tables.samples_of(event, user).len()),
            Some(_) => return Err(StoreError::taken_id(&sample)),
            None => {}
        }
        let new_event = || EventRecord::new(event.clone(), model.clone(), sample.created());
        tables.events.entry(event.clone()).or_insert_with(new_event);
        let new_user = || UserRecord::new(event.clone(), user.clone(), sample.created());
        let record = tables.users.entry((event.clone(), user.clone())).or_insert_with(new_user);
        record.updated = record.updated.max(sample.created());
        tables.samples.insert(key, sample.clone());
        Ok(tables.samples_of(event, user).len())
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        let mut tables = self.tables();
        tables.check_user(event, user)?;
        let key = (event.clone(), user.clone(), id);
        if !tables.samples.contains_key(&key) {
            return Err(StoreError::sample_not_found(event, user, id));
        }
        if tables.samples_of(event, user).len() == 1 {
            return Err(StoreError::only_sample(event, user));
        }
        tables.samples.remove(&key);
        Ok(tables.samples_of(event, user).len())
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.tables().users.get(&(event.clone(), user.clone())).cloned())
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.tables().put_user(user)
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.check_user(&seen.event, &seen.name)?;
        if tables.users.get(&(seen.event.clone(), seen.name.clone())) != Some(seen) {
            return Err(StoreError::user_changed(&seen.event, &seen.name));
        }
        tables.put_user(user)
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        if (&to.event, &to.name) == (&seen.event, &seen.name) || to.event != seen.event {
            return Err(StoreError::unstorable("a user moves to another name of the same event"));
        }
        let mut tables = self.tables();
        tables.check_user(&seen.event, &seen.name)?;
        for (name, expected) in [(&seen.name, Some(seen)), (&to.name, onto)] {
            if tables.users.get(&(seen.event.clone(), name.clone())) != expected {
                return Err(StoreError::user_changed(&seen.event, name));
            }
        }
        let moved = tables.samples_of(&seen.event, &seen.name).into_iter();
        let moved: Vec<_> = moved.map(|sample| sample.of_user(to.name.clone())).collect();
        let key = |sample: &FaceSample| (sample.event().clone(), sample.user().clone(), sample.id());
        let is_other =
            |sample: &&FaceSample| tables.samples.get(&key(sample)).is_some_and(|there| there != *sample);
        if let Some(sample) = moved.iter().find(is_other) {
            return Err(StoreError::taken_id(sample));
        }
        tables.users.remove(&(seen.event.clone(), seen.name.clone()));
        tables.samples.retain(|(event, owner, _), _| (event, owner) != (&seen.event, &seen.name));
        tables.users.insert((to.event.clone(), to.name.clone()), to.clone());
        tables.samples.extend(moved.into_iter().map(|sample| (key(&sample), sample)));
        Ok(tables.samples_of(&to.event, &to.name).len())
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.check_user(event, user)?;
        tables.users.remove(&(event.clone(), user.clone()));
        tables.samples.retain(|(name, owner, _), _| (name, owner) != (event, user));
        Ok(())
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        let tables = self.tables();
        tables.existing_event(event)?;
        let is_on = |user: &&UserRecord| RangeBounds::<str>::contains(&page.bounds(), user.name.as_str());
        let records = tables.users_of(event).filter(is_on).map(|user| Ok(user.clone()));
        Listing::from_records(records, page.limit, |user| user.name.as_str())
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        let tables = self.tables();
        tables.check_user(event, user)?;
        Ok(tables.samples_of(event, user))
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        let tables = self.tables();
        tables.existing_event(event).map(|event| tables.snapshot(event))
    }

    fn stored_records(&self) -> StoredRecords<'_> {
        let tables = self.tables();
        let faces = tables.events.values().flat_map(|event| tables.snapshot(event).into_records());
        let entries = tables.entries.values().cloned().map(StoredRecord::Entry);
        stream::iter(faces.chain(entries).map(Ok).collect::<Vec<_>>()).boxed()
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        Some(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Journal for OwnStore {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        entry.check_storable()?;
        let mut tables = self.tables();
        let has_same_key = |present: &JournalEntry| present.key.is_some() && present.key == entry.key;
        let mut present = tables.entries_of(&entry.topic);
        if let Some(present) = present.find(|present| present.id == entry.id || has_same_key(present)) {
            return Ok(Appended::Repeated(present.clone()));
        }
        drop(present);
        let subject = entry.subject.as_deref();
        let recent = unless_since.map(|since| JournalCursor::around(entry.time, since));
        if recent.is_some()
            && let Some(recent) = tables.newest(&entry.topic, subject, &entry.kind, recent)
        {
            return Ok(Appended::Recent(recent.clone()));
        }
        tables.entries.insert((entry.topic.clone(), JournalCursor::from(&entry)), entry);
        Ok(Appended::New)
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.tables().entries_of(topic).find(|entry| entry.id == id).cloned())
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.tables().entries_of(topic).find(|entry| entry.key.as_deref() == Some(key)).cloned())
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.tables().newest(topic, Some(subject), kind, None).cloned())
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        let Some(range) = page.range() else { return Ok(JournalListing::default()) };
        let tables = self.tables();
        let entries = tables.entries.range((topic.clone(), range.start)..(topic.clone(), range.end));
        let entries = entries.map(|(_, entry)| entry).filter(|entry| page.selects(entry)).cloned().map(Ok);
        if page.newest_first {
            JournalListing::from_entries(entries.rev(), page.limit)
        } else {
            JournalListing::from_entries(entries, page.limit)
        }
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        entry.check_storable()?;
        let mut tables = self.tables();
        let is_it = |present: &&mut JournalEntry| (&present.topic, present.id) == (&entry.topic, entry.id);
        let present = tables.entries.values_mut().find(is_it);
        let present = present.ok_or_else(|| StoreError::entry_not_found(&entry.topic, entry.id))?;
        *present = entry.amending(present)?;
        Ok(())
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        let is_erased = |entry: &JournalEntry| match &what {
            Erase::Subject(subject) => entry.subject.as_ref() == Some(subject),
            Erase::Before(time) => entry.time < *time,
            Erase::All => true,
        };
        let mut erased = 0;
        self.tables().entries.retain(|(present, _), entry| {
            let goes = present == topic && is_erased(entry);
            erased += u64::from(goes);
            !goes
        });
        Ok(erased)
    }
}

/// Makes a new store for each behaviour. That of a store which outlives its value would be `Durable` too.
struct OwnHarness;

#[async_trait]
impl Harness for OwnHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        Ok(Arc::new(OwnStore::default()))
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let passed = |behaviour: &str| drop(writeln!(stdout(), "passed: {behaviour}"));
    embedding_store::conformance_tests!(volatile: OwnHarness, passed);
    embedding_store::conformance_tests!(journal: JournalOf(OwnHarness), passed);
    Ok(())
}

#[cfg(test)]
#[test]
fn a_store_of_ones_own_passes_the_suite() {
    main().unwrap();
}
