//! The format of the file: known, of an older version and migrated, or of a newer one and refused; and the
//! keys that its samples are sealed with.
//!
//! | format | since then |
//! |---|---|
//! | 1 | the tables of events, users and samples |
//! | 2 | a key record, and samples that may be encrypted |
//! | 3 | the journal |

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableError};

use super::failure::Failure;
use super::journal::tables::TABLES;
use super::tables::{EVENTS, FORMAT, KEY_RECORD, SAMPLES, USERS, VERSION};
use crate::{Keyring, StoreError};

/// The version of the tables and keys in the file; records carry their own.
pub(super) const FORMAT_VERSION: u32 = 3;

/// The oldest version that is migrated.
const OLDEST: u32 = 1;

/// What the file says of itself.
struct Header {
    /// `None` in a file of another program.
    version: Option<u32>,
    key_record: Option<Vec<u8>>,
    /// Whether there is no sample.
    is_empty: bool,
}

pub(super) fn lay_out(database: &Database, version: u32) -> Result<(), Failure> {
    // All tables in one commit, so that no reader has to expect a missing one. The key record
    // is not among them: the opening that follows writes it, as in a store that is still empty.
    let transaction = database.begin_write()?;
    transaction.open_table(FORMAT)?.insert(VERSION, version.to_le_bytes().as_slice())?;
    for table in [EVENTS, USERS, SAMPLES].into_iter().chain(TABLES) {
        transaction.open_table(table)?;
    }
    Ok(transaction.commit()?)
}

/// Checks version and keys, and brings an older file up to this version, all at once or not at all.
pub(super) fn admit(database: &Database, path: &Path, keyring: &Keyring) -> Result<(), StoreError> {
    let in_file = |failure: Failure| failure.into_error(path);
    let header = Header::read(database).map_err(in_file)?;
    // Before the keys: what a newer format's key record means is not known here.
    check_version(path, header.version)?;
    let record = match keyring.admit(header.key_record.as_deref(), header.is_empty) {
        Err(StoreError::Misconfigured { reason, source }) => {
            let reason = format!("{}: {reason}", path.display());
            return Err(StoreError::Misconfigured { reason, source });
        }
        record => record?,
    };
    // Before the first sample is sealed: after a crash the
    // record may name a key too many, never one too few.
    if header.version != Some(FORMAT_VERSION) || record.is_some() {
        write(database, record.as_deref()).map_err(in_file)?;
    }
    Ok(())
}

impl Header {
    fn read(database: &Database) -> Result<Self, Failure> {
        let transaction = database.begin_read()?;
        let table = match transaction.open_table(FORMAT) {
            // The first commit of every store makes this table.
            Err(TableError::TableDoesNotExist(_)) => {
                return Ok(Self { version: None, key_record: None, is_empty: true });
            }
            table => table?,
        };
        let version = table.get(VERSION)?.and_then(|value| value.value().try_into().ok());
        let Some(version) = version.map(u32::from_le_bytes) else {
            return Err(StoreError::corrupt("the file does not say of which format it is").into());
        };
        let key_record = table.get(KEY_RECORD)?.map(|value| value.value().to_vec());
        // A newer format may have other tables.
        let is_empty = version > FORMAT_VERSION || transaction.open_table(SAMPLES)?.is_empty()?;
        Ok(Self { version: Some(version), key_record, is_empty })
    }
}

fn write(database: &Database, key_record: Option<&[u8]>) -> Result<(), Failure> {
    // One transaction: a crash leaves the older format whole, and the next opening does it again.
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    {
        let mut table = transaction.open_table(FORMAT)?;
        table.insert(VERSION, FORMAT_VERSION.to_le_bytes().as_slice())?;
        if let Some(record) = key_record {
            table.insert(KEY_RECORD, record)?;
        }
    }
    // Opening makes those that an older version had not.
    for table in TABLES {
        transaction.open_table(table)?;
    }
    Ok(transaction.commit()?)
}

/// Writes what is there already, to find out whether writing is possible.
pub(super) fn try_write(database: &Database) -> Result<(), Failure> {
    write(database, None)
}

fn check_version(path: &Path, version: Option<u32>) -> Result<(), StoreError> {
    match version {
        Some(OLDEST..=FORMAT_VERSION) => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redb::file::{builder, open, open_or_create};

    fn stamped(version: u32) -> StoreError {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.redb");
        drop(open_or_create(&path, &Keyring::plain()).unwrap());
        lay_out(&builder().open(&path).unwrap(), version).unwrap();
        open(&path, &Keyring::plain()).unwrap_err()
    }

    #[test]
    fn a_file_of_a_newer_format_asks_for_a_newer_program() {
        let error = stamped(FORMAT_VERSION + 1);
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("faces.redb has format 4") && text.contains("use a newer version"), "{text}");
    }

    #[test]
    fn a_file_of_format_2_gets_the_tables_of_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.redb");
        let database = open_or_create(&path, &Keyring::plain()).unwrap();
        let transaction = database.begin_write().unwrap();
        for table in TABLES {
            assert!(transaction.delete_table(table).unwrap());
        }
        transaction.open_table(FORMAT).unwrap().insert(VERSION, 2_u32.to_le_bytes().as_slice()).unwrap();
        transaction.commit().unwrap();
        drop(database);

        let database = open(&path, &Keyring::plain()).unwrap();
        assert_eq!(Header::read(&database).unwrap().version, Some(FORMAT_VERSION));
        let transaction = database.begin_read().unwrap();
        for table in TABLES {
            assert!(transaction.open_table(table).unwrap().is_empty().unwrap());
        }
    }

    #[test]
    fn a_file_of_a_format_that_never_was_is_damaged() {
        assert!(matches!(stamped(0), StoreError::Corrupt { .. }));
    }
}
