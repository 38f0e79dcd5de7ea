//! Everything in the file as one transaction sees it, handed on record by record while others read and write.

use std::future::ready;

use futures_util::stream::{self, StreamExt, poll_fn};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata};
use tokio::sync::mpsc::{self, Sender};

use super::failure::Failure;
use super::journal::tables::{JournalTables, read_entry};
use super::keys;
use super::open_file::OpenFile;
use super::tables::{EVENTS, SAMPLES, Tables, USERS, read_event, read_user};
use crate::{Keyring, StoreError, StoredRecord, StoredRecords};

/// Records that are read ahead of whoever takes them.
const AHEAD: usize = 16;

/// All records of the file; of one that is for a journal alone, its entries.
pub(super) fn stored_records(file: &OpenFile) -> StoredRecords<'_> {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let keyring = file.keyring.clone();
    // It holds the file as a backup does: a compaction, or a reopening after an error, waits until it has ended.
    let read = file.read(move |database| read_all(database, keyring, &sender));
    let records = poll_fn(move |context| receiver.poll_recv(context)).map(Ok);
    let failure = stream::once(read).filter_map(|ended| ready(ended.err().map(Err)));
    stream::select(records, failure).boxed()
}

fn read_all(database: &Database, keyring: Keyring, taker: &Sender<StoredRecord>) -> Result<(), Failure> {
    let take = |record| {
        // Nobody hears of this error: whoever took the records has gone.
        let gone = |_| StoreError::unavailable(false, "the records are not taken any more");
        taker.blocking_send(record).map_err(gone)
    };
    // One transaction, one moment.
    let transaction = database.begin_read()?;
    let tables = Tables {
        events: transaction.open_table(EVENTS)?,
        users: transaction.open_table(USERS)?,
        samples: transaction.open_table(SAMPLES)?,
        keyring,
    };
    let (mut users, mut samples) = (0, 0);
    for entry in tables.events.iter()? {
        let (key, value) = entry?;
        let event = read_event(key.value(), value.value())?;
        let of_event = keys::range_of_event(&event.name);
        take(StoredRecord::Event(event))?;
        for entry in ReadableTable::range(&tables.users, of_event.start.as_slice()..of_event.end.as_slice())?
        {
            let (key, value) = entry?;
            let user = read_user(key.value(), value.value())?;
            let of_user = keys::range_of_user(&user.event, &user.name);
            take(StoredRecord::User(user))?;
            users += 1;
            for entry in
                ReadableTable::range(&tables.samples, of_user.start.as_slice()..of_user.end.as_slice())?
            {
                let (key, value) = entry?;
                take(StoredRecord::Sample(tables.read_sample(key.value(), value.value())?))?;
                samples += 1;
            }
        }
    }
    // What belongs to nobody was passed over above, and must not look as if it were not there.
    if (users, samples) != (tables.users.len()?, tables.samples.len()?) {
        return Err(StoreError::corrupt(
            "a user or a face sample belongs to an event or user who is not there",
        )
        .into());
    }
    for entry in JournalTables::in_transaction(&transaction)?.entries.iter()? {
        let (key, value) = entry?;
        take(StoredRecord::Entry(read_entry(key.value(), value.value())?))?;
    }
    Ok(())
}
