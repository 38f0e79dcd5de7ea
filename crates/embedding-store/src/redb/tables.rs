//! The tables and their records. A record that is not the one its key names counts as damaged.

use redb::{ReadOnlyTable, ReadableTable, Table, TableDefinition};

use super::failure::Failure;
use super::keys;
use crate::{EventName, EventRecord, FaceSample, Keyring, StoreError, UserRecord, Username};

/// Keys and values are our own bytes: the engine's types for them change between its versions.
pub(super) type Bytes = &'static [u8];

/// A table of a transaction that only reads.
pub(super) type ReadTable = ReadOnlyTable<Bytes, Bytes>;

/// The tables of a transaction that writes.
pub(super) type WriteTables<'t> = Tables<Table<'t, Bytes, Bytes>>;

pub(super) const FORMAT: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("face store format");
/// Key of the format's version, a little-endian u32, in [`FORMAT`].
pub(super) const VERSION: &[u8] = b"version";
/// Key of the keyring's record in [`FORMAT`], from format 2 on.
pub(super) const KEY_RECORD: &[u8] = b"keys";
pub(super) const EVENTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("events");
pub(super) const USERS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("users");
pub(super) const SAMPLES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("samples");

/// The tables of one transaction, for reading or for writing.
pub(super) struct Tables<T> {
    pub(super) events: T,
    pub(super) users: T,
    pub(super) samples: T,
    pub(super) keyring: Keyring,
}

impl<T: ReadableTable<Bytes, Bytes>> Tables<T> {
    pub(super) fn event(&self, event: &EventName) -> Result<Option<EventRecord>, Failure> {
        let key = keys::event(event);
        self.events.get(key.as_slice())?.map(|value| read_event(&key, value.value())).transpose()
    }

    pub(super) fn existing_event(&self, event: &EventName) -> Result<EventRecord, Failure> {
        self.event(event)?.ok_or_else(|| StoreError::event_not_found(event).into())
    }

    /// Whether the event is there, its record readable or not.
    pub(super) fn check_event(&self, event: &EventName) -> Result<(), Failure> {
        // The record is not parsed, so that a damaged event or user can still be deleted.
        match self.events.get(keys::event(event).as_slice())? {
            Some(_) => Ok(()),
            None => Err(StoreError::event_not_found(event).into()),
        }
    }

    pub(super) fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, Failure> {
        let key = keys::user(event, user);
        self.users.get(key.as_slice())?.map(|value| read_user(&key, value.value())).transpose()
    }

    /// Whether the user is there, the record readable or not.
    pub(super) fn check_user(&self, event: &EventName, user: &Username) -> Result<(), Failure> {
        self.check_event(event)?;
        match self.users.get(keys::user(event, user).as_slice())? {
            Some(_) => Ok(()),
            None => Err(StoreError::user_not_found(event, user).into()),
        }
    }

    /// The sample that has the place of this one.
    pub(super) fn sample_in_place_of(&self, sample: &FaceSample) -> Result<Option<FaceSample>, Failure> {
        let key = keys::sample(sample);
        self.samples.get(key.as_slice())?.map(|value| self.read_sample(&key, value.value())).transpose()
    }

    pub(super) fn count_samples(&self, event: &EventName, user: &Username) -> Result<usize, Failure> {
        let keys = keys::range_of_user(event, user);
        // Each entry is looked at: to read on can fail, and that must not pass for the end.
        self.samples.range(keys.start.as_slice()..keys.end.as_slice())?.try_fold(0, |count, entry| {
            entry?;
            Ok(count + 1)
        })
    }

    pub(super) fn has_samples(&self, event: &EventName) -> Result<bool, Failure> {
        let keys = keys::range_of_event(event);
        let first = self.samples.range(keys.start.as_slice()..keys.end.as_slice())?.next().transpose()?;
        Ok(first.is_some())
    }

    pub(super) fn read_sample(&self, key: &[u8], value: &[u8]) -> Result<FaceSample, Failure> {
        read_sample(&self.keyring, key, value)
    }
}

pub(super) fn read_sample(keyring: &Keyring, key: &[u8], value: &[u8]) -> Result<FaceSample, Failure> {
    let sample = keyring.open(value)?;
    belongs(keys::sample(&sample) == key, "face sample").map(|()| sample)
}

pub(super) fn read_event(key: &[u8], value: &[u8]) -> Result<EventRecord, Failure> {
    let record = EventRecord::from_bytes(value)?;
    belongs(keys::event(&record.name) == key, "event").map(|()| record)
}

pub(super) fn read_user(key: &[u8], value: &[u8]) -> Result<UserRecord, Failure> {
    let record = UserRecord::from_bytes(value)?;
    belongs(keys::user(&record.event, &record.name) == key, "user").map(|()| record)
}

pub(super) fn belongs(matches: bool, what: &str) -> Result<(), Failure> {
    // A right checksum says that a record is whole, not that it is the one asked for. One
    // that was put under another key, in memory or in a copy, would answer for somebody else.
    if matches {
        Ok(())
    } else {
        Err(StoreError::corrupt(format!("a record of kind {what} lies under the key of another one")).into())
    }
}
