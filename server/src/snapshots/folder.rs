//! The folder of a server's snapshots: one is made at a time, and the oldest go when there are too many.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::name::SnapshotName;

/// Where snapshots are kept. Clones share the turn to make one.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    kept: NonZeroUsize,
    turn: Arc<Semaphore>,
}

/// A snapshot that is in the folder.
#[derive(Debug)]
pub(crate) struct StoredSnapshot {
    pub(crate) name: SnapshotName,
    pub(crate) bytes: u64,
}

impl Snapshots {
    /// In this folder, which need not be there, so many of the latest.
    pub(crate) fn new(folder: PathBuf, kept: NonZeroUsize) -> Self {
        Self { folder, kept, turn: Arc::new(Semaphore::new(1)) }
    }

    /// The right to make one, for as long as it is held; `None` while another one is made.
    pub(crate) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).try_acquire_owned().ok()
    }

    /// Where the file of a name is.
    pub(crate) fn path(&self, name: &SnapshotName) -> PathBuf {
        self.folder.join(name.as_str())
    }

    /// What is there, the latest first. Files of other names are passed over.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub(crate) fn list(&self) -> io::Result<Vec<StoredSnapshot>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().and_then(SnapshotName::parse) else { continue };
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => {
                    found.push(StoredSnapshot { name, bytes: metadata.len() });
                }
                // No file, or deleted meanwhile.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_by(|one, other| other.name.cmp(&one.name));
        Ok(found)
    }

    /// Opens a snapshot; `None` when there is none of that name.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub(crate) fn open(&self, name: &SnapshotName) -> io::Result<Option<(File, u64)>> {
        let path = self.path(name);
        if !is_file(&path)? {
            return Ok(None);
        }
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Some((file, bytes)))
    }

    /// Removes a snapshot; `false` when there is none of that name.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub(crate) fn remove(&self, name: &SnapshotName) -> io::Result<bool> {
        let path = self.path(name);
        if !is_file(&path)? {
            return Ok(false);
        }
        fs::remove_file(path).map(|()| true)
    }

    /// Removes the oldest beyond those that are kept.
    pub(crate) fn drop_oldest(&self) -> io::Result<()> {
        for old in self.list()?.into_iter().skip(self.kept.get()) {
            self.remove(&old.name)?;
        }
        Ok(())
    }
}

/// Whether there is a file itself, and no link to one elsewhere.
fn is_file(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
