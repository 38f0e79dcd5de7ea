//! Queries of the journal, each in one transaction.

use std::ops::Range;

use redb::ReadableTable;

use super::super::failure::Failure;
use super::super::tables::ReadTable;
use super::tables::{
    JournalTables, keys_of_places, keys_of_subject, keys_of_topic, place_at_end, read_entry,
};
use crate::{JournalCursor, JournalEntry, JournalListing, JournalPage, Topic};

pub(super) type Tables = JournalTables<ReadTable>;

impl Tables {
    pub(super) fn topics(&self) -> Result<Vec<Topic>, Failure> {
        let (mut topics, mut from) = (Vec::new(), Vec::new());
        // From topic to topic: an entry is read for each, and not all of them.
        while let Some(first) = ReadableTable::range(&self.entries, from.as_slice()..)?.next() {
            let (key, value) = first?;
            let topic = read_entry(key.value(), value.value())?.topic;
            from = keys_of_topic(&topic).end;
            topics.push(topic);
        }
        Ok(topics)
    }

    pub(super) fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, Failure> {
        // In the keys an empty subject stands for nobody: asked for as a name, it would find those entries.
        if !JournalEntry::is_label(subject) {
            return Ok(None);
        }
        self.newest(topic, Some(subject), kind, JournalCursor::FIRST..JournalCursor::LAST)
    }

    pub(super) fn list(&self, topic: &Topic, page: &JournalPage) -> Result<JournalListing, Failure> {
        let Some(places) = page.range() else { return Ok(JournalListing::default()) };
        let Some(subject) = &page.subject else {
            return list(&self.entries, &keys_of_places(topic, places), page, |key, value| {
                let entry = read_entry(key, value)?;
                Ok(Some(entry).filter(|entry| page.selects(entry)))
            });
        };
        // By the index, so that a page about one person does not read the whole topic. The kind stands in the
        // index too, so that entries of others are not read.
        list(&self.subjects, &keys_of_subject(topic, Some(subject), places), page, |key, kind| {
            if page.kind.as_ref().is_some_and(|wanted| wanted.as_bytes() != kind) {
                return Ok(None);
            }
            self.about(topic, Some(subject), place_at_end(key)?).map(Some)
        })
    }
}

/// The page of the entries that `read` makes of a table's records, or leaves out.
fn list(
    table: &ReadTable,
    keys: &Range<Vec<u8>>,
    page: &JournalPage,
    read: impl Fn(&[u8], &[u8]) -> Result<Option<JournalEntry>, Failure>,
) -> Result<JournalListing, Failure> {
    let records = ReadableTable::range(table, keys.start.as_slice()..keys.end.as_slice())?;
    // Boxed because the two directions are iterators of different types.
    let ordered: Box<dyn Iterator<Item = _>> =
        if page.newest_first { Box::new(records.rev()) } else { Box::new(records) };
    let entries = ordered.filter_map(|record| match record {
        Ok((key, value)) => read(key.value(), value.value()).transpose(),
        Err(error) => Some(Err(error.into())),
    });
    JournalListing::from_entries(entries, page.limit)
}
