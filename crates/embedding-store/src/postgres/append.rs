//! The append of one sample or many of one user: one transaction in two round trips, the first of which changes nothing
//! for good.

use std::collections::BTreeMap;

use futures_util::future::{try_join4, try_join5};
use time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::{Identity, new_life};
use super::locked_user::SAMPLES;
use super::notice::Changed;
use super::{keys, locks, rows};
use crate::{AppendedAt, EventRecord, EventVersion, FaceSample, StoreError, UserRecord};

const MAKE: &str = "WITH new_event AS (INSERT INTO events (name, model, record, life) VALUES ($1, $3, $4, $7) \
                    ON CONFLICT DO NOTHING RETURNING 1), \
                    new_user AS (INSERT INTO users (event, name, record, template) VALUES ($1, $2, $5, $6) \
                    ON CONFLICT DO NOTHING RETURNING 1) \
                    SELECT EXISTS (SELECT 1 FROM new_event), EXISTS (SELECT 1 FROM new_user)";
// Not part of MAKE: a statement's snapshot shows neither the rows that it inserts itself nor those of another
// append for whose commit its ON CONFLICT has waited.
const READ: &str = "SELECT events.model, users.record, (SELECT value FROM notes WHERE key = 'keys'), \
                    events.life, events.version FROM events JOIN users ON users.event = events.name \
                    WHERE events.name = $1 AND users.name = $2";
// The notice is part of the transaction: a process killed between a commit and a later notice would leave a
// change that no other server hears of. PostgreSQL executes `made` though nothing reads from it.
// The row of the event is written last, so that appends to one event wait for each other during their commits only.
const ADD: &str = "WITH made AS (INSERT INTO samples (event, username, id, record) \
     SELECT $1, $2, new.id, new.record FROM unnest($3::uuid[], $4::bytea[]) AS new (id, record)), \
     moved AS (UPDATE events SET version = version + 1 WHERE name = $1 RETURNING life, version), \
     updated AS (UPDATE users SET version = moved.version FROM moved WHERE event = $1 AND name = $2) \
     SELECT pg_notify($5, notice), life, version FROM moved, unnest($6::text[]) notice";
const ADD_AND_UPDATE: &str = "WITH made AS (INSERT INTO samples (event, username, id, record) \
     SELECT $1, $2, new.id, new.record FROM unnest($3::uuid[], $4::bytea[]) AS new (id, record)), \
     moved AS (UPDATE events SET version = version + 1 WHERE name = $1 RETURNING life, version), \
     updated AS (UPDATE users SET record = $7, template = $8, version = moved.version FROM moved \
     WHERE event = $1 AND name = $2) \
     SELECT pg_notify($5, notice), life, version FROM moved, unnest($6::text[]) notice";

/// On what an append depends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// On nothing.
    Anything,
    /// On the event's version; `None` when it is not to be there.
    Version(Option<EventVersion>),
}

/// Samples of one user and one model that are to be added, by id, each once and sealed.
struct Batch<'s> {
    first: &'s FaceSample,
    samples: BTreeMap<Uuid, (&'s FaceSample, Vec<u8>)>,
}

impl<'s> Batch<'s> {
    fn new(
        identity: &Identity,
        first: &'s FaceSample,
        samples: &'s [FaceSample],
    ) -> Result<Self, StoreError> {
        let mut by_id = BTreeMap::new();
        for sample in samples {
            let is_of_another = sample.event() != first.event() || sample.user() != first.user();
            if is_of_another || sample.embedding().model() != first.embedding().model() {
                return Err(StoreError::unstorable("the samples are not of one user and one model"));
            }
            // Twice among them is as one after the other.
            let sealed = identity.seal(sample)?;
            if by_id.insert(sample.id(), (sample, sealed)).is_some_and(|(other, _)| other != sample) {
                return Err(StoreError::taken_id(sample));
            }
        }
        Ok(Self { first, samples: by_id })
    }

    fn latest(&self) -> OffsetDateTime {
        let created = self.samples.values().map(|(sample, _)| sample.created());
        created.max().unwrap_or_else(|| self.first.created())
    }
}

