//! Writes to the journal: each checks everything before it changes anything, as all commands do.

use redb::{ReadableTable, Table, WriteTransaction};
use time::OffsetDateTime;

use super::super::applied::Applied;
use super::super::failure::Failure;
use super::super::tables::Bytes;
use super::tables::{
    JournalTables, entry_key, id_key, key_key, keys_of_places, keys_of_subject, keys_of_topic, place_at_end,
    place_bytes, read_entry, subject_key, time_bytes,
};
use crate::{Appended, Erase, JournalCursor, JournalEntry, StoreError, Topic};

/// One write to the journal.
#[derive(Debug)]
pub(in super::super) enum JournalWrite {
    Append(JournalEntry, Option<OffsetDateTime>),
    Amend(JournalEntry),
    Erase(Topic, Erase),
}

type WriteTables<'t> = JournalTables<Table<'t, Bytes, Bytes>>;

impl JournalWrite {
    pub(in super::super) fn apply(&self, transaction: &WriteTransaction) -> Result<Applied, Failure> {
        // Opened here and not with the others: most commits are of faces, and leave the journal alone.
        let mut tables = JournalTables::open(transaction)?;
        match self {
            Self::Append(entry, unless_since) => append(&mut tables, entry, *unless_since),
            Self::Amend(entry) => amend(&mut tables, entry),
            Self::Erase(topic, what) => erase(&mut tables, topic, what),
        }
    }
}

fn append(
    tables: &mut WriteTables<'_>,
    entry: &JournalEntry,
    unless_since: Option<OffsetDateTime>,
) -> Result<Applied, Failure> {
    let bytes = entry.to_bytes()?;
    // One thread makes all writes, so nobody appends between this check and the insertions below.
    if let Some(kept_out) = kept_out(tables, entry, unless_since)? {
        return Ok(Applied { changed: false, count: 0, kept_out: Some(kept_out) });
    }
    let (topic, place) = (&entry.topic, JournalCursor::from(entry));
    tables.entries.insert(entry_key(topic, place).as_slice(), bytes.as_slice())?;
    tables.ids.insert(id_key(topic, place.id).as_slice(), time_bytes(place.time).as_slice())?;
    if let Some(key) = &entry.key {
        tables.keys.insert(key_key(topic, key).as_slice(), place_bytes(place).as_slice())?;
    }
    index_subject(tables, entry)?;
    Ok(Applied::CHANGED)
}

/// What keeps an entry out.
fn kept_out(
    tables: &WriteTables<'_>,
    entry: &JournalEntry,
    unless_since: Option<OffsetDateTime>,
) -> Result<Option<Appended>, Failure> {
    let topic = &entry.topic;
    // Id and key before the time: a request that comes again is to
    // get its own entry, and not another one of a moment ago.
    let mut present = tables.by_id(topic, entry.id)?;
    if let (None, Some(key)) = (&present, &entry.key) {
        present = tables.by_key(topic, key)?;
    }
    if let Some(present) = present {
        return Ok(Some(Appended::Repeated(present)));
    }
    let Some(since) = unless_since else { return Ok(None) };
    let places = JournalCursor::around(entry.time, since);
    let recent = tables.newest(topic, entry.subject.as_deref(), &entry.kind, places)?;
    Ok(recent.map(Appended::Recent))
}

fn amend(tables: &mut WriteTables<'_>, entry: &JournalEntry) -> Result<Applied, Failure> {
    // As the caller gave it, parts that an amendment leaves
    // alone included, so that every store refuses the same.
    entry.check_storable()?;
    let topic = &entry.topic;
    let Some(present) = tables.by_id(topic, entry.id)? else {
        return Err(StoreError::entry_not_found(topic, entry.id).into());
    };
    let amended = entry.clone().amending(&present)?;
    let (place, bytes) = (JournalCursor::from(&present), amended.to_bytes()?);
    tables.entries.insert(entry_key(topic, place).as_slice(), bytes.as_slice())?;
    // Time, id and key stay, so the other indexes still hold.
    tables.subjects.remove(subject_key(topic, present.subject.as_deref(), place).as_slice())?;
    index_subject(tables, &amended)?;
    Ok(Applied::CHANGED)
}

fn index_subject(tables: &mut WriteTables<'_>, entry: &JournalEntry) -> Result<(), Failure> {
    let key = subject_key(&entry.topic, entry.subject.as_deref(), JournalCursor::from(entry));
    tables.subjects.insert(key.as_slice(), entry.kind.as_bytes())?;
    Ok(())
}

fn erase(tables: &mut WriteTables<'_>, topic: &Topic, what: &Erase) -> Result<Applied, Failure> {
    let count = match what {
        Erase::All => return erase_all(tables, topic),
        Erase::Subject(subject) if JournalEntry::is_label(subject) => {
            // Read whole before anything is removed: one entry that cannot be read refuses the
            // erasure, and a refused write leaves the transaction that it shares as it was.
            let places = about(tables, topic, subject)?;
            let entries = places.into_iter().map(|place| tables.about(topic, Some(subject), place));
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            remove(tables, &entries)?
        }
        // No entry has such a subject, but in the keys an empty one stands for nobody.
        Erase::Subject(_) => 0,
        Erase::Before(time) => {
            let entries = before(tables, topic, *time)?;
            remove(tables, &entries)?
        }
    };
    Ok(Applied::counting(count > 0, count))
}

/// By the keys alone, so that damaged entries go too.
fn erase_all(tables: &mut WriteTables<'_>, topic: &Topic) -> Result<Applied, Failure> {
    let (keys, mut count) = (keys_of_topic(topic), 0);
    tables.entries.retain_in(keys.start.as_slice()..keys.end.as_slice(), |_, _| {
        count += 1;
        false
    })?;
    for index in [&mut tables.ids, &mut tables.keys, &mut tables.subjects] {
        index.retain_in(keys.start.as_slice()..keys.end.as_slice(), |_, _| false)?;
    }
    Ok(Applied::counting(count > 0, count))
}

fn about(tables: &WriteTables<'_>, topic: &Topic, subject: &str) -> Result<Vec<JournalCursor>, Failure> {
    let keys = keys_of_subject(topic, Some(subject), JournalCursor::FIRST..JournalCursor::LAST);
    let records = tables.subjects.range(keys.start.as_slice()..keys.end.as_slice())?;
    records.map(|record| place_at_end(record?.0.value())).collect()
}

fn before(
    tables: &WriteTables<'_>,
    topic: &Topic,
    time: OffsetDateTime,
) -> Result<Vec<JournalEntry>, Failure> {
    let keys = keys_of_places(topic, JournalCursor::FIRST..JournalCursor::start_of(time));
    let records = tables.entries.range(keys.start.as_slice()..keys.end.as_slice())?;
    let read = records.map(|record| {
        let (key, value) = record?;
        read_entry(key.value(), value.value())
    });
    read.collect()
}

fn remove(tables: &mut WriteTables<'_>, entries: &[JournalEntry]) -> Result<usize, Failure> {
    for entry in entries {
        let (topic, place) = (&entry.topic, JournalCursor::from(entry));
        // From the indexes too: one that named an entry which is gone would be taken for damage.
        tables.entries.remove(entry_key(topic, place).as_slice())?;
        tables.ids.remove(id_key(topic, place.id).as_slice())?;
        if let Some(key) = &entry.key {
            tables.keys.remove(key_key(topic, key).as_slice())?;
        }
        tables.subjects.remove(subject_key(topic, entry.subject.as_deref(), place).as_slice())?;
    }
    Ok(entries.len())
}
