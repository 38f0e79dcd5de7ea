//! Looking things up in the journal: each in one transaction.

use redb::{AccessGuard, StorageError};

use super::super::failure::Failure;
use super::super::tables::{Bytes, ReadTable};
use super::tables::{JournalTables, end_of, of_places, of_subject, read_entry};
use crate::{JournalCursor, JournalEntry, JournalListing, JournalPage, Topic};

pub(super) type Tables = JournalTables<ReadTable>;

type Found<'a> = Result<(AccessGuard<'a, Bytes>, AccessGuard<'a, Bytes>), StorageError>;

impl Tables {
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
        self.newest(topic, Some(subject), kind, JournalCursor::FIRST)
    }

    pub(super) fn list(&self, topic: &Topic, page: &JournalPage) -> Result<JournalListing, Failure> {
        let Some(places) = page.range() else { return Ok(JournalListing::default()) };
        // By the index, so that a page about one person does not read the whole topic.
        if let Some(subject) = &page.subject {
            let keys = of_subject(topic, Some(subject), places);
            let found = self.subjects.range(keys.start.as_slice()..keys.end.as_slice())?;
            // The kind stands in the index, so that entries of others are not read.
            let is_of_kind = |value: &[u8]| page.kind.as_ref().is_none_or(|kind| kind.as_bytes() == value);
            let read = |entry: Found<'_>| {
                let read = || {
                    let (key, value) = entry?;
                    if !is_of_kind(value.value()) {
                        return Ok(None);
                    }
                    self.about(topic, Some(subject), end_of(key.value())?).map(Some)
                };
                read().transpose()
            };
            return JournalListing::from_entries(
                ordered(found, page.newest_first).filter_map(read),
                page.limit,
            );
        }
        let keys = of_places(topic, places);
        let found = self.entries.range(keys.start.as_slice()..keys.end.as_slice())?;
        let read = |entry: Found<'_>| {
            let read = || {
                let (key, value) = entry?;
                let entry = read_entry(key.value(), value.value())?;
                Ok(Some(entry).filter(|entry| page.selects(entry)))
            };
            read().transpose()
        };
        JournalListing::from_entries(ordered(found, page.newest_first).filter_map(read), page.limit)
    }
}

fn ordered<'a, T>(
    found: impl DoubleEndedIterator<Item = T> + 'a,
    newest_first: bool,
) -> Box<dyn Iterator<Item = T> + 'a> {
    // Boxed because the two directions are iterators of different types.
    if newest_first { Box::new(found.rev()) } else { Box::new(found) }
}
