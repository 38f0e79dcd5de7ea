//! The file store, `redb:PATH`: one file, durable on return, with group commit.
//!
//! A write goes to the one writer thread ([`writer`]), which applies all that wait in one transaction
//! ([`commands`]), commits it to the disk, and answers them. A read ([`queries`]) has a
//! transaction of its own and waits for no writer. [`keys`] lays out the tables, [`file`] makes, locks,
//! checks the file, [`format`] knows its versions and keys, [`backup`] copies it, [`handle`] opens it again after an input/output error.

mod backup;
mod commands;
#[cfg(test)]
mod failing_disk;
mod failure;
mod file;
mod format;
mod handle;
mod keys;
mod queries;
mod tables;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use redb::Database;
use tokio::runtime;
use uuid::Uuid;

use commands::Command;
use failure::Failure;
use handle::Handle;
use queries::Query;
use writer::Writer;

use crate::{
    EmbeddingStore, EventName, EventRecord, EventSnapshot, FaceSample, Keyring, Listing, Page, StoreError,
    UserRecord, Username,
};

/// Keeps everything in one file. One process at a time holds it.
///
/// A write that has returned has been synced to the disk. Dropping the store finishes the writes that it
/// has accepted and closes the file; it waits for that, a few milliseconds as a rule.
///
/// Its methods run on a tokio runtime of either flavour.
pub struct RedbStore {
    // First: the writer ends before the handle closes the file.
    writer: Writer,
    handle: Arc<Handle>,
    keyring: Keyring,
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
        let path = path.as_ref().to_owned();
        blocking(move || {
            let database = file::open_or_create(&path, &keyring)?;
            let reopen = {
                let (path, keyring) = (path.clone(), keyring.clone());
                move || file::open(&path, &keyring)
            };
            Self::start(path, database, keyring, reopen)
        })
        .await
    }

    /// Writes a copy of the whole store, as it is at this moment, to a new file; reads and writes go on
    /// meanwhile. The copy is compact, and opens with the same keys.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when there is something at `target` or nothing can be written there;
    /// [`StoreError::Corrupt`] when the store is damaged; nothing is left at `target` then.
    pub async fn backup(&self, target: impl AsRef<Path>) -> Result<(), StoreError> {
        let (handle, target) = (Arc::clone(&self.handle), target.as_ref().to_owned());
        blocking(move || {
            let copied = handle.run(|database| backup::backup(database, &target));
            copied.map_err(|failure| failure.into_error(handle.path()))
        })
        .await
    }

    /// Gives the room of what was deleted back to the file system; `false` when there is none to give.
    /// Reads and writes wait meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk refuses; nothing is lost then.
    pub async fn compact(&self) -> Result<bool, StoreError> {
        let handle = Arc::clone(&self.handle);
        blocking(move || handle.compact().map_err(|failure| failure.into_error(handle.path()))).await
    }

    /// `reopen` is for after an input/output error, on which the engine gives up.
    fn start(
        path: PathBuf,
        database: Database,
        keyring: Keyring,
        reopen: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let handle = Arc::new(Handle::new(path, database, Box::new(reopen)));
        Ok(Self { writer: Writer::start(Arc::clone(&handle), keyring.clone())?, handle, keyring })
    }

    /// Reads on a blocking thread: a read may wait for the disk, and a whole event is a long one.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Query) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (handle, keyring) = (Arc::clone(&self.handle), self.keyring.clone());
        blocking(move || {
            let answer = handle.run(|database| query(&Query::begin(database, &keyring)?));
            answer.map_err(|failure| failure.into_error(handle.path()))
        })
        .await
    }
}

/// Runs work that waits for the disk beside the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let runtime = runtime::Handle::try_current().map_err(|e| StoreError::Misconfigured {
        reason: "the file store needs a tokio runtime: call it from one".to_owned(),
        source: Some(e.into()),
    })?;
    runtime.spawn_blocking(work).await.map_err(|e| StoreError::Unavailable {
        retryable: false,
        reason: "the work on the file was broken off".to_owned(),
        source: Some(e.into()),
    })?
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        self.writer.finish();
        self.handle.close();
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("path", &self.handle.path()).finish_non_exhaustive()
    }
}

#[async_trait]
impl EmbeddingStore for RedbStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.writer.submit(Command::CreateEvent(event)).await.map(drop)
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        let event = event.clone();
        self.read(move |query| query.event(&event)).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.writer.submit(Command::UpdateEvent(event)).await.map(drop)
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.writer.submit(Command::DeleteEvent(event.clone())).await.map(drop)
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.read(move |query| query.list_events(&page)).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.writer.submit(Command::AppendSample(sample)).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        self.writer.submit(Command::DeleteSample(event.clone(), user.clone(), id)).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.read(move |query| query.user(&event, &user)).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.writer.submit(Command::UpdateUser(user)).await.map(drop)
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.writer.submit(Command::DeleteUser(event.clone(), user.clone())).await.map(drop)
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

    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        self.writer.submit(Command::Reseal(event.clone(), user.clone())).await
    }

    async fn finish_resealing(&self) -> Result<(), StoreError> {
        self.writer.submit(Command::FinishResealing).await.map(drop)
    }
}
