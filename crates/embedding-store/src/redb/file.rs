//! The file itself: made whole or not at all, locked and checked.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageError};
use tempfile::NamedTempFile;

use super::failure::{Failure, is_no_room};
use super::format::{self, FORMAT_VERSION};
use super::handle::catch_panic;
use super::overlay::Overlay;
use crate::opening::absent;
use crate::{Keyring, StoreError};

/// One page, which holds the engine's header. No store is shorter.
const SHORTEST_FILE: u64 = 4096;

/// Memory for pages. Galleries are held elsewhere, so this serves writes above all.
// The engine would take up to 1 GiB.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Makes the file where there is none. Another process may be faster to make it.
pub(super) fn create_if_absent(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(is_a_folder(path)),
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => create(path),
        Err(e) => Err(place_is_no_good(path, e)),
    }
}

/// Opens the file, made where there is none.
#[cfg(test)]
pub(super) fn open_or_create(path: &Path, keyring: &Keyring) -> Result<Database, StoreError> {
    create_if_absent(path)?;
    open(path, keyring)
}

/// Opens a file that is there. One that is empty is not taken for a new one: something has emptied it.
pub(super) fn open(path: &Path, keyring: &Keyring) -> Result<Database, StoreError> {
    // On damaged pages the engine may panic where it should return an error.
    let opened = catch_panic(|| {
        let database = builder().open(path).map_err(|e| cannot_open(path, e))?;
        format::admit(&database, path, keyring)?;
        Ok(database)
    });
    opened.unwrap_or_else(|message| {
        Err(StoreError::Corrupt { what: damaged(path), source: Some(message.into()) })
    })
}

/// Opens a file that is there, and changes nothing of it.
pub(super) fn open_to_read(path: &Path, keyring: &Keyring) -> Result<Database, StoreError> {
    let opened = catch_panic(|| {
        let file = File::open(path).map_err(|e| cannot_read(path, e))?;
        let overlay = FileBackend::new(file).map_err(|e| cannot_open(path, e))?;
        let overlay = Overlay::over(overlay).map_err(|e| cannot_read(path, e))?;
        // An empty one the engine would take for a new one.
        if overlay.is_empty() {
            return Err(not_a_store(path, ErrorKind::InvalidData.into()));
        }
        let database = builder().create_with_backend(overlay).map_err(|e| cannot_open(path, e))?;
        format::admit(&database, path, keyring)?;
        Ok(database)
    });
    opened.unwrap_or_else(|message| {
        Err(StoreError::Corrupt { what: damaged(path), source: Some(message.into()) })
    })
}

/// Makes a new, empty store. A process that dies here leaves no half a store, and of two that make one at once
/// the second finds the first one's.
fn create(path: &Path) -> Result<(), StoreError> {
    let made = make_whole(path, ".new-store-", |database| format::lay_out(database, FORMAT_VERSION));
    // Where another process was faster, its store may hold
    // acknowledged writes by now, so it is never replaced.
    made.map(drop).map_err(|failure| failure.into_error(path))
}

/// Makes a file by what `fill` writes into it. It comes into its place by one rename once it is whole and on the
/// disk; `false` when there is something at `path` by then, which is not replaced.
pub(super) fn make_whole(
    path: &Path,
    prefix: &str,
    fill: impl FnOnce(&Database) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let no_good = |e| place_is_no_good(path, e);
    let folder = folder_of(path);
    make_folder(&folder).map_err(no_good)?;
    // Only the owner may read a temporary file, and a rename keeps that.
    // If the process is killed, it stays behind under this name, and can be removed.
    let file = NamedTempFile::with_prefix_in(prefix, &folder).map_err(no_good)?;
    // A handle of its own for the engine: `file` stays, to
    // get its name or to be removed after an error.
    let backend = FileBackend::new(file.reopen().map_err(no_good)?).map_err(|e| cannot_open(path, e))?;
    let database = builder().create_with_backend(backend).map_err(|e| cannot_open(path, e))?;
    fill(&database)?;
    // Closed before it gets its name: who finds the file can open it at once, and it needs no repair.
    drop(database);
    match file.persist_noclobber(path) {
        Ok(_) => Ok(sync_folder(&folder).map(|()| true).map_err(no_good)?),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(no_good(e.error).into()),
    }
}

pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    // Without the check a changed byte on the disk would be read back as if it were right.
    builder.set_check_integrity_on_open(true).set_cache_size(CACHE_BYTES);
    builder
}

