//! The move of a user's samples to another name, which they are sealed for anew: one transaction.

use std::collections::BTreeMap;

use futures_util::future::{try_join3, try_join4, try_join5};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::locked_user::SAMPLES;
use super::notice::Changed;
use super::{keys, locks, rows};
use crate::{FaceSample, StoreError, UserRecord, moved_user};

// Row by row for the two names, so that one is told from the other.
const USERS: &str = "SELECT name, record FROM users WHERE event = $1 AND name IN ($2, $3)";
const EVENT_AND_KEYS: &str =
    "SELECT EXISTS (SELECT 1 FROM events WHERE name = $1), (SELECT value FROM notes WHERE key = 'keys')";
// All parts see the tables as they were before the statement; foreign keys are checked at its end.
const MOVE: &str = "WITH moved AS (UPDATE events SET version = version + 1 WHERE name = $1 RETURNING version), \
     left_behind AS (DELETE FROM samples WHERE event = $1 AND username = $2), \
     gone AS (DELETE FROM users WHERE event = $1 AND name = $2), \
     made AS (INSERT INTO users (event, name, record, template, version) \
     SELECT $1, $3, $4, $5, version FROM moved ON CONFLICT (event, name) DO UPDATE \
     SET record = excluded.record, template = excluded.template, version = excluded.version), \
     added AS (INSERT INTO samples (event, username, id, record) \
     SELECT $1, $3, new.id, new.record FROM unnest($6::uuid[], $7::bytea[]) AS new (id, record)) \
     SELECT pg_notify($8, notice) FROM unnest($9::text[]) notice";

/// What is written.
struct Move {
    added: BTreeMap<Uuid, Vec<u8>>,
    template: Option<Vec<f32>>,
    count: usize,
}

/// What lies in the tables of both users.
struct Found {
    users: Vec<Row>,
    samples: Vec<Row>,
    present: Vec<Row>,
    event_and_keys: Row,
}

pub(super) async fn move_user(
    lease: &Lease,
    identity: &Identity,
    seen: &UserRecord,
    to: &UserRecord,
    onto: Option<&UserRecord>,
) -> Result<usize, Failure> {
    let (event, from, name, record) =
        (seen.event.as_str(), seen.name.as_str(), to.name.as_str(), to.to_bytes()?);
    let prepared = try_join5(
        lease.prepare_cached(locks::EVENT_TO_ADD),
        lease.prepare_cached(USERS),
        lease.prepare_cached(SAMPLES),
        lease.prepare_cached(EVENT_AND_KEYS),
        lease.prepare_cached(MOVE),
    );
    let (lock, users, samples, event_and_keys, write) = lease.within(prepared).await?;
    // All at once: the server executes them in this order, so what is read is read behind the lock.
    let (of_event, of_both): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 3]) =
        ([&event], [&event, &from, &name]);
    let (first, other): ([&(dyn ToSql + Sync); 2], [&(dyn ToSql + Sync); 2]) =
        ([&event, &from], [&event, &name]);
    let reads = try_join4(
        lease.query(&users, &of_both),
        lease.query(&samples, &first),
        lease.query(&samples, &other),
        lease.query_one(&event_and_keys, &of_event),
    );
    let begun = try_join3(lease.batch_execute("BEGIN"), lease.query(&lock, &of_event), reads);
    let (_, _, read) = lease.within(begun).await.map_err(Failure::amid_a_transaction)?;
    let (users, samples, present, event_and_keys) = read;
    let found = Found { users, samples, present, event_and_keys };
    let decided = lease.or_roll_back(decide(identity, seen, to, onto, &found)).await?;
    let (ids, records): (Vec<Uuid>, Vec<Vec<u8>>) = decided.added.into_iter().unzip();
    let notice = |user| identity.notice(&Changed::User(seen.event.clone(), user));
    let notices = [notice(seen.name.clone()), notice(to.name.clone())].to_vec();
    let values: [&(dyn ToSql + Sync); 9] =
        [&event, &from, &name, &record, &decided.template, &ids, &records, &identity.channel, &notices];
    lease.execute_and_commit(&write, &values).await?;
    Ok(decided.count)
}

fn decide(
    identity: &Identity,
    seen: &UserRecord,
    to: &UserRecord,
    onto: Option<&UserRecord>,
    found: &Found,
) -> Result<Move, Failure> {
    if !found.event_and_keys.try_get::<_, bool>(0)? {
        return Err(StoreError::event_not_found(&seen.event).into());
    }
    keys::check(&identity.keyring, found.event_and_keys.try_get(1)?)?;
    let record = |user: &UserRecord| -> Result<Option<UserRecord>, Failure> {
        for row in &found.users {
            if row.try_get::<_, &str>(0)? == user.name.as_str() {
                return rows::user(&user.event, user.name.as_str(), rows::bytes(row, 1)?).map(Some);
            }
        }
        Ok(None)
    };
    moved_user::check(seen, to, onto, record(seen)?.as_ref(), record(to)?.as_ref())?;
    let samples = |user: &UserRecord, rows: &[Row]| -> Result<BTreeMap<Uuid, FaceSample>, Failure> {
        let sample = |row: &Row| {
            let id = row.try_get(0)?;
            Ok((id, identity.sample(&user.event, &user.name, id, rows::bytes(row, 1)?)?))
        };
        rows.iter().map(sample).collect()
    };
    // In the order of their ids, as a gallery takes them: the template of another order would be rounded otherwise.
    let mut all = samples(to, &found.present)?;
    let mut added = BTreeMap::new();
    for (id, sample) in samples(seen, &found.samples)? {
        let sample = sample.of_user(to.name.clone());
        match all.get(&id) {
            Some(present) if *present == sample => continue,
            Some(_) => return Err(StoreError::taken_id(&sample).into()),
            None => {}
        }
        added.insert(id, identity.seal(&sample)?);
        all.insert(id, sample);
    }
    let template = identity.template(all.values().map(FaceSample::embedding));
    Ok(Move { added, template, count: all.len() })
}
