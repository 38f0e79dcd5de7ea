//! Where an entry stands among those of its topic, and where a page of them starts.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use time::OffsetDateTime;
use uuid::Uuid;

use super::entry::JournalEntry;

/// A place in a topic, in whichever order it is read: by time, then by id. To clients an opaque text.
///
/// It stays good when the topic changes: entries that were there throughout are seen exactly once. To follow a
/// topic, read it oldest first and on from the last entry (`JournalCursor::from(&entry)`); an entry of an earlier
/// time that comes later, from a server whose clock is behind, is passed over so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalCursor {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// The id of the entry that stands here, or of none.
    pub id: Uuid,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor: take one from a listing as it is")]
pub struct InvalidCursor;

impl JournalCursor {
    /// At or before all entries.
    pub const FIRST: Self = Self { time: i64::MIN, id: Uuid::nil() };
    /// Behind all entries: no id is the greatest one.
    pub const LAST: Self = Self { time: i64::MAX, id: Uuid::max() };

    /// Before all entries of this time, and behind all earlier ones.
    #[must_use]
    pub fn start_of(time: OffsetDateTime) -> Self {
        Self { time: nanoseconds(time), id: Uuid::nil() }
    }

    /// The places of what keeps an entry of `time` out: from `since` on, and as long after `time` as that is before it.
    // What a clock that was ahead has written would otherwise keep others out until that time has come.
    #[must_use]
    pub fn around(time: OffsetDateTime, since: OffsetDateTime) -> Range<Self> {
        let (time, since) = (nanoseconds(time), nanoseconds(since));
        let until = time.saturating_add(time.saturating_sub(since).max(0)).max(since);
        Self { time: since, id: Uuid::nil() }..Self { time: until, id: Uuid::max() }
    }

    /// The least place behind this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.id.as_u128().checked_add(1) {
            Some(id) => Self { time: self.time, id: Uuid::from_u128(id) },
            None => Self { time: self.time.saturating_add(1), id: Uuid::nil() },
        }
    }
}

/// The place of an entry that can be stored.
impl From<&JournalEntry> for JournalCursor {
    fn from(entry: &JournalEntry) -> Self {
        Self { time: nanoseconds(entry.time), id: entry.id }
    }
}

/// Nanoseconds since 1970; of a time outside of what these can say, the nearest that they can.
fn nanoseconds(time: OffsetDateTime) -> i64 {
    // Only times to compare with can be out of reach: an entry's own is checked before it is stored.
    let nanoseconds = time.unix_timestamp_nanos();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// As text, to hand to a client and take back.
impl fmt::Display for JournalCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time, self.id.simple())
    }
}

impl FromStr for JournalCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (time, id) = text.split_once('.').ok_or(InvalidCursor)?;
        let time = time.parse().map_err(|_| InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        Ok(Self { time, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text_and_other_texts_are_none() {
        for cursor in
            [JournalCursor::FIRST, JournalCursor::LAST, JournalCursor { time: -1, id: Uuid::now_v7() }]
        {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in ["", ".", "1", "1.", "1.x", "x.0190163d8694739baea5966c26f8ad90", "'; DROP TABLE journal"]
        {
            assert_eq!(text.parse::<JournalCursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
