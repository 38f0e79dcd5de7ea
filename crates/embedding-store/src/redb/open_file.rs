//! A file that is open, with its writer: shared by a store and its journals, and closed with the last of them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use redb::Database;
use tokio::runtime;

use super::applied::Applied;
use super::commands::Command;
use super::failure::Failure;
use super::handle::Handle;
use super::place::Place;
use super::watch::Watch;
use super::writer::Writer;
use super::{backup, file};
use crate::opening::Opening;
use crate::{Keyring, StoreError};

pub(super) struct OpenFile {
    // First: the writer ends before the handle closes the file.
    /// `None` when it was opened to be read alone.
    writer: Option<Writer>,
    watch: Option<Watch>,
    handle: Arc<Handle>,
    pub(super) keyring: Keyring,
}

impl OpenFile {
    /// Opens the file, or creates it where that is meant.
    pub(super) async fn open(path: &Path, keyring: Keyring, opening: Opening) -> Result<Self, StoreError> {
        let path = path.to_owned();
        // Opening reads the file from end to end to check it, too long for a thread of the runtime.
        blocking(move || {
            if opening.makes() {
                file::create_if_absent(&path)?;
            }
            let place = Place::of_file(path.clone());
            let database = file::open(&path, &keyring)?;
            let reopen = {
                let keyring = keyring.clone();
                // Never created here: a file that has vanished
                // meanwhile must be an error and not an empty store.
                move || file::open(&path, &keyring)
            };
            Self::start(place, database, keyring, reopen)
        })
        .await
    }

    /// `reopen` is for after an input/output error, on which the engine gives up.
    pub(super) fn start(
        place: Place,
        database: Database,
        keyring: Keyring,
        reopen: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let handle = Arc::new(Handle::new(place, database, Box::new(reopen)));
        let writer = Writer::start(Arc::clone(&handle), keyring.clone())?;
        let watch = Watch::start(Arc::clone(&handle))?;
        Ok(Self { writer: Some(writer), watch: Some(watch), handle, keyring })
    }

    /// Opens a file that is there, and changes nothing of it.
    pub(super) async fn open_to_read(path: &Path, keyring: Keyring) -> Result<Self, StoreError> {
        let path = path.to_owned();
        blocking(move || {
            let place = Place::of_file(path.clone());
            let database = file::open_to_read(&path, &keyring)?;
            let reopen = {
                let keyring = keyring.clone();
                move || file::open_to_read(&path, &keyring)
            };
            let handle = Arc::new(Handle::new(place, database, Box::new(reopen)));
            Ok(Self { writer: None, watch: None, handle, keyring })
        })
        .await
    }

    /// Whether the file can be read and written, as far as can be told without a write.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let handle = Arc::clone(&self.handle);
        blocking(move || handle.check().map_err(|failure| failure.into_error(handle.path()))).await
    }

    /// Since when the file cannot be reached.
    pub(super) fn away_since(&self) -> Option<Instant> {
        self.handle.away_since()
    }

    pub(super) async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        let target = target.to_owned();
        // It holds the file as a read does: others read and write meanwhile, but a compaction, or
        // a reopening after an error, waits until it has ended, and new calls wait behind that.
        self.read(move |database| backup::backup(database, &target)).await
    }

    pub(super) async fn compact(&self) -> Result<bool, StoreError> {
        let handle = Arc::clone(&self.handle);
        blocking(move || handle.compact().map_err(|failure| failure.into_error(handle.path()))).await
    }

    /// Writes, and waits until it is on the disk.
    pub(super) async fn submit(&self, command: Command) -> Result<Applied, StoreError> {
        let Some(writer) = &self.writer else {
            let path = self.handle.path().display();
            return Err(StoreError::misconfigured(format!("{path} was opened to be read alone")));
        };
        writer.submit(command).await
    }

    /// Reads on a blocking thread: a read may wait for the disk, and a whole event is a long one.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let handle = Arc::clone(&self.handle);
        blocking(move || handle.run(read).map_err(|failure| failure.into_error(handle.path()))).await
    }
}

/// Runs work that waits for the disk beside the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    // Asked for first, because `spawn_blocking` panics outside of a runtime.
    let runtime = runtime::Handle::try_current().map_err(|e| StoreError::Misconfigured {
        reason: "the file store needs a tokio runtime: call it from one".to_owned(),
        source: Some(e.into()),
    })?;
    // A panic of the work comes out here too, beside the end of the runtime.
    runtime.spawn_blocking(work).await.map_err(|e| StoreError::Unavailable {
        retryable: false,
        reason: "the work on the file was broken off".to_owned(),
        source: Some(e.into()),
    })?
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // Not left to the fields: a read whose caller is gone continues on its blocking thread and holds the
        // handle. Closing waits for it, so that the file is free for the next opening once this returns.
        if let Some(writer) = &mut self.writer {
            writer.finish();
        }
        if let Some(watch) = &mut self.watch {
            watch.finish();
        }
        self.handle.close();
    }
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenFile").field("path", &self.handle.path()).finish_non_exhaustive()
    }
}
