//! Reads: each in one transaction, which sees the file as the last commit left it.

use std::ops::Range;

use redb::{Database, ReadableDatabase, ReadableTable};

use super::failure::Failure;
use super::keys;
use super::load;
use super::tables::{EVENTS, ReadTable, SAMPLES, Tables, USERS, read_event, read_user};
use crate::{
    EventName, EventRecord, EventSnapshot, FaceSample, Keyring, Listing, Page, UserRecord, Username,
};

pub(super) struct Query {
    tables: Tables<ReadTable>,
}

impl Query {
    pub(super) fn begin(database: &Database, keyring: &Keyring) -> Result<Self, Failure> {
        let transaction = database.begin_read()?;
        let tables = Tables {
            events: transaction.open_table(EVENTS)?,
            users: transaction.open_table(USERS)?,
            samples: transaction.open_table(SAMPLES)?,
            keyring: keyring.clone(),
        };
        // The tables hold on to the transaction, so all of them go on seeing the same moment.
        Ok(Self { tables })
    }

    pub(super) fn event(&self, event: &EventName) -> Result<Option<EventRecord>, Failure> {
        self.tables.event(event)
    }

    pub(super) fn list_events(&self, page: &Page) -> Result<Listing<EventRecord>, Failure> {
        // By key and not by count: events that came or went before the cursor do not shift the page.
        let start = page.after.as_ref().map_or_else(Vec::new, |place| keys::behind_event(place.as_str()));
        let records = scan(&self.tables.events, start, None, read_event)?;
        Listing::from_records(records, page.limit, |event| event.name.as_str())
    }

    pub(super) fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, Failure> {
        self.tables.user(event, user)
    }

    pub(super) fn list_users(&self, event: &EventName, page: &Page) -> Result<Listing<UserRecord>, Failure> {
        // An empty list must not stand for an event that is not there.
        self.tables.check_event(event)?;
        let Range { start, end } = keys::range_of_event(event);
        let start = page.after.as_ref().map_or(start, |place| keys::behind_user(event, place.as_str()));
        let records = scan(&self.tables.users, start, Some(end), read_user)?;
        Listing::from_records(records, page.limit, |user| user.name.as_str())
    }

    pub(super) fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, Failure> {
        self.tables.check_user(event, user)?;
        let Range { start, end } = keys::range_of_user(event, user);
        self.scan_samples(start, end)?.collect()
    }

    pub(super) fn load_event(&self, event: &EventName) -> Result<EventSnapshot, Failure> {
        load::load_event(&self.tables, event)
    }
}

impl Query {
    fn scan_samples(
        &self,
        start: Vec<u8>,
        end: Vec<u8>,
    ) -> Result<impl Iterator<Item = Result<FaceSample, Failure>> + '_, Failure> {
        let read = |key: &[u8], value: &[u8]| self.tables.read_sample(key, value);
        scan(&self.tables.samples, start, Some(end), read)
    }
}

/// The records from `start` on and before `end`, in the order of their keys.
fn scan<'a, T: 'a>(
    table: &'a ReadTable,
    start: Vec<u8>,
    end: Option<Vec<u8>>,
    read: impl Fn(&[u8], &[u8]) -> Result<T, Failure> + 'a,
) -> Result<impl Iterator<Item = Result<T, Failure>> + 'a, Failure> {
    let entries = match end {
        Some(end) => ReadableTable::range(table, start.as_slice()..end.as_slice())?,
        None => ReadableTable::range(table, start.as_slice()..)?,
    };
    Ok(entries.map(move |entry| {
        let (key, value) = entry?;
        read(key.value(), value.value())
    }))
}
