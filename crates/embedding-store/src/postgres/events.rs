//! Calls on events.

use futures_util::future::{try_join, try_join3, try_join4, try_join5};

use tokio_postgres::types::ToSql;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::{Identity, new_life};
use super::notice::Changed;
use super::{locks, rows};
use crate::{EventName, EventRecord, Listing, Page, StoreError};

/// A deletion may have much to delete: so many times as long as another statement.
pub(super) const PATIENCE: u32 = 30;

// Needs no lock: ON CONFLICT decides which of two is first, and the statement depends on nothing else.
const CREATE: &str = "WITH made AS (INSERT INTO events (name, model, record, life) VALUES ($1, $2, $3, $6) \
                      ON CONFLICT DO NOTHING RETURNING 1) SELECT pg_notify($4, $5) FROM made";
const READ: &str = "SELECT record FROM events WHERE name = $1";
// The event's lock keeps appends away, so no sample can come between the check for samples and the commit.
const UPDATE: &str = "WITH made AS (UPDATE events SET model = $2, record = $3 WHERE name = $1 AND \
                      (model = $2 OR NOT EXISTS (SELECT 1 FROM samples WHERE event = $1)) RETURNING 1) \
                      SELECT pg_notify($4, $5) FROM made";
const MODEL: &str = "SELECT model FROM events WHERE name = $1";
const DELETE: &str = "WITH of_users AS (DELETE FROM users WHERE event = $1), \
                      of_samples AS (DELETE FROM samples WHERE event = $1), \
                      made AS (DELETE FROM events WHERE name = $1 RETURNING 1) \
                      SELECT pg_notify($2, $3) FROM made";
const PAGE: &str = "SELECT name, record FROM events WHERE name > $1 ORDER BY name LIMIT $2";

pub(super) async fn create(lease: &Lease, identity: &Identity, event: &EventRecord) -> Result<(), Failure> {
    let record = event.to_bytes()?;
    let (name, model) = (event.name.as_str(), event.model.as_str());
    let notice = identity.notice(&Changed::Event(event.name.clone()));
    let made = lease.rows(CREATE, &[&name, &model, &record, &identity.channel, &notice, &new_life()]).await?;
    if made.is_empty() {
        return Err(StoreError::event_conflict(&event.name, "already exists").into());
    }
    Ok(())
}

pub(super) async fn read(lease: &Lease, event: &EventName) -> Result<Option<EventRecord>, Failure> {
    let found = lease.rows(READ, &[&event.as_str()]).await?;
    found.first().map(|row| rows::event(event.as_str(), rows::bytes(row, 0)?)).transpose()
}

pub(super) async fn update(lease: &Lease, identity: &Identity, event: &EventRecord) -> Result<(), Failure> {
    let record = event.to_bytes()?;
    let (name, model) = (event.name.as_str(), event.model.as_str());
    let notice = identity.notice(&Changed::Event(event.name.clone()));
    let (lock, update, read) = lease
        .within(try_join3(
            lease.prepare_cached(locks::EVENT),
            lease.prepare_cached(UPDATE),
            lease.prepare_cached(MODEL),
        ))
        .await?;
    // All at once: the server executes them in this order. MODEL is only for the words of the error. After an
    // error COMMIT acts as ROLLBACK, so the connection can be used again.
    let (_, _, made, present, _) = lease
        .within(try_join5(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &[&name]),
            lease.query(&update, &[&name, &model, &record, &identity.channel, &notice]),
            lease.query(&read, &[&name]),
            lease.batch_execute("COMMIT"),
        ))
        .await?;
    match present.first() {
        _ if !made.is_empty() => Ok(()),
        None => Err(StoreError::event_not_found(&event.name).into()),
        Some(row) => {
            let present: &str = row.try_get(0)?;
            Err(StoreError::event_conflict(&event.name, format!("is of model '{present}'")).into())
        }
    }
}

/// Replaces the record that is `seen`, under the event's lock.
pub(super) async fn replace(
    lease: &Lease,
    identity: &Identity,
    seen: &EventRecord,
    event: &EventRecord,
) -> Result<(), Failure> {
    let record = event.to_bytes()?;
    let (name, model) = (event.name.as_str(), event.model.as_str());
    let notice = identity.notice(&Changed::Event(event.name.clone()));
    let prepared = try_join3(
        lease.prepare_cached(locks::EVENT),
        lease.prepare_cached(READ),
        lease.prepare_cached(UPDATE),
    );
    let (lock, read, update) = lease.within(prepared).await?;
    let of_event: [&(dyn ToSql + Sync); 1] = [&name];
    let (_, _, present) = lease
        .within(try_join3(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &of_event),
            lease.query_opt(&read, &of_event),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    // The records and not their bytes: an older version may have written the same ones otherwise.
    let decided = || -> Result<(), Failure> {
        let present = present.ok_or_else(|| StoreError::event_not_found(&event.name))?;
        if rows::event(name, rows::bytes(&present, 0)?)? != *seen {
            return Err(StoreError::event_changed(&event.name).into());
        }
        Ok(())
    }();
    lease.or_roll_back(decided).await?;
    let values: [&(dyn ToSql + Sync); 5] = [&name, &model, &record, &identity.channel, &notice];
    let made = lease.query_and_commit(&update, &values).await?;
    // The one that is seen is there, so it is the model that was refused.
    if made.is_empty() { Err(StoreError::other_model(&event.name, &seen.model).into()) } else { Ok(()) }
}

pub(super) async fn delete(lease: &Lease, identity: &Identity, event: &EventName) -> Result<(), Failure> {
    let notice = identity.notice(&Changed::Event(event.clone()));
    let (lock, delete) =
        lease.within(try_join(lease.prepare_cached(locks::EVENT), lease.prepare_cached(DELETE))).await?;
    let begin = format!("BEGIN; SET LOCAL statement_timeout = {}", (lease.limit() * PATIENCE).as_millis());
    let name = event.as_str();
    let of_lock: [&(dyn ToSql + Sync); 1] = [&name];
    let of_deletion: [&(dyn ToSql + Sync); 3] = [&name, &identity.channel, &notice];
    let work = try_join4(
        lease.batch_execute(&begin),
        lease.query(&lock, &of_lock),
        lease.query(&delete, &of_deletion),
        lease.batch_execute("COMMIT"),
    );
    let (_, _, made, _) = lease.within_limit(lease.limit() * PATIENCE, work).await?;
    if made.is_empty() { Err(StoreError::event_not_found(event).into()) } else { Ok(()) }
}

pub(super) async fn list(lease: &Lease, page: &Page) -> Result<Listing<EventRecord>, Failure> {
    let sql = rows::within_page("name, record", PAGE, "name");
    let found = lease.rows(&sql, &[&rows::after(page), &rows::limit(page)]).await?;
    let records = found.iter().map(|row| rows::event(row.try_get(0)?, rows::bytes(row, 1)?));
    Listing::from_records(records, page.limit, |event| event.name.as_str())
}
