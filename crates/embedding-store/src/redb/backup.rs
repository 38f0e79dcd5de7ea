//! A copy of the whole store in a new file, while the store is in use.

use std::io::ErrorKind;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, ReadableTable};
use tempfile::NamedTempFile;

use super::failure::Failure;
use super::file::{builder, cannot_open, folder_of, make_folder, place_is_no_good, sync_folder};
use super::journal;
use super::tables::{EVENTS, FORMAT, SAMPLES, USERS};
use crate::StoreError;

/// Copies what one read transaction sees. The copy comes into its place by one rename once it is whole and
/// on the disk, so there is never half a copy; what is at `target` already is not replaced.
pub(super) fn backup(database: &Database, target: &Path) -> Result<(), Failure> {
    let no_good = |e| place_is_no_good(target, e);
    let folder = folder_of(target);
    make_folder(&folder).map_err(no_good)?;
    // Only the owner may read a temporary file, and a rename keeps that.
    // If the process is killed, it stays behind under this name, and can be removed.
    let file = NamedTempFile::with_prefix_in(".new-backup-", &folder).map_err(no_good)?;
    // A handle of its own for the engine: `file` stays, to
    // give the copy its name or to remove it after an error.
    let backend = FileBackend::new(file.reopen().map_err(no_good)?).map_err(|e| cannot_open(target, e))?;
    let copy = builder().create_with_backend(backend).map_err(|e| cannot_open(target, e))?;
    copy_tables(database, &copy)?;
    // Closed before it gets its name: who finds the copy can open it at once, and it needs no repair.
    drop(copy);
    match file.persist_noclobber(target) {
        Ok(_) => Ok(sync_folder(&folder).map_err(no_good)?),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Err(StoreError::misconfigured(format!(
            "{} is there already: give a name that is free",
            target.display()
        ))
        .into()),
        Err(e) => Err(no_good(e.error).into()),
    }
}

fn copy_tables(from: &Database, to: &Database) -> Result<(), Failure> {
    // One transaction, one moment. The writer goes on
    // meanwhile; pages that it frees are kept until this ends.
    let source = from.begin_read()?;
    let mut transaction = to.begin_write()?;
    // As in every commit of the writer: a damaged page must not pass for a commit that was never finished.
    transaction.set_two_phase_commit(true);
    // Entries and not pages: in free pages deleted records still lie, and they must
    // not come along. The bytes are copied as they are, so sealed samples need no key.
    for table in [FORMAT, EVENTS, USERS, SAMPLES].into_iter().chain(journal::TABLES) {
        let mut copy = transaction.open_table(table)?;
        for entry in source.open_table(table)?.iter()? {
            let (key, value) = entry?;
            copy.insert(key.value(), value.value())?;
        }
    }
    Ok(transaction.commit()?)
}