/// What the tables hold once the first round trip has put in what was missing.
struct Present {
    is_new_event: bool,
    is_new_user: bool,
    model: String,
    user: Vec<u8>,
    samples: BTreeMap<Uuid, Vec<u8>>,
    key_record: Option<Vec<u8>>,
    version: EventVersion,
}

/// How an append goes on.
enum Next {
    /// The very samples are there: so many the user has.
    AlreadyThere(usize),
    /// What is left of the batch is added.
    Add { user: Option<(Vec<u8>, Option<Vec<f32>>)>, count: usize },
}

/// The failure of an append, with whether it can have been made.
pub(super) struct Unfinished {
    pub(super) failure: Failure,
    pub(super) may_be_made: bool,
}

impl<E: Into<Failure>> From<E> for Unfinished {
    fn from(failure: E) -> Self {
        Self { failure: failure.into(), may_be_made: false }
    }
}

pub(super) async fn append(
    lease: &Lease,
    identity: &Identity,
    samples: &[FaceSample],
    expected: Expected,
) -> Result<AppendedAt, Unfinished> {
    let Some(first) = samples.first() else { return Ok(AppendedAt::new(0, None)) };
    // Before BEGIN, so that an error leaves no transaction open.
    let mut batch = Batch::new(identity, first, samples)?;
    let present = begin(lease, identity, &batch, expected).await?;
    match lease.or_roll_back(decide(identity, &mut batch, expected, &present)).await? {
        Next::AlreadyThere(count) => {
            lease.roll_back().await?;
            Ok(AppendedAt::new(count, None))
        }
        Next::Add { user, count } => {
            let version = finish(lease, identity, &batch, &present, user)
                .await
                // From here on the server may have received the COMMIT.
                .map_err(|failure| Unfinished { failure, may_be_made: true })?;
            Ok(AppendedAt::new(count, Some(version)))
        }
    }
}

