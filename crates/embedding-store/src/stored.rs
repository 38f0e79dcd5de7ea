//! What a store holds, record by record, as it is at one moment.

use futures_core::stream::BoxStream;

use crate::{EventRecord, EventSnapshot, FaceSample, JournalEntry, StoreError, UserRecord};

/// One record of a store or of its journal.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredRecord {
    /// An event.
    Event(EventRecord),
    /// A user of the last event.
    User(UserRecord),
    /// A face sample of the last user.
    Sample(FaceSample),
    /// An entry of the journal.
    Entry(JournalEntry),
}

/// The records of a store: each event before its users, each user before their samples, and all of these before the
/// entries of the journal. After an error nothing follows.
pub type StoredRecords<'a> = BoxStream<'a, Result<StoredRecord, StoreError>>;

impl EventSnapshot {
    /// The records of the event, its users and their samples, in the order of [`StoredRecords`].
    pub fn into_records(self) -> impl Iterator<Item = StoredRecord> {
        let of_users = self.users.into_iter().flat_map(|user| {
            let samples = user.samples.into_iter().map(StoredRecord::Sample);
            std::iter::once(StoredRecord::User(user.user)).chain(samples)
        });
        std::iter::once(StoredRecord::Event(self.event)).chain(of_users)
    }
}
