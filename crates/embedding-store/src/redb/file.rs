//! The file itself: made whole or not at all, locked, checked, and of a known format.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageError, TableError};
use tempfile::NamedTempFile;

use super::failure::{Failure, is_no_room};
use super::handle::catch_panic;
use super::tables::{EVENTS, FORMAT, SAMPLES, USERS};
use crate::StoreError;

/// The version of the tables and keys in the file; records carry their own. A file of an older one is to
/// be migrated by the version that takes the next number; one of a newer one is refused.
const FORMAT_VERSION: u32 = 1;
const VERSION_KEY: &[u8] = b"version";

/// One page, which holds the engine's header. No store is shorter.
const SHORTEST_FILE: u64 = 4096;

/// Memory for pages. Galleries are held elsewhere, so this serves writes above all.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

pub(super) fn open_or_create(path: &Path) -> Result<Database, StoreError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(StoreError::misconfigured(format!("{} is a folder: give a file in it", path.display())))
        }
        Ok(_) => open(path),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            create(path)?;
            open(path)
        }
        Err(e) => Err(place_is_no_good(path, e)),
    }
}

/// Opens a file that is there. One that is empty is not taken for a new one: something has emptied it.
pub(super) fn open(path: &Path) -> Result<Database, StoreError> {
    let opened = catch_panic(|| {
        let database = builder().open(path).map_err(|e| cannot_open(path, e))?;
        let version = read_version(&database).map_err(|failure| failure.into_error(path))?;
        check_version(path, version).map(|()| database)
    });
    opened.unwrap_or_else(|message| {
        Err(StoreError::Corrupt { what: damaged(path), source: Some(message.into()) })
    })
}

/// Makes a new, empty store. It comes into its place by one rename once it is whole, so that a process that
/// dies here leaves no half a store, and of two that make one at once the second finds the first one's.
fn create(path: &Path) -> Result<(), StoreError> {
    let no_good = |e| place_is_no_good(path, e);
    let folder = folder_of(path);
    make_folder(&folder).map_err(no_good)?;
    // Only the owner may read a temporary file, and a rename keeps that.
    let file = NamedTempFile::with_prefix_in(".new-store-", &folder).map_err(no_good)?;
    let backend = FileBackend::new(file.reopen().map_err(no_good)?).map_err(|e| cannot_open(path, e))?;
    let database = builder().create_with_backend(backend).map_err(|e| cannot_open(path, e))?;
    lay_out(&database, FORMAT_VERSION).map_err(|failure| failure.into_error(path))?;
    drop(database);
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(&folder).map_err(no_good),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(no_good(e.error)),
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    // Without the check a changed byte on the disk would be read back as if it were right.
    builder.set_check_integrity_on_open(true).set_cache_size(CACHE_BYTES);
    builder
}

pub(super) fn lay_out(database: &Database, version: u32) -> Result<(), Failure> {
    let transaction = database.begin_write()?;
    transaction.open_table(FORMAT)?.insert(VERSION_KEY, version.to_le_bytes().as_slice())?;
    for table in [EVENTS, USERS, SAMPLES] {
        transaction.open_table(table)?;
    }
    Ok(transaction.commit()?)
}

/// The format's version; `None` in a file of another program.
fn read_version(database: &Database) -> Result<Option<u32>, Failure> {
    let table = match database.begin_read()?.open_table(FORMAT) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table?,
    };
    let version =
        table.get(VERSION_KEY)?.and_then(|value| value.value().try_into().ok().map(u32::from_le_bytes));
    match version {
        Some(version) => Ok(Some(version)),
        None => Err(StoreError::corrupt("the file does not say of which format it is").into()),
    }
}

fn check_version(path: &Path, version: Option<u32>) -> Result<(), StoreError> {
    match version {
        Some(FORMAT_VERSION) => Ok(()),
        Some(version) if version > FORMAT_VERSION => Err(StoreError::misconfigured(format!(
            "{} has format {version}, this program reads up to {FORMAT_VERSION}: use a newer version",
            path.display()
        ))),
        Some(version) => Err(StoreError::corrupt(format!("{} has format {version}", path.display()))),
        None => Err(StoreError::misconfigured(format!(
            "{} is the database of another program: give another file",
            path.display()
        ))),
    }
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
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == ErrorKind::InvalidData => {
            not_a_store(path, e)
        }
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
        let what = format!("{} is empty or cut off: restore it from a backup, or remove it", path.display());
        StoreError::Corrupt { what, source }
    } else {
        let reason =
            format!("{} is no store, or its beginning is damaged: give another file", path.display());
        StoreError::Misconfigured { reason, source }
    }
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

    fn stamped(version: u32) -> StoreError {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.redb");
        drop(open_or_create(&path).unwrap());
        lay_out(&builder().open(&path).unwrap(), version).unwrap();
        open(&path).unwrap_err()
    }

    #[test]
    fn a_file_of_a_newer_format_asks_for_a_newer_program() {
        let error = stamped(FORMAT_VERSION + 1);
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("faces.redb has format 2") && text.contains("use a newer version"), "{text}");
    }

    #[test]
    fn a_file_of_a_format_that_never_was_is_damaged() {
        assert!(matches!(stamped(0), StoreError::Corrupt { .. }));
    }

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