/// Takes the locks, puts an event and a user in where there are none, and reads what is there.
async fn begin(
    lease: &Lease,
    identity: &Identity,
    batch: &Batch<'_>,
    expected: Expected,
) -> Result<Present, Failure> {
    let first = batch.first;
    let (event, user, model) = (first.event(), first.user(), first.embedding().model());
    let new_event = EventRecord::new(event.clone(), model.clone(), first.created()).to_bytes()?;
    let mut new_user = UserRecord::new(event.clone(), user.clone(), first.created());
    new_user.updated = batch.latest();
    let new_user = new_user.to_bytes()?;
    let template = identity.template(batch.samples.values().map(|(sample, _)| sample.embedding()));
    let (event, user, model) = (event.as_str(), user.as_str(), model.as_str());
    let lock = match expected {
        Expected::Anything => locks::USER,
        // Nobody changes the event between the look at its version and the commit.
        Expected::Version(_) => locks::EVENT_AND_USER,
    };
    let life = new_life();
    let prepared = try_join4(
        lease.prepare_cached(lock),
        lease.prepare_cached(MAKE),
        lease.prepare_cached(READ),
        lease.prepare_cached(SAMPLES),
    );
    let (lock, make, read, samples) = lease.within(prepared).await?;
    // All at once: the server executes them in this order, and each sees what was committed before it.
    let (_, _, made, read, samples) = lease
        .within(try_join5(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &[&event, &user]),
            lease.query_one(&make, &[&event, &user, &model, &new_event, &new_user, &template, &life]),
            lease.query_opt(&read, &[&event, &user]),
            lease.query(&samples, &[&event, &user]),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    let read = read.ok_or_else(|| {
        // Under the locks only another program can have done that.
        Failure::Lost(StoreError::unavailable(
            true,
            "the event or the user was removed past the store's locks",
        ))
    })?;
    let samples = samples.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(Present {
        is_new_event: made.try_get(0)?,
        is_new_user: made.try_get(1)?,
        model: read.try_get(0)?,
        user: read.try_get(1)?,
        samples: samples.collect::<Result<_, Failure>>()?,
        key_record: read.try_get(2)?,
        version: EventVersion::new(read.try_get(3)?, read.try_get(4)?),
    })
}

/// Leaves in the batch what is to be added.
fn decide(
    identity: &Identity,
    batch: &mut Batch<'_>,
    expected: Expected,
    present: &Present,
) -> Result<Next, Failure> {
    keys::check(&identity.keyring, present.key_record.as_deref())?;
    let (event, user) = (batch.first.event(), batch.first.user());
    if present.model != batch.first.embedding().model().as_str() {
        return Err(StoreError::event_conflict(event, format!("is of model '{}'", present.model)).into());
    }
    let there: Vec<Uuid> =
        batch.samples.keys().copied().filter(|id| present.samples.contains_key(id)).collect();
    for id in there {
        let (Some((sample, _)), Some(record)) = (batch.samples.remove(&id), present.samples.get(&id)) else {
            continue;
        };
        // A caller that got no answer sends the same sample again, which succeeds.
        if identity.sample(event, user, id, record)? != *sample {
            return Err(StoreError::taken_id(sample).into());
        }
    }
    if batch.samples.is_empty() {
        return Ok(Next::AlreadyThere(present.samples.len()));
    }
    if let Expected::Version(seen) = expected
        && seen != (!present.is_new_event).then_some(present.version)
    {
        return Err(StoreError::event_changed(event).into());
    }
    let count = present.samples.len() + batch.samples.len();
    // MAKE has already stored the user's record and the template of these samples.
    if present.is_new_user && present.samples.is_empty() {
        return Ok(Next::Add { user: None, count });
    }
    let mut record = rows::user(event, user.as_str(), &present.user)?;
    record.updated = record.updated.max(batch.latest());
    let template = match identity.keeps_templates() {
        true => template_with(identity, batch, present)?,
        false => None,
    };
    Ok(Next::Add { user: Some((record.to_bytes()?, template)), count })
}

/// Over all samples in the order of their ids, as a gallery makes it: another order rounds otherwise.
fn template_with(
    identity: &Identity,
    batch: &Batch<'_>,
    present: &Present,
) -> Result<Option<Vec<f32>>, Failure> {
    let (event, user) = (batch.first.event(), batch.first.user());
    let mut embeddings = BTreeMap::new();
    for (id, record) in &present.samples {
        embeddings.insert(*id, identity.sample(event, user, *id, record)?.embedding().clone());
    }
    embeddings.extend(batch.samples.iter().map(|(id, (sample, _))| (*id, sample.embedding().clone())));
    Ok(identity.template(embeddings.values()))
}

async fn finish(
    lease: &Lease,
    identity: &Identity,
    batch: &Batch<'_>,
    present: &Present,
    user: Option<(Vec<u8>, Option<Vec<f32>>)>,
) -> Result<EventVersion, Failure> {
    let (event, name) = (batch.first.event(), batch.first.user());
    let mut notices = vec![identity.notice(&Changed::User(event.clone(), name.clone()))];
    if present.is_new_event {
        notices.insert(0, identity.notice(&Changed::Event(event.clone())));
    }
    let (event, name) = (event.as_str(), name.as_str());
    let ids: Vec<&Uuid> = batch.samples.keys().collect();
    let records: Vec<&[u8]> = batch.samples.values().map(|(_, sealed)| sealed.as_slice()).collect();
    let add = lease.prepare_cached(if user.is_some() { ADD_AND_UPDATE } else { ADD });
    // A refusal leaves the transaction open and aborted: the connection must not go back to the pool.
    let add = lease.within(add).await.map_err(Failure::amid_a_transaction)?;
    let (user, template) = user.unwrap_or_default();
    let values: [&(dyn ToSql + Sync); 8] =
        [&event, &name, &ids, &records, &identity.channel, &notices, &user, &template];
    // ADD has only the first six, and a superfluous value is an error.
    let values = values.get(..add.params().len()).unwrap_or(&values);
    let made = lease.query_and_commit(&add, values).await?;
    let made = made.first().ok_or_else(|| Failure::Lost(StoreError::corrupt("an event has no version")))?;
    Ok(EventVersion::new(made.try_get(1)?, made.try_get(2)?))
}
