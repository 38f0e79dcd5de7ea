//! Writes: each checks everything before it changes anything, so that one that is refused leaves no
//! trace in the transaction that it shares with others.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};
use uuid::Uuid;

use super::applied::Applied;
use super::failure::Failure;
use super::journal::writes::JournalWrite;
use super::tables::{EVENTS, FORMAT, KEY_RECORD, SAMPLES, Tables, USERS, WriteTables};
use super::{keys, moved_user};
use crate::{EventName, EventRecord, FaceSample, Keyring, StoreError, UserRecord, Username};

/// One write.
#[derive(Debug)]
pub(super) enum Command {
    CreateEvent(EventRecord),
    UpdateEvent(EventRecord),
    /// What it must still be, and what it is to be.
    ReplaceEvent(Box<[EventRecord; 2]>),
    DeleteEvent(EventName),
    AppendSample(FaceSample),
    /// All of one user.
    AppendSamples(Vec<FaceSample>),
    DeleteSample(EventName, Username, Uuid),
    UpdateUser(UserRecord),
    /// What it must still be, and what it is to be.
    ReplaceUser(Box<[UserRecord; 2]>),
    /// What it must still be, what it is to be, and what the one of that name must still be.
    MoveUser(Box<(UserRecord, UserRecord, Option<UserRecord>)>),
    DeleteUser(EventName, Username),
    Reseal(EventName, Username),
    FinishResealing,
    Journal(Box<JournalWrite>),
}

pub(super) fn open_tables<'t>(
    transaction: &'t WriteTransaction,
    keyring: &Keyring,
) -> Result<WriteTables<'t>, Failure> {
    Ok(Tables {
        events: transaction.open_table(EVENTS)?,
        users: transaction.open_table(USERS)?,
        samples: transaction.open_table(SAMPLES)?,
        keyring: keyring.clone(),
    })
}

impl Command {
    /// Applies the write to the transaction. After [`Failure::Refused`] the tables are as they were;
    /// after [`Failure::Broken`] the transaction is to be given up.
    pub(super) fn apply(
        &self,
        transaction: &WriteTransaction,
        tables: &mut WriteTables<'_>,
    ) -> Result<Applied, Failure> {
        match self {
            Self::CreateEvent(event) => create_event(tables, event),
            Self::UpdateEvent(event) => update_event(tables, event),
            Self::ReplaceEvent(records) => {
                let [seen, event] = &**records;
                if tables.existing_event(&event.name)? != *seen {
                    return Err(StoreError::event_changed(&event.name).into());
                }
                update_event(tables, event)
            }
            Self::DeleteEvent(event) => delete_event(tables, event),
            Self::AppendSample(sample) => append_samples(tables, std::slice::from_ref(sample)),
            Self::AppendSamples(samples) => append_samples(tables, samples),
            Self::DeleteSample(event, user, id) => delete_sample(tables, event, user, *id),
            Self::UpdateUser(user) => update_user(tables, user),
            Self::ReplaceUser(records) => {
                let [seen, user] = &**records;
                // Of one that is not there, `update_user` says so.
                if tables.user(&user.event, &user.name)?.is_some_and(|present| present != *seen) {
                    return Err(StoreError::user_changed(&user.event, &user.name).into());
                }
                update_user(tables, user)
            }
            Self::MoveUser(records) => {
                let (seen, to, onto) = &**records;
                moved_user::apply(tables, seen, to, onto.as_ref())
            }
            Self::DeleteUser(event, user) => delete_user(tables, event, user),
            Self::Reseal(event, user) => reseal(tables, event, user),
            Self::FinishResealing => finish_resealing(transaction, &tables.keyring),
            Self::Journal(write) => write.apply(transaction),
        }
    }
}

fn create_event(tables: &mut WriteTables<'_>, event: &EventRecord) -> Result<Applied, Failure> {
    let (key, bytes) = (keys::event(&event.name), event.to_bytes()?);
    if tables.events.get(key.as_slice())?.is_some() {
        return Err(StoreError::event_conflict(&event.name, "already exists").into());
    }
    tables.events.insert(key.as_slice(), bytes.as_slice())?;
    Ok(Applied::CHANGED)
}

fn update_event(tables: &mut WriteTables<'_>, event: &EventRecord) -> Result<Applied, Failure> {
    let bytes = event.to_bytes()?;
    let present = tables.existing_event(&event.name)?;
    // The samples that are there could not be compared with those of another model.
    if present.model != event.model && tables.has_samples(&event.name)? {
        return Err(StoreError::other_model(&event.name, &present.model).into());
    }
    tables.events.insert(keys::event(&event.name).as_slice(), bytes.as_slice())?;
    Ok(Applied::CHANGED)
}

fn delete_event(tables: &mut WriteTables<'_>, event: &EventName) -> Result<Applied, Failure> {
    tables.check_event(event)?;
    let keys = keys::range_of_event(event);
    // By the keys alone, so that damaged records go too.
    tables.samples.retain_in(keys.start.as_slice()..keys.end.as_slice(), |_, _| false)?;
    tables.users.retain_in(keys.start.as_slice()..keys.end.as_slice(), |_, _| false)?;
    tables.events.remove(keys::event(event).as_slice())?;
    Ok(Applied::CHANGED)
}

