//! A journal for tests, that is away when told to and counts what it is asked.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use embedding_store::{
    Appended, Erase, InMemoryJournal, Journal, JournalEntry, JournalListing, JournalPage, StoreError, Topic,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// What goes wrong with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and said to have failed.
    DoneButUnavailable,
    /// It is not done: the data is damaged.
    Corrupt,
    /// It is not done: the journal has a fault.
    Panics,
}

#[derive(Debug, Default)]
pub(crate) struct TestJournal {
    inner: InMemoryJournal,
    is_away: AtomicBool,
    faults: Mutex<VecDeque<Fault>>,
    /// Amendments of others that come before the next ones.
    amended_before: Mutex<VecDeque<JournalEntry>>,
    appends: AtomicUsize,
    appended: Mutex<Vec<Uuid>>,
}

impl TestJournal {
    /// From now on every call fails.
    pub(crate) fn leave(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    /// From now on calls succeed.
    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

    /// The next append goes wrong.
    pub(crate) fn next(&self, fault: Fault) {
        self.faults.lock().unwrap().push_back(fault);
    }

    /// Somebody else makes this amendment just before the next one.
    pub(crate) fn amend_before_next(&self, entry: JournalEntry) {
        self.amended_before.lock().unwrap().push_back(entry);
    }

    /// How often an append was tried.
    pub(crate) fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }

    /// What was added, in the order of its adding.
    pub(crate) fn appended(&self) -> Vec<Uuid> {
        self.appended.lock().unwrap().clone()
    }

    async fn call(&self) -> Result<(), StoreError> {
        // Other tasks get their chance to come in between.
        tokio::task::yield_now().await;
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable(true, "a trial"));
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for TestJournal {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        self.call().await?;
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            Some(Fault::Corrupt) => return Err(StoreError::corrupt("a trial")),
            Some(Fault::Panics) => panic!("a trial"),
            Some(Fault::DoneButUnavailable) | None => {}
        }
        let id = entry.id;
        let appended = self.inner.append(entry, unless_since).await?;
        if appended == Appended::New {
            self.appended.lock().unwrap().push(id);
        }
        match fault {
            None => Ok(appended),
            Some(_) => Err(StoreError::unavailable(true, "a trial")),
        }
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        self.call().await?;
        self.inner.entry(topic, id).await
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        self.call().await?;
        self.inner.by_key(topic, key).await
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        self.call().await?;
        self.inner.latest(topic, subject, kind).await
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        self.call().await?;
        self.inner.list(topic, page).await
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.call().await?;
        let before = self.amended_before.lock().unwrap().pop_front();
        if let Some(before) = before {
            self.inner.amend(before).await?;
        }
        self.inner.amend(entry).await
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        self.call().await?;
        self.inner.erase(topic, what).await
    }
}
