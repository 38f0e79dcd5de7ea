//! Entries out of rows.

use tokio_postgres::Row;

use super::super::failure::Failure;
use super::super::rows::{belongs, bytes};
use crate::{JournalCursor, JournalEntry};

/// The columns that [`read`] reads.
pub(super) const COLUMNS: &str = "topic, id, time, kind, subject, key, record";

/// All entries, topic by topic, in order.
pub(in super::super) const ALL: &str =
    "SELECT topic, id, time, kind, subject, key, record FROM journal ORDER BY topic, time, id";

/// The entry in a row of [`COLUMNS`].
pub(in super::super) fn read(row: &Row) -> Result<JournalEntry, Failure> {
    let entry = JournalEntry::from_bytes(bytes(row, 6)?)?;
    let place = JournalCursor { time: row.try_get(2)?, id: row.try_get(1)? };
    let is_theirs = JournalCursor::from(&entry) == place
        && entry.topic.as_str() == row.try_get::<_, &str>(0)?
        && entry.kind == row.try_get::<_, &str>(3)?
        && subject(&entry) == row.try_get::<_, &str>(4)?
        && entry.key.as_deref() == row.try_get(5)?;
    belongs(is_theirs, "journal entry").map(|()| entry)
}

/// The subject as the table has it.
pub(super) fn subject(entry: &JournalEntry) -> &str {
    entry.subject.as_deref().unwrap_or_default()
}
