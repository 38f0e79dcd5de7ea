//! Where an entry stands among those of its topic.

use time::OffsetDateTime;
use uuid::Uuid;

use super::JournalEntry;

/// The place of an entry: by time, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Nanoseconds since 1970.
    pub(crate) time: i64,
    pub(crate) id: Uuid,
}

impl Place {
    pub(crate) const FIRST: Self = Self { time: i64::MIN, id: Uuid::nil() };
    /// No entry stands here: no id is the greatest one.
    pub(crate) const LAST: Self = Self { time: i64::MAX, id: Uuid::max() };

    /// The place of an entry that can be stored.
    pub(crate) fn of(entry: &JournalEntry) -> Self {
        Self { time: nanoseconds(entry.time), id: entry.id }
    }

    /// Before all entries of this time, and behind all earlier ones.
    pub(crate) fn before_all_at(time: OffsetDateTime) -> Self {
        Self { time: nanoseconds(time), id: Uuid::nil() }
    }

    /// The least place behind this one.
    pub(crate) fn next(self) -> Self {
        match self.id.as_u128().checked_add(1) {
            Some(id) => Self { time: self.time, id: Uuid::from_u128(id) },
            None => Self { time: self.time.saturating_add(1), id: Uuid::nil() },
        }
    }
}

/// Nanoseconds since 1970; of a time outside of what these can say, the nearest that they can.
pub(super) fn nanoseconds(time: OffsetDateTime) -> i64 {
    // Only times to compare with can be out of reach: an entry's own is checked before it is stored.
    let nanoseconds = time.unix_timestamp_nanos();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}
