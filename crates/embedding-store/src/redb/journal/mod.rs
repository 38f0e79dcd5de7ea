//! The journal in the file: tables of its own, written by the same writer as everything else.
//!
//! [`tables`] lays them out, [`writes`] changes them, [`reads`] queries them.

mod reads;
pub(super) mod tables;
pub(super) mod writes;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::commands::Command;
use super::failure::Failure;
use super::open_file::OpenFile;
use super::stored::stored_records;
use reads::Tables;
use tables::JournalTables;
use writes::JournalWrite;

use crate::opening::Opening;
use crate::{
    Appended, Erase, Journal, JournalEntry, JournalListing, JournalPage, Keyring, StoreError, StoredRecords,
    Topic,
};

/// Keeps a journal in one file: the file of a [`RedbStore`](super::RedbStore), or one of its own beside a store
/// that has no journal. One process at a time holds it.
///
/// An entry that has been appended has been synced to the disk. The file is closed when the last of those who
/// hold it, the store and its journals, has been dropped.
///
/// Its methods run on a tokio runtime of either flavour.
#[derive(Debug)]
pub struct RedbJournal {
    file: Arc<OpenFile>,
}

impl RedbJournal {
    /// Opens a file for a journal alone, or creates it, with folders that are missing; only the owner may read
    /// them. It is laid out as the file of a store, without events.
    ///
    /// # Errors
    /// As for [`RedbStore::open`](super::RedbStore::open).
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        // Without a key, since entries are not encrypted. The file of an encrypted store is refused by that.
        Ok(Self {
            file: Arc::new(OpenFile::open(path.as_ref(), Keyring::plain(), Opening::MakeIfAbsent).await?),
        })
    }

    /// Opens a file that is there to read it, and neither creates nor changes anything.
    ///
    /// # Errors
    /// As for [`RedbStore::open_to_read`](super::RedbStore::open_to_read).
    pub async fn open_to_read(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self { file: Arc::new(OpenFile::open_to_read(path.as_ref(), Keyring::plain()).await?) })
    }

    /// The topics that have entries, in order.
    ///
    /// # Errors
    /// As of every read.
    pub async fn topics(&self) -> Result<Vec<Topic>, StoreError> {
        self.read(Tables::topics).await
    }

    /// All entries as they are at one moment, in the order of their topics and times; reads and writes go on meanwhile.
    #[must_use]
    pub fn stored_records(&self) -> StoredRecords<'_> {
        stored_records(&self.file)
    }

    /// Writes a copy of the whole file, as it is at this moment, to a new file, as
    /// [`RedbStore::backup`](super::RedbStore::backup) does.
    ///
    /// # Errors
    /// As for [`RedbStore::backup`](super::RedbStore::backup).
    pub async fn backup(&self, target: impl AsRef<Path>) -> Result<(), StoreError> {
        self.file.backup(target.as_ref()).await
    }

    pub(super) fn in_file(file: Arc<OpenFile>) -> Self {
        Self { file }
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Tables) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.file.read(move |database| read(&JournalTables::begin(database)?)).await
    }
}

#[async_trait]
impl Journal for RedbJournal {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        let write = JournalWrite::Append(entry, unless_since);
        let applied = self.file.submit(Command::Journal(Box::new(write))).await?;
        Ok(applied.kept_out.unwrap_or(Appended::New))
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        let topic = topic.clone();
        self.read(move |tables| tables.by_id(&topic, id)).await
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        let (topic, key) = (topic.clone(), key.to_owned());
        self.read(move |tables| tables.by_key(&topic, &key)).await
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        let (topic, subject, kind) = (topic.clone(), subject.to_owned(), kind.to_owned());
        self.read(move |tables| tables.latest(&topic, &subject, &kind)).await
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        let topic = topic.clone();
        self.read(move |tables| tables.list(&topic, &page)).await
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.file.submit(Command::Journal(Box::new(JournalWrite::Amend(entry)))).await.map(drop)
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.file.check().await
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        let write = JournalWrite::Erase(topic.clone(), what);
        let applied = self.file.submit(Command::Journal(Box::new(write))).await?;
        Ok(applied.count.try_into().unwrap_or(u64::MAX))
    }
}
