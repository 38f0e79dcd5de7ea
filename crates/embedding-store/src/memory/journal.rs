//! The journal that lives as long as the process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Appended, Erase, Journal, JournalCursor, JournalEntry, JournalListing, JournalPage, StoreError, Topic,
};

/// Keeps the entries in memory. What it holds ends with the value.
#[derive(Default)]
pub struct InMemoryJournal {
    topics: RwLock<BTreeMap<Topic, Entries>>,
}

/// The entries of a topic.
#[derive(Default)]
struct Entries {
    entries: BTreeMap<JournalCursor, JournalEntry>,
    ids: HashMap<Uuid, JournalCursor>,
    keys: HashMap<String, JournalCursor>,
}

impl InMemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All entries, topic by topic, in order.
    pub(super) fn all(&self) -> Vec<JournalEntry> {
        self.read().values().flat_map(|entries| entries.entries.values().cloned()).collect()
    }

    // Nothing under the lock panics or leaves the maps half changed, so a poisoned lock guards whole data.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Topic, Entries>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Topic, Entries>> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find<T>(&self, topic: &Topic, find: impl FnOnce(&Entries) -> Option<T>) -> Option<T> {
        self.read().get(topic).and_then(find)
    }
}

impl Entries {
    fn by_id(&self, id: Uuid) -> Option<&JournalEntry> {
        self.entries.get(self.ids.get(&id)?)
    }

    fn by_key(&self, key: &str) -> Option<&JournalEntry> {
        self.entries.get(self.keys.get(key)?)
    }

    /// The newest entry of a kind about a subject from a place on.
    fn latest(
        &self,
        places: Range<JournalCursor>,
        subject: Option<&str>,
        kind: &str,
    ) -> Option<&JournalEntry> {
        let mut entries = self.entries.range(places).rev().map(|(_, entry)| entry);
        entries.find(|entry| entry.kind == kind && entry.subject.as_deref() == subject)
    }

    /// Adds an entry, or finds the one that keeps it out.
    fn append(&mut self, entry: JournalEntry, unless_since: Option<OffsetDateTime>) -> Appended {
        let with_key = || entry.key.as_ref().and_then(|key| self.by_key(key));
        // Before the time is compared: a request that comes again is to get its own entry.
        if let Some(present) = self.by_id(entry.id).or_else(with_key) {
            return Appended::Repeated(present.clone());
        }
        let recent = unless_since.map(|since| JournalCursor::around(entry.time, since));
        let recent = recent.and_then(|places| self.latest(places, entry.subject.as_deref(), &entry.kind));
        if let Some(recent) = recent {
            return Appended::Recent(recent.clone());
        }
        let place = JournalCursor::from(&entry);
        self.ids.insert(entry.id, place);
        if let Some(key) = &entry.key {
            self.keys.insert(key.clone(), place);
        }
        self.entries.insert(place, entry);
        Appended::New
    }

    fn erase(&mut self, is_to_go: impl Fn(&JournalEntry) -> bool) -> u64 {
        let mut erased = 0;
        let Self { entries, ids, keys } = self;
        entries.retain(|_, entry| {
            let goes = is_to_go(entry);
            if goes {
                erased += 1;
                ids.remove(&entry.id);
                entry.key.as_ref().and_then(|key| keys.remove(key));
            }
            !goes
        });
        erased
    }
}

#[async_trait]
impl Journal for InMemoryJournal {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        entry.check_storable()?;
        // One lock from the check to the insertion, so that of several at one moment exactly one is new.
        Ok(self.write().entry(entry.topic.clone()).or_default().append(entry, unless_since))
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.find(topic, |entries| entries.by_id(id).cloned()))
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.find(topic, |entries| entries.by_key(key).cloned()))
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        Ok(self.find(topic, |entries| {
            entries.latest(JournalCursor::FIRST..JournalCursor::LAST, Some(subject), kind).cloned()
        }))
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        let topics = self.read();
        let (Some(entries), Some(range)) = (topics.get(topic), page.range()) else {
            return Ok(JournalListing::default());
        };
        let found = entries.entries.range(range).map(|(_, entry)| entry);
        let ordered: Box<dyn Iterator<Item = &JournalEntry>> =
            if page.newest_first { Box::new(found.rev()) } else { Box::new(found) };
        let entries = ordered.filter(|entry| page.selects(entry)).map(|entry| Ok(entry.clone()));
        JournalListing::from_entries(entries, page.limit)
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        entry.check_storable()?;
        let mut topics = self.write();
        let not_found = || StoreError::entry_not_found(&entry.topic, entry.id);
        let entries = topics.get_mut(&entry.topic).ok_or_else(not_found)?;
        let place = entries.ids.get(&entry.id).ok_or_else(not_found)?;
        let present = entries.entries.get_mut(place).ok_or_else(not_found)?;
        *present = entry.amending(present)?;
        Ok(())
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        let mut topics = self.write();
        let Some(entries) = topics.get_mut(topic) else { return Ok(0) };
        let erased = match what {
            Erase::Subject(subject) => entries.erase(|entry| entry.subject.as_ref() == Some(&subject)),
            Erase::Before(time) => entries.erase(|entry| entry.time < time),
            Erase::All => entries.erase(|_| true),
        };
        // Otherwise every event that ever had a check-in would leave a topic behind.
        if entries.entries.is_empty() {
            topics.remove(topic);
        }
        Ok(erased)
    }
}

/// Shows how many topics there are, and nothing of them.
impl fmt::Debug for InMemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryJournal").field("topics", &self.read().len()).finish()
    }
}
