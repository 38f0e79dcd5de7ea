//! The tables of the journal: the entries in their order, and where to find one.
//!
//! | table | key | value |
//! |---|---|---|
//! | journal | topic, NUL, place | the entry |
//! | journal ids | topic, NUL, 16 bytes of id | the time in its place |
//! | journal keys | topic, NUL, key | place |
//! | journal subjects | topic, NUL, subject or nothing, NUL, place | kind |
//!
//! A place is the time, 8 bytes big-endian with the sign turned so that they sort, and the id. No topic, subject,
//! kind or key holds a NUL, nor do the latter hold nothing, so a key has one reading.

use std::ops::Range;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError,
    WriteTransaction,
};
use uuid::Uuid;

use super::super::failure::Failure;
use super::super::tables::{Bytes, ReadTable, belongs};
use crate::{JournalCursor, JournalEntry, StoreError, Topic};

const ENTRIES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("journal");
const IDS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("journal ids");
const KEYS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("journal keys");
const SUBJECTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("journal subjects");

/// All of them, as the format and a backup need them.
pub(in super::super) const TABLES: [TableDefinition<'_, Bytes, Bytes>; 4] = [ENTRIES, IDS, KEYS, SUBJECTS];

/// Bytes of a place in a key.
const PLACE_BYTES: usize = 24;
const SIGN: u64 = 1 << 63;

/// The tables of one transaction, for reading or for writing.
pub(in super::super) struct JournalTables<T> {
    pub(in super::super) entries: T,
    pub(super) ids: T,
    pub(super) keys: T,
    pub(super) subjects: T,
}

impl JournalTables<ReadTable> {
    pub(super) fn begin(database: &Database) -> Result<Self, Failure> {
        Self::in_transaction(&database.begin_read()?)
    }

    pub(in super::super) fn in_transaction(transaction: &ReadTransaction) -> Result<Self, Failure> {
        Self::opened(|table| transaction.open_table(table))
    }
}

impl<'t> JournalTables<Table<'t, Bytes, Bytes>> {
    pub(in super::super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Failure> {
        Self::opened(|table| transaction.open_table(table))
    }
}

impl<T> JournalTables<T> {
    fn opened(
        open: impl Fn(TableDefinition<'static, Bytes, Bytes>) -> Result<T, TableError>,
    ) -> Result<Self, Failure> {
        Ok(Self { entries: open(ENTRIES)?, ids: open(IDS)?, keys: open(KEYS)?, subjects: open(SUBJECTS)? })
    }
}

impl<T: ReadableTable<Bytes, Bytes>> JournalTables<T> {
    pub(super) fn by_id(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, Failure> {
        let Some(time) = self.ids.get(id_key(topic, id).as_slice())? else { return Ok(None) };
        let place = read_place(&[time.value(), id.as_bytes()].concat())?;
        self.at(topic, place).map(Some)
    }

    pub(super) fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, Failure> {
        if !JournalEntry::is_label(key) {
            return Ok(None);
        }
        let Some(place) = self.keys.get(key_key(topic, key).as_slice())? else { return Ok(None) };
        let entry = self.at(topic, read_place(place.value())?)?;
        // An index that points to another entry would answer a repeated request with a stranger's.
        belongs(entry.key.as_deref() == Some(key), "journal entry").map(|()| Some(entry))
    }

    /// The newest entry of a kind about a subject, or about nobody, at these places.
    pub(super) fn newest(
        &self,
        topic: &Topic,
        subject: Option<&str>,
        kind: &str,
        places: Range<JournalCursor>,
    ) -> Result<Option<JournalEntry>, Failure> {
        let keys = keys_of_subject(topic, subject, places);
        for entry in self.subjects.range(keys.start.as_slice()..keys.end.as_slice())?.rev() {
            let (key, value) = entry?;
            if value.value() == kind.as_bytes() {
                return self.about(topic, subject, place_at_end(key.value())?).map(Some);
            }
        }
        Ok(None)
    }

    /// The entry that an index names.
    pub(super) fn at(&self, topic: &Topic, place: JournalCursor) -> Result<JournalEntry, Failure> {
        let key = entry_key(topic, place);
        match self.entries.get(key.as_slice())? {
            Some(value) => read_entry(&key, value.value()),
            None => Err(StoreError::corrupt("an entry of the journal is gone that an index names").into()),
        }
    }

    /// The entry that the index of subjects names.
    pub(super) fn about(
        &self,
        topic: &Topic,
        subject: Option<&str>,
        place: JournalCursor,
    ) -> Result<JournalEntry, Failure> {
        let entry = self.at(topic, place)?;
        belongs(entry.subject.as_deref() == subject, "journal entry").map(|()| entry)
    }
}

pub(in super::super) fn read_entry(key: &[u8], value: &[u8]) -> Result<JournalEntry, Failure> {
    let entry = JournalEntry::from_bytes(value)?;
    belongs(entry_key(&entry.topic, JournalCursor::from(&entry)) == key, "journal entry").map(|()| entry)
}

pub(super) fn entry_key(topic: &Topic, place: JournalCursor) -> Vec<u8> {
    [topic.as_str().as_bytes(), &[0], &place_bytes(place)].concat()
}

pub(super) fn id_key(topic: &Topic, id: Uuid) -> Vec<u8> {
    [topic.as_str().as_bytes(), &[0], id.as_bytes()].concat()
}

pub(super) fn key_key(topic: &Topic, key: &str) -> Vec<u8> {
    [topic.as_str().as_bytes(), &[0], key.as_bytes()].concat()
}

pub(super) fn subject_key(topic: &Topic, subject: Option<&str>, place: JournalCursor) -> Vec<u8> {
    let (topic, subject) = (topic.as_str().as_bytes(), subject.unwrap_or_default().as_bytes());
    [topic, &[0], subject, &[0], &place_bytes(place)].concat()
}

/// The keys of the entries at these places.
pub(super) fn keys_of_places(topic: &Topic, places: Range<JournalCursor>) -> Range<Vec<u8>> {
    entry_key(topic, places.start)..entry_key(topic, places.end)
}

/// The keys by subject of the entries at these places.
pub(super) fn keys_of_subject(
    topic: &Topic,
    subject: Option<&str>,
    places: Range<JournalCursor>,
) -> Range<Vec<u8>> {
    subject_key(topic, subject, places.start)..subject_key(topic, subject, places.end)
}

/// The keys of everything of a topic, in each of the tables.
pub(super) fn keys_of_topic(topic: &Topic) -> Range<Vec<u8>> {
    let topic = topic.as_str().as_bytes();
    // No topic holds a byte below a space, so nothing of another topic lies between the two.
    [topic, &[0]].concat()..[topic, &[1]].concat()
}

pub(super) fn place_bytes(place: JournalCursor) -> [u8; PLACE_BYTES] {
    let mut bytes = [0; PLACE_BYTES];
    let (time, id) = bytes.split_at_mut(8);
    time.copy_from_slice(&time_bytes(place.time));
    id.copy_from_slice(place.id.as_bytes());
    bytes
}

pub(super) fn time_bytes(time: i64) -> [u8; 8] {
    (time.cast_unsigned() ^ SIGN).to_be_bytes()
}

/// The place that a key ends with.
pub(super) fn place_at_end(key: &[u8]) -> Result<JournalCursor, Failure> {
    read_place(key.last_chunk::<PLACE_BYTES>().map_or(&[], <[u8; PLACE_BYTES]>::as_slice))
}

fn read_place(bytes: &[u8]) -> Result<JournalCursor, Failure> {
    let place = || {
        let (time, id) = bytes.split_first_chunk::<8>()?;
        let time = (u64::from_be_bytes(*time) ^ SIGN).cast_signed();
        Some(JournalCursor { time, id: Uuid::from_bytes(id.try_into().ok()?) })
    };
    place().ok_or_else(|| StoreError::corrupt("an index of the journal names no place").into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::new(text).unwrap()
    }

    proptest! {
        #[test]
        fn places_sort_as_bytes_and_come_back(a: i64, b: i64, id: u128, other: u128) {
            let a = JournalCursor { time: a, id: Uuid::from_u128(id) };
            let b = JournalCursor { time: b, id: Uuid::from_u128(other) };
            prop_assert_eq!(place_bytes(a).cmp(&place_bytes(b)), a.cmp(&b));
            prop_assert_eq!(place_at_end(&subject_key(&topic("t"), Some("s"), a)).unwrap(), a);
        }

        #[test]
        fn a_range_holds_the_keys_of_its_topic_and_subject_alone(
            topics in prop::array::uniform2(prop::sample::select(vec!["a", "a!", "a/b", "aa", "é"])),
            subjects in prop::array::uniform2(prop::option::of(prop::sample::select(vec!["a", "a!", "b", "é"]))),
            time: i64,
            id: u128,
        ) {
            let place = JournalCursor { time, id: Uuid::from_u128(id) };
            let is_theirs = topics[0] == topics[1];
            let (one, other) = (topic(topics[0]), topic(topics[1]));
            let key = subject_key(&other, subjects[1], place);
            let same_subject = subjects[0] == subjects[1];
            let all = keys_of_subject(&one, subjects[0], JournalCursor::FIRST..JournalCursor::LAST);
            prop_assert_eq!(all.contains(&key), is_theirs && same_subject && place < JournalCursor::LAST);
            for key in [key, entry_key(&other, place), id_key(&other, place.id), key_key(&other, "k")] {
                prop_assert_eq!(keys_of_topic(&one).contains(&key), is_theirs);
            }
        }
    }
}
