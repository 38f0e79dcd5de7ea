//! A whole event at once, its records read on all cores: to check and to parse them is what takes long.

use std::iter;
use std::ops::Range;

use rayon::prelude::*;
use redb::ReadableTable;

use super::failure::Failure;
use super::keys;
use super::tables::{ReadTable, Tables, read_sample, read_user};
use crate::{EventName, EventSnapshot, StoreError, UserSnapshot};

/// Records that are held as they lie in the file, before they are parsed.
// Each entry keeps its page in memory, so this bounds what is held beside the records that are made of it.
const BATCH: usize = 8192;

pub(super) fn load_event(tables: &Tables<ReadTable>, event: &EventName) -> Result<EventSnapshot, Failure> {
    let record = tables.existing_event(event)?;
    let place = keys::range_of_event(event);
    let users = records(&tables.users, &place, read_user)?;
    let keyring = &tables.keyring;
    let samples = records(&tables.samples, &place, |key, value| read_sample(keyring, key, value))?;
    // Both tables go by the user's name first, so one walk over each finds every user's samples.
    let mut samples = samples.into_iter().peekable();
    let with_samples = users.into_iter().map(|user| {
        let samples = iter::from_fn(|| samples.next_if(|sample| *sample.user() == user.name)).collect();
        UserSnapshot { user, samples }
    });
    let users = with_samples.collect();
    // A sample whose user is missing stops the walk above and is left over. Both
    // tables are of one transaction, so that is damage and no write in between.
    if samples.next().is_some() {
        let what = format!("a face sample of event '{event}' belongs to a user who is not there");
        return Err(StoreError::corrupt(what).into());
    }
    Ok(EventSnapshot { event: record, users })
}

/// The records whose keys lie in `place`, in the order of their keys.
fn records<T: Send>(
    table: &ReadTable,
    place: &Range<Vec<u8>>,
    read: impl Fn(&[u8], &[u8]) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let mut entries = ReadableTable::range(table, place.start.as_slice()..place.end.as_slice())?;
    let mut records = Vec::new();
    loop {
        let batch = entries.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
        if batch.is_empty() {
            return Ok(records);
        }
        // Collecting keeps the order of the keys, which the walk over users and samples depends on.
        let read = batch.par_iter().map(|(key, value)| read(key.value(), value.value()));
        records.extend(read.collect::<Result<Vec<_>, _>>()?);
    }
}