/// All or none of them; they are of one user. Counted once, so that many cost no more than they are.
fn append_samples(tables: &mut WriteTables<'_>, samples: &[FaceSample]) -> Result<Applied, Failure> {
    let Some(first) = samples.first() else { return Ok(Applied::counting(false, 0)) };
    let (event, name, model) = (first.event(), first.user(), first.embedding().model());
    let new_event = match tables.event(event)? {
        Some(present) if present.model != *model => {
            return Err(StoreError::other_model(event, &present.model).into());
        }
        Some(_) => None,
        None => Some(EventRecord::new(event.clone(), model.clone(), first.created()).to_bytes()?),
    };
    let present = tables.user(event, name)?;
    let count = tables.count_samples(event, name)?;
    let mut new = BTreeMap::new();
    for sample in samples {
        if sample.event() != event || sample.user() != name || sample.embedding().model() != model {
            return Err(StoreError::unstorable("the samples are not of one user and one model").into());
        }
        match tables.sample_in_place_of(sample)? {
            // The same append again, after an answer that did not arrive.
            Some(present) if present == *sample => continue,
            Some(_) => return Err(StoreError::taken_id(sample).into()),
            None => {}
        }
        // Twice among them is as one after the other.
        if new
            .insert(keys::sample(sample), (sample, tables.keyring.seal(sample)?))
            .is_some_and(|(other, _)| other != sample)
        {
            return Err(StoreError::taken_id(sample).into());
        }
    }
    let Some(latest) = new.values().map(|(sample, _)| sample.created()).max() else {
        return Ok(Applied::counting(false, count));
    };
    let new_user = match present {
        // An older sample, as from an import, does not move the time back.
        Some(present) if present.updated >= latest => None,
        Some(mut present) => {
            present.updated = latest;
            Some(present.to_bytes()?)
        }
        None => {
            let mut user = UserRecord::new(event.clone(), name.clone(), first.created());
            user.updated = latest;
            Some(user.to_bytes()?)
        }
    };

    // Only now, when nothing can be refused any more: a refused append must leave neither event nor user.
    if let Some(bytes) = new_event {
        tables.events.insert(keys::event(event).as_slice(), bytes.as_slice())?;
    }
    if let Some(bytes) = new_user {
        tables.users.insert(keys::user(event, name).as_slice(), bytes.as_slice())?;
    }
    for (key, (_, bytes)) in &new {
        tables.samples.insert(key.as_slice(), bytes.as_slice())?;
    }
    Ok(Applied::counting(true, count + new.len()))
}

fn delete_sample(
    tables: &mut WriteTables<'_>,
    event: &EventName,
    user: &Username,
    id: Uuid,
) -> Result<Applied, Failure> {
    tables.check_user(event, user)?;
    let key = keys::sample_id(event, user, id);
    if tables.samples.get(key.as_slice())?.is_none() {
        return Err(StoreError::sample_not_found(event, user, id).into());
    }
    let samples = tables.count_samples(event, user)?;
    // A user without a face could not be found by any search. To delete the user has a call of its own.
    if samples == 1 {
        return Err(StoreError::only_sample(event, user).into());
    }
    tables.samples.remove(key.as_slice())?;
    Ok(Applied::counting(true, samples - 1))
}

fn update_user(tables: &mut WriteTables<'_>, user: &UserRecord) -> Result<Applied, Failure> {
    let bytes = user.to_bytes()?;
    // The record that is there is not parsed, so that a damaged one can be replaced.
    tables.check_user(&user.event, &user.name)?;
    tables.users.insert(keys::user(&user.event, &user.name).as_slice(), bytes.as_slice())?;
    Ok(Applied::CHANGED)
}

fn delete_user(tables: &mut WriteTables<'_>, event: &EventName, user: &Username) -> Result<Applied, Failure> {
    tables.check_user(event, user)?;
    let keys = keys::range_of_user(event, user);
    tables.samples.retain_in(keys.start.as_slice()..keys.end.as_slice(), |_, _| false)?;
    tables.users.remove(keys::user(event, user).as_slice())?;
    Ok(Applied::CHANGED)
}

fn reseal(tables: &mut WriteTables<'_>, event: &EventName, user: &Username) -> Result<Applied, Failure> {
    tables.check_user(event, user)?;
    let range = keys::range_of_user(event, user);
    let mut resealed = Vec::new();
    for entry in tables.samples.range(range.start.as_slice()..range.end.as_slice())? {
        let (key, value) = entry?;
        // What an earlier run has sealed is left alone, so an
        // interrupted change of keys goes on where it was.
        if !tables.keyring.is_current(value.value())? {
            let sample = tables.read_sample(key.value(), value.value())?;
            resealed.push((key.value().to_vec(), tables.keyring.seal(&sample)?));
        }
    }
    // Not in the loop above, because a table cannot be changed while a range of it is read.
    for (key, bytes) in &resealed {
        tables.samples.insert(key.as_slice(), bytes.as_slice())?;
    }
    Ok(Applied::counting(!resealed.is_empty(), resealed.len()))
}

fn finish_resealing(transaction: &WriteTransaction, keyring: &Keyring) -> Result<Applied, Failure> {
    // After the commits of all users: until then the record names the former
    // keys too, and a change of keys that was cut off is never taken for done.
    transaction.open_table(FORMAT)?.insert(KEY_RECORD, keyring.settled().as_slice())?;
    Ok(Applied::CHANGED)
}