/// A path without a folder is in the working directory.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the folders that are missing, readable to the owner alone, and syncs the one that they are in.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Listed before they are made: a new folder's name is durable only when the folder around it is synced.
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists()).collect();
    builder.create(folder)?;
    missing.into_iter().try_for_each(|made| sync_folder(&folder_of(made)))
}

/// Without it a power cut could take a new file's name away, and with it all that was acknowledged.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and the file system looks after its names.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn cannot_open(path: &Path, error: DatabaseError) -> StoreError {
    match error {
        // Both mean that a process has the file open, which may end at any moment.
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => StoreError::Unavailable {
            retryable: true,
            reason: format!(
                "{} is held by another process: stop that server, go through it, or give another file",
                path.display()
            ),
            source: Some(error.into()),
        },
        DatabaseError::UpgradeRequired(_) => StoreError::Misconfigured {
            reason: format!("{} is of an old format that this program does not read", path.display()),
            source: Some(error.into()),
        },
        // So the engine reports that the file does not begin with its magic number.
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == ErrorKind::InvalidData => {
            not_a_store(path, e)
        }
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == ErrorKind::NotFound => is_absent(path),
        DatabaseError::Storage(StorageError::Io(e)) => place_is_no_good(path, e),
        DatabaseError::Storage(e @ StorageError::Corrupted(_)) => {
            StoreError::Corrupt { what: damaged(path), source: Some(e.into()) }
        }
        error @ (DatabaseError::Storage(_)
        | DatabaseError::RepairAborted
        | DatabaseError::TransactionInProgress
        | _) => StoreError::Unavailable {
            retryable: false,
            reason: format!("{} cannot be opened", path.display()),
            source: Some(error.into()),
        },
    }
}

/// The first bytes are not the engine's: another program's file, or nothing much is left of ours.
fn not_a_store(path: &Path, error: io::Error) -> StoreError {
    let source = Some(error.into());
    if fs::metadata(path).is_ok_and(|found| found.len() < SHORTEST_FILE) {
        // Not to be removed: it may be another program's, and empty for as long as that likes.
        let what = format!(
            "{} is empty, cut off or no store: restore it from a backup, or give another file",
            path.display()
        );
        StoreError::Corrupt { what, source }
    } else {
        let reason =
            format!("{} is no store, or its beginning is damaged: give another file", path.display());
        StoreError::Misconfigured { reason, source }
    }
}

fn is_absent(path: &Path) -> StoreError {
    absent(format_args!("{} does not exist", path.display()))
}

fn is_a_folder(path: &Path) -> StoreError {
    StoreError::misconfigured(format!("{} is a folder: give a file in it", path.display()))
}

/// Why a file that is not to be changed cannot be read.
fn cannot_read(path: &Path, error: io::Error) -> StoreError {
    if error.kind() == ErrorKind::NotFound {
        return is_absent(path);
    }
    if error.kind() == ErrorKind::IsADirectory {
        return is_a_folder(path);
    }
    let reason = format!("{} cannot be read ({error})", path.display());
    StoreError::Misconfigured { reason, source: Some(error.into()) }
}

fn damaged(path: &Path) -> String {
    format!("{} is damaged: restore it from a backup", path.display())
}

fn place_is_no_good(path: &Path, error: io::Error) -> StoreError {
    let kind = error.kind();
    let shown = path.display();
    if is_no_room(&error) {
        return StoreError::Unavailable {
            retryable: false,
            reason: format!("there is no room to write {shown}: free some"),
            source: Some(error.into()),
        };
    }
    if kind == ErrorKind::IsADirectory {
        return is_a_folder(path);
    }
    // The file ends before the engine's pages do: it was cut off.
    if kind == ErrorKind::UnexpectedEof {
        return StoreError::Corrupt { what: damaged(path), source: Some(error.into()) };
    }
    let reason = if matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) {
        format!(
            "{shown} and its folder must be writable, and one is not: give the right to, or another place"
        )
    } else if matches!(kind, ErrorKind::NotADirectory | ErrorKind::AlreadyExists) {
        format!("a part of the path {shown} is a file and no folder: give another place")
    } else {
        format!("{shown} cannot be used ({error}): give another place")
    };
    StoreError::Misconfigured { reason, source: Some(error.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forbids_writing_is_said() {
        let refused = |kind: ErrorKind| place_is_no_good(Path::new("data/faces.redb"), kind.into());
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            let error = refused(kind);
            assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
            assert!(error.to_string().contains("data/faces.redb and its folder must be writable"), "{error}");
        }
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let error = refused(kind);
            assert!(matches!(error, StoreError::Unavailable { retryable: false, .. }), "{error:?}");
            assert!(error.to_string().contains("no room"), "{error}");
        }
    }
}
