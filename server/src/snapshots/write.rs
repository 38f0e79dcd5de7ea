//! Everything that is stored into one file, which is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::pin::Pin;

use embedding_store::archive::{self, ArchiveError, Progress, Snapshot};
use embedding_store::{EmbeddingStore, EncryptionKey, RedbJournal, StoredRecords};
use futures_util::StreamExt;
use tempfile::NamedTempFile;

use crate::telemetry::private_folder;

/// Why a snapshot was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// The store could not be read, or the file not written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The file could not be made or kept.
    #[error("the file of the snapshot cannot be made")]
    File(#[from] io::Error),
}

/// All that is stored: of a store that keeps its journal beside it, of two moments, that of the journal first. So whoever
/// is checked in was enrolled before.
pub(crate) async fn records<'a>(
    store: &'a dyn EmbeddingStore,
    own_journal: Option<&'a RedbJournal>,
) -> StoredRecords<'a> {
    let Some(journal) = own_journal else { return store.stored_records() };
    let mut entries = journal.stored_records().peekable();
    // Begins its moment.
    Pin::new(&mut entries).peek().await;
    store.stored_records().chain(entries).boxed()
}

/// Writes a snapshot to a new file, readable to its owner alone; durable on return.
pub(crate) async fn write_whole(
    records: StoredRecords<'_>,
    target: &Path,
    key: Option<&EncryptionKey>,
    progress: impl FnMut(Progress),
) -> Result<Snapshot, SnapshotError> {
    let place = Unfinished::beside(target)?;
    let written = archive::snapshot(records, BufWriter::new(place.file()), key, progress).await?;
    place.finish(target)?;
    Ok(written)
}

/// Copies a file to a new one in the same way.
pub(crate) fn copy_whole(mut source: File, target: &Path) -> io::Result<()> {
    let place = Unfinished::beside(target)?;
    io::copy(&mut source, &mut place.file())?;
    place.finish(target)
}

/// A file that has not got its name yet, and goes when it does not get it.
struct Unfinished(NamedTempFile);

impl Unfinished {
    /// In the folder of the file that it is to be, which is made where it is not there.
    fn beside(target: &Path) -> io::Result<Self> {
        // Known at once, and not when all is written: an earlier snapshot is never replaced.
        if target.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let folder = folder_of(target);
        private_folder(folder)?;
        Ok(Self(NamedTempFile::with_prefix_in(".new-snapshot-", folder)?))
    }

    fn file(&self) -> &File {
        self.0.as_file()
    }

    fn finish(self, target: &Path) -> io::Result<()> {
        let mut file = self.0;
        file.flush()?;
        // The content before the name, which could otherwise be on the disk after a crash without it.
        file.as_file().sync_all()?;
        file.persist_noclobber(target).map_err(|error| error.error)?;
        if cfg!(unix) { File::open(folder_of(target))?.sync_all() } else { Ok(()) }
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
