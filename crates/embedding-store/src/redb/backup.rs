//! A copy of the whole store in a new file, while the store is in use.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable};

use super::failure::Failure;
use super::file::make_whole;
use super::journal::tables::TABLES;
use super::tables::{EVENTS, FORMAT, SAMPLES, USERS};
use crate::StoreError;

/// Copies what one read transaction sees. The copy comes into its place once it is whole and on the disk, so
/// there is never half a copy; what is at `target` already is not replaced.
pub(super) fn backup(database: &Database, target: &Path) -> Result<(), Failure> {
    if make_whole(target, ".new-backup-", |copy| copy_tables(database, copy))? {
        return Ok(());
    }
    let target = target.display();
    Err(StoreError::misconfigured(format!("{target} is there already: give a name that is free")).into())
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
    for table in [FORMAT, EVENTS, USERS, SAMPLES].into_iter().chain(TABLES) {
        let mut copy = transaction.open_table(table)?;
        for entry in source.open_table(table)?.iter()? {
            let (key, value) = entry?;
            copy.insert(key.value(), value.value())?;
        }
    }
    Ok(transaction.commit()?)
}
