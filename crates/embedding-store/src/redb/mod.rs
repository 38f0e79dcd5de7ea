//! The file store, `redb:PATH`: one file, durable on return, with group commit.
//!
//! A write goes to the one writer thread ([`writer`]), which applies all that wait in one transaction
//! ([`commands`]), commits it to the disk, and answers them. A read ([`queries`]) has a
//! transaction of its own and waits for no writer. The [`journal`] has tables of its own in the file, which it
//! shares with the store ([`open_file`]). [`keys`] lays out the tables, [`file`] makes, locks,
//! checks the file, [`format`] knows its versions and keys, [`backup`] copies it, [`stored`] hands on all of it, [`handle`] opens it again after an input/output error,
//! and [`watch`] looks each second whether it is where it was ([`place`]).

mod applied;
mod backup;
mod commands;
#[cfg(test)]
mod crash_points;
#[cfg(test)]
mod failing_disk;
mod failure;
mod file;
mod format;
mod handle;
mod journal;
mod keys;
mod load;
mod moved_user;
mod open_file;
mod overlay;
mod place;
mod queries;
mod stored;
mod tables;
mod watch;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use uuid::Uuid;

use commands::Command;
use failure::Failure;
use open_file::OpenFile;
use queries::Query;

pub use journal::RedbJournal;

use crate::opening::Opening;
use crate::{
    EmbeddingStore, EventName, EventRecord, EventSnapshot, FaceSample, Journal, Keyring, Listing, Page,
    StoreError, StoredRecords, UserRecord, Username,
};

/// Keeps everything in one file. One process at a time holds it.
///
/// A write that has returned has been synced to the disk. Dropping the store finishes the writes that it
/// has accepted and closes the file, unless its journal is still held; it waits for that, a few milliseconds as a rule.
///
/// Its methods run on a tokio runtime of either flavour.
pub struct RedbStore {
    file: Arc<OpenFile>,
}

impl RedbStore {
    /// Opens the file, or creates it, with folders that are missing; only the owner may read them.
    ///
    /// Reads the whole file once and checks it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another process holds the file; [`StoreError::Misconfigured`]
    /// when the place is no good, the file is not a store, or a newer version wrote it;
    /// [`StoreError::Corrupt`] when it is damaged.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, Keyring::plain()).await
    }

    /// Opens the file, or creates it, with the keys that its embeddings are encrypted with.
    ///
    /// # Errors
    /// As for [`RedbStore::open`]; [`StoreError::Misconfigured`] when the keyring is not the file's.
    pub async fn open_with(path: impl AsRef<Path>, keyring: Keyring) -> Result<Self, StoreError> {
        Self::open_as(path.as_ref(), keyring, Opening::MakeIfAbsent).await
    }

    /// Opens a file that is there, and creates none.
    ///
    /// # Errors
    /// As for [`RedbStore::open_with`]; [`StoreError::Misconfigured`] with [`Outage::Absent`](crate::Outage::Absent) as
    /// its source when there is no such file.
    pub async fn open_present(path: impl AsRef<Path>, keyring: Keyring) -> Result<Self, StoreError> {
        Self::open_as(path.as_ref(), keyring, Opening::Present).await
    }

    /// Opens a file that is there to read it, and neither creates nor changes anything: an older format is read as
    /// it is, and so is a file that was not closed. Writes are refused.
    ///
    /// # Errors
    /// As for [`RedbStore::open_present`].
    pub async fn open_to_read(path: impl AsRef<Path>, keyring: Keyring) -> Result<Self, StoreError> {
        Self::open_as(path.as_ref(), keyring, Opening::ToRead).await
    }

    pub(crate) async fn open_as(path: &Path, keyring: Keyring, opening: Opening) -> Result<Self, StoreError> {
        let file = if opening.changes() {
            OpenFile::open(path, keyring, opening).await?
        } else {
            OpenFile::open_to_read(path, keyring).await?
        };
        Ok(Self { file: Arc::new(file) })
    }

    /// Writes a copy of the whole store, as it is at this moment, to a new file; reads and writes go on
    /// meanwhile. The copy is compact, and opens with the same keys.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when there is something at `target` or nothing can be written there;
    /// [`StoreError::Corrupt`] when the store is damaged; nothing is left at `target` then.
    pub async fn backup(&self, target: impl AsRef<Path>) -> Result<(), StoreError> {
        self.file.backup(target.as_ref()).await
    }

    /// Gives the room of what was deleted back to the file system; `false` when there is none to give.
    /// Reads and writes wait meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk refuses; nothing is lost then.
    pub async fn compact(&self) -> Result<bool, StoreError> {
        self.file.compact().await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Query) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Owned by the closure, since the read continues on its thread when the caller is dropped.
        let keyring = self.file.keyring.clone();
        self.file.read(move |database| query(&Query::begin(database, &keyring)?)).await
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedbStore").field(&self.file).finish()
    }
}

#[async_trait]
impl EmbeddingStore for RedbStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.file.submit(Command::CreateEvent(event)).await.map(drop)
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        let event = event.clone();
        self.read(move |query| query.event(&event)).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.file.submit(Command::UpdateEvent(event)).await.map(drop)
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        self.file.submit(Command::ReplaceEvent(Box::new([seen.clone(), event]))).await.map(drop)
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.file.submit(Command::DeleteEvent(event.clone())).await.map(drop)
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.read(move |query| query.list_events(&page)).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        Ok(self.file.submit(Command::AppendSample(sample)).await?.count)
    }

    async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        Ok(self.file.submit(Command::AppendSamples(samples)).await?.count)
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        Ok(self.file.submit(Command::DeleteSample(event.clone(), user.clone(), id)).await?.count)
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.read(move |query| query.user(&event, &user)).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.file.submit(Command::UpdateUser(user)).await.map(drop)
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        self.file.submit(Command::ReplaceUser(Box::new([seen.clone(), user]))).await.map(drop)
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let command = Command::MoveUser(Box::new((seen.clone(), to, onto.cloned())));
        Ok(self.file.submit(command).await?.count)
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.file.submit(Command::DeleteUser(event.clone(), user.clone())).await.map(drop)
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        let event = event.clone();
        self.read(move |query| query.list_users(&event, &page)).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.read(move |query| query.samples(&event, &user)).await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        let event = event.clone();
        self.read(move |query| query.load_event(&event)).await
    }

    fn stored_records(&self) -> StoredRecords<'_> {
        stored::stored_records(&self.file)
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.file.check().await
    }

    fn away_since(&self) -> Option<Instant> {
        self.file.away_since()
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        Some(Arc::new(RedbJournal::in_file(Arc::clone(&self.file))))
    }

    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        Ok(self.file.submit(Command::Reseal(event.clone(), user.clone())).await?.count)
    }

    async fn finish_resealing(&self) -> Result<(), StoreError> {
        self.file.submit(Command::FinishResealing).await.map(drop)
    }
}
