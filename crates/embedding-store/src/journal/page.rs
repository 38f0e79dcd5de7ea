//! Reading a topic page by page, from either end.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;

use time::OffsetDateTime;
use uuid::Uuid;

use super::place::Place;
use super::{JournalEntry, is_label};

/// Which entries of a topic to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPage {
    /// The newest entries first, else the oldest.
    pub newest_first: bool,
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<JournalCursor>,
    /// At most this many entries.
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

/// One page of a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalListing {
    /// The entries, in the order that was asked for.
    pub items: Vec<JournalEntry>,
    /// Where the next page starts; `None` when there is none.
    pub next: Option<JournalCursor>,
}

/// A place in a topic, in whichever order it is read. Opaque to callers.
///
/// It stays good when the topic changes: entries that were there throughout are seen exactly once. To follow a
/// topic, read it oldest first and on from the last entry ([`JournalCursor::of`]); an entry of an earlier time
/// that comes later, from a server whose clock is behind, is passed over so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalCursor(pub(super) Place);

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor: take one from a listing as it is")]
pub struct InvalidCursor;

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
    /// asks for a kind or a subject that no entry has, or for no time.
    pub(crate) fn places(&self) -> Option<Range<Place>> {
        let mut start = self.since.map_or(Place::FIRST, Place::before_all_at);
        let mut end = self.until.map_or(Place::LAST, Place::before_all_at);
        // The end of a range is excluded and its start is not,
        // so only the start has to step over the cursor's entry.
        match self.after {
            Some(JournalCursor(place)) if self.newest_first => end = end.min(place),
            Some(JournalCursor(place)) => start = start.max(place.next()),
            None => {}
        }
        // Clients send such texts. No entry has them, and with a NUL in it a text could read as another key.
        let can_be = [&self.subject, &self.kind].into_iter().flatten().all(|label| is_label(label));
        Some(start..end).filter(|places| can_be && !places.is_empty())
    }

    /// Whether the page is about an entry of these places.
    pub(crate) fn is_about(&self, entry: &JournalEntry) -> bool {
        let subject = self.subject.is_none() || self.subject == entry.subject;
        subject && self.kind.as_ref().is_none_or(|kind| *kind == entry.kind)
    }
}

impl JournalListing {
    /// No entries.
    pub(crate) fn empty() -> Self {
        Self { items: vec![], next: None }
    }

    /// The page of entries that may be more than it has.
    pub(crate) fn of<E>(
        mut entries: impl Iterator<Item = Result<JournalEntry, E>>,
        limit: NonZeroUsize,
    ) -> Result<Self, E> {
        let items = entries.by_ref().take(limit.get()).collect::<Result<Vec<_>, E>>()?;
        // A damaged entry behind the page is for the page that it is on to report.
        let is_more = entries.next().is_some();
        let next = items.last().filter(|_| is_more).map(JournalCursor::of);
        Ok(Self { items, next })
    }
}

impl JournalCursor {
    /// The place of an entry.
    #[must_use]
    pub fn of(entry: &JournalEntry) -> Self {
        Self(Place::of(entry))
    }
}

/// As text, to hand to a client and take back.
impl fmt::Display for JournalCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.time, self.0.id.simple())
    }
}

impl FromStr for JournalCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (time, id) = text.split_once('.').ok_or(InvalidCursor)?;
        let time = time.parse().map_err(|_| InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        Ok(Self(Place { time, id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text_and_other_texts_are_none() {
        for place in [Place::FIRST, Place::LAST, Place { time: -1, id: Uuid::now_v7() }] {
            assert_eq!(JournalCursor(place).to_string().parse(), Ok(JournalCursor(place)));
        }
        for text in ["", ".", "1", "1.", "1.x", "x.0190163d8694739baea5966c26f8ad90", "'; DROP TABLE journal"]
        {
            assert_eq!(text.parse::<JournalCursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
