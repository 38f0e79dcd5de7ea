//! Reading a topic page by page, from either end.

use std::num::NonZeroUsize;
use std::ops::Range;

use time::OffsetDateTime;

use super::cursor::JournalCursor;
use super::entry::JournalEntry;
use crate::page::take_page;

/// Which entries of a topic to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPage {
    /// The newest entries first, else the oldest.
    pub newest_first: bool,
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<JournalCursor>,
    /// At most this many entries; a page ends earlier where they would be more than
    /// [`MAX_PAGE_BYTES`](crate::MAX_PAGE_BYTES).
    pub limit: NonZeroUsize,
    /// Only those about this subject.
    pub subject: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those at this time or later.
    pub since: Option<OffsetDateTime>,
    /// Only those before this time.
    pub until: Option<OffsetDateTime>,
}

/// One page of a topic; the default has no entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JournalListing {
    /// The entries, in the order that was asked for.
    pub items: Vec<JournalEntry>,
    /// Where the next page starts; `None` when there is none.
    pub next: Option<JournalCursor>,
}

impl JournalPage {
    /// The oldest `limit` entries.
    #[must_use]
    pub fn oldest(limit: NonZeroUsize) -> Self {
        let (after, subject, kind, since, until) = (None, None, None, None, None);
        Self { newest_first: false, after, limit, subject, kind, since, until }
    }

    /// The newest `limit` entries.
    #[must_use]
    pub fn newest(limit: NonZeroUsize) -> Self {
        Self { newest_first: true, ..Self::oldest(limit) }
    }

    /// The places of the entries that the page and those after it have; `None` when there can be none, since it
    /// asks for a kind or a subject that no entry has, or for no time. Of the entries in the range those count
    /// that [`JournalPage::selects`].
    #[must_use]
    pub fn range(&self) -> Option<Range<JournalCursor>> {
        let mut start = self.since.map_or(JournalCursor::FIRST, JournalCursor::start_of);
        let mut end = self.until.map_or(JournalCursor::LAST, JournalCursor::start_of);
        // The end of a range is excluded and its start is not,
        // so only the start has to step over the cursor's entry.
        match self.after {
            Some(place) if self.newest_first => end = end.min(place),
            Some(place) => start = start.max(place.next()),
            None => {}
        }
        // Clients send such texts. No entry has them, and with a NUL in it a text could read as another key.
        let labels = [&self.subject, &self.kind];
        let can_be = labels.into_iter().flatten().all(|label| JournalEntry::is_label(label));
        Some(start..end).filter(|places| can_be && !places.is_empty())
    }

    /// Whether an entry of [`JournalPage::range`] is of the subject and the kind that the page asks for.
    #[must_use]
    pub fn selects(&self, entry: &JournalEntry) -> bool {
        let subject = self.subject.is_none() || self.subject == entry.subject;
        subject && self.kind.as_ref().is_none_or(|kind| *kind == entry.kind)
    }
}

impl JournalListing {
    /// Makes a page of the entries that it and those after it have, in the order that is asked for. At most
    /// `limit` and one more are taken.
    ///
    /// # Errors
    /// That of the first entry on the page that could not be read.
    pub fn from_entries<E>(
        entries: impl IntoIterator<Item = Result<JournalEntry, E>>,
        limit: NonZeroUsize,
    ) -> Result<Self, E> {
        let (items, next) = take_page(entries, limit, |entry| JournalCursor::from(entry))?;
        Ok(Self { items, next })
    }
}
