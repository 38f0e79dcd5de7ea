//! Calls on users and their samples, but for the append.

use futures_util::future::{try_join3, try_join4, try_join5};
use tokio_postgres::types::ToSql;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::notice::Changed;
use super::{locks, rows};
use crate::{EventName, FaceSample, Listing, Page, StoreError, UserRecord, Username};

const READ: &str = "SELECT record FROM users WHERE event = $1 AND name = $2";
// Where nobody is there, `made` is empty: no notice is sent, and the caller gets no row.
const UPDATE: &str = "WITH made AS (UPDATE users SET record = $3 WHERE event = $1 AND name = $2 RETURNING 1) \
                      SELECT pg_notify($4, $5) FROM made";
const DELETE: &str = "WITH of_samples AS (DELETE FROM samples WHERE event = $1 AND username = $2), \
                      made AS (DELETE FROM users WHERE event = $1 AND name = $2 RETURNING 1) \
                      SELECT pg_notify($3, $4) FROM made";
const IS_EVENT: &str = "SELECT 1 FROM events WHERE name = $1";

const PAGE: &str =
    "SELECT name, record FROM users WHERE event = events.name AND name > $2 ORDER BY name LIMIT $3";
const SAMPLES: &str = "SELECT users.name IS NOT NULL, samples.id, samples.record FROM events \
                       LEFT JOIN users ON users.event = events.name AND users.name = $2 \
                       LEFT JOIN samples ON samples.event = users.event AND samples.username = users.name \
                       WHERE events.name = $1 ORDER BY samples.id";

pub(super) async fn read(
    lease: &Lease,
    event: &EventName,
    user: &Username,
) -> Result<Option<UserRecord>, Failure> {
    let found = lease.rows(READ, &[&event.as_str(), &user.as_str()]).await?;
    found.first().map(|row| rows::user(event, user.as_str(), rows::bytes(row, 0)?)).transpose()
}

pub(super) async fn update(lease: &Lease, identity: &Identity, user: &UserRecord) -> Result<(), Failure> {
    let record = user.to_bytes()?;
    let (event, name) = (user.event.as_str(), user.name.as_str());
    let notice = identity.notice(&Changed::User(user.event.clone(), user.name.clone()));
    let values: [&(dyn ToSql + Sync); 5] = [&event, &name, &record, &identity.channel, &notice];
    alone(lease, &user.event, &user.name, UPDATE, &values).await
}

/// Replaces the record that is `seen`, under the user's lock.
pub(super) async fn replace(
    lease: &Lease,
    identity: &Identity,
    seen: &UserRecord,
    user: &UserRecord,
) -> Result<(), Failure> {
    let record = user.to_bytes()?;
    let (event, name) = (user.event.as_str(), user.name.as_str());
    let of_user: [&(dyn ToSql + Sync); 2] = [&event, &name];
    let prepared = try_join4(
        lease.prepare_cached(locks::USER),
        lease.prepare_cached(READ),
        lease.prepare_cached(IS_EVENT),
        lease.prepare_cached(UPDATE),
    );
    let (lock, read, is_event, update) = lease.within(prepared).await?;
    let (_, _, present, is_event) = lease
        .within(try_join4(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &of_user),
            lease.query_opt(&read, &of_user),
            lease.query(&is_event, &[&event]),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    let decided = || -> Result<(), Failure> {
        let missing = || rows::missing_user(!is_event.is_empty(), &user.event, &user.name);
        let present = present.ok_or_else(missing)?;
        if rows::user(&user.event, name, rows::bytes(&present, 0)?)? != *seen {
            return Err(StoreError::user_changed(&user.event, &user.name).into());
        }
        Ok(())
    }();
    lease.or_roll_back(decided).await?;
    let notice = identity.notice(&Changed::User(user.event.clone(), user.name.clone()));
    let values: [&(dyn ToSql + Sync); 5] = [&event, &name, &record, &identity.channel, &notice];
    lease.execute_and_commit(&update, &values).await
}

pub(super) async fn delete(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
    user: &Username,
) -> Result<(), Failure> {
    let notice = identity.notice(&Changed::User(event.clone(), user.clone()));
    let (event_text, user_text) = (event.as_str(), user.as_str());
    alone(lease, event, user, DELETE, &[&event_text, &user_text, &identity.channel, &notice]).await
}

/// A write to a user who is there, under the user's lock; what it returns no row for is not there.
async fn alone(
    lease: &Lease,
    event: &EventName,
    user: &Username,
    write: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), Failure> {
    let prepared = try_join3(
        lease.prepare_cached(locks::USER),
        lease.prepare_cached(write),
        lease.prepare_cached(IS_EVENT),
    );
    let (lock, write, is_event) = lease.within(prepared).await?;
    // All at once: the server executes them in this order. IS_EVENT is only for the words of the error, and
    // costs no round trip here. After an error COMMIT acts as ROLLBACK, so the connection can be used again.
    let (_, _, made, is_event, _) = lease
        .within(try_join5(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &[&event.as_str(), &user.as_str()]),
            lease.query(&write, values),
            lease.query(&is_event, &[&event.as_str()]),
            lease.batch_execute("COMMIT"),
        ))
        .await?;
    if made.is_empty() { Err(rows::missing_user(!is_event.is_empty(), event, user)) } else { Ok(()) }
}

pub(super) async fn list(
    lease: &Lease,
    event: &EventName,
    page: &Page,
) -> Result<Listing<UserRecord>, Failure> {
    let few = rows::within_page("name, record", PAGE, "name");
    // Of an event without users one row without a user, of no event none: told apart by one statement.
    let sql = format!(
        "SELECT found.name, found.record FROM events LEFT JOIN LATERAL ({few}) found ON true \
         WHERE events.name = $1 ORDER BY found.name"
    );
    let found = lease.rows(&sql, &[&event.as_str(), &rows::after(page), &rows::limit(page)]).await?;
    let Some(first) = found.first() else { return Err(StoreError::event_not_found(event).into()) };
    let users = if first.try_get::<_, Option<&str>>(0)?.is_none() { [].as_slice() } else { &found };
    let records = users.iter().map(|row| rows::user(event, row.try_get(0)?, rows::bytes(row, 1)?));
    Listing::from_records(records, page.limit, |user| user.name.as_str())
}

pub(super) async fn samples(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
    user: &Username,
) -> Result<Vec<FaceSample>, Failure> {
    let found = lease.rows(SAMPLES, &[&event.as_str(), &user.as_str()]).await?;
    let Some(first) = found.first() else { return Err(rows::missing_user(false, event, user)) };
    if !first.try_get::<_, bool>(0)? {
        return Err(rows::missing_user(true, event, user));
    }
    let mut samples = Vec::with_capacity(found.len());
    for row in &found {
        let Some(id) = row.try_get(1)? else { continue };
        samples.push(identity.sample(event, user, id, rows::bytes(row, 2)?)?);
    }
    Ok(samples)
}
