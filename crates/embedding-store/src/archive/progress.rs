//! How much an archive held.

use crate::EventName;

/// How much was exported, imported or read, so far or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Events.
    pub events: u64,
    /// Users, each with all samples.
    pub users: u64,
    /// Face samples.
    pub samples: u64,
    /// Entries of the journal, in a snapshot.
    pub entries: u64,
    /// Bytes of the archive, written or read.
    pub bytes: u64,
}

/// What an archive held, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How much it was.
    pub total: Progress,
    /// Events that the import found in the store with a record of their own, which they keep: their
    /// settings may differ from the archive's.
    pub kept_events: Vec<EventName>,
}
