//! Which keys the samples may be sealed with: checked at opening, and by every append.
//!
//! Several servers write here, so the check at opening is not enough: one that still has another key must
//! not add a sample that the others cannot read, or that a re-encryption has already passed by.

use futures_util::future::{try_join, try_join3, try_join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::{locked_user, locks, rows};
use crate::{EventName, Keyring, Outage, StoreError, Username};

const READ: &str = "SELECT (SELECT value FROM notes WHERE key = 'keys'), NOT EXISTS (SELECT 1 FROM samples)";
const WRITE: &str = "INSERT INTO notes (key, value) VALUES ('keys', $1) \
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value";
// No notice: the samples are sealed otherwise but have not changed, so galleries need not read them again.
const RESEAL: &str = "WITH resealed AS (UPDATE samples SET record = new.record \
                      FROM unnest($3::uuid[], $4::bytea[]) AS new (id, record) \
                      WHERE samples.event = $1 AND samples.username = $2 AND samples.id = new.id) \
                      UPDATE users SET template = $5 WHERE event = $1 AND name = $2";

/// Checks the ring against the store's key record, and brings the record up to date.
pub(super) async fn admit(lease: &Lease, keyring: &Keyring) -> Result<(), Failure> {
    // First without the lock: usually nothing has to be written, and a start need not wait for appends.
    let found = lease.rows(READ, &[]).await?;
    if record(keyring, found.first())?.is_none() {
        return Ok(());
    }
    let prepared =
        try_join3(lease.prepare_cached(locks::KEYS), lease.prepare_cached(READ), lease.prepare_cached(WRITE));
    let (lock, read, write) = lease.within(prepared).await?;
    let (_, _, found) = lease
        .within(try_join3(lease.batch_execute("BEGIN"), lease.query(&lock, &[]), lease.query(&read, &[])))
        .await
        .map_err(Failure::amid_a_transaction)?;
    // Nobody adds a sample now, and so an empty store stays one. Decided again by what was read under the lock,
    // because another server may have written the record in between.
    match record(keyring, found.first()).map_err(Failure::amid_a_transaction)? {
        Some(record) => {
            if is_another_key(keyring, found.first()).map_err(Failure::amid_a_transaction)? {
                expect_no_server(lease).await.map_err(Failure::amid_a_transaction)?;
            }
            lease.execute_and_commit(&write, &[&record]).await
        }
        None => lease.roll_back().await,
    }
}

/// Checks the ring against the store's key record, and leaves that as it is.
pub(super) async fn check_readable(lease: &Lease, keyring: &Keyring) -> Result<(), Failure> {
    let found = lease.rows(READ, &[]).await?;
    record(keyring, found.first()).map(drop)
}

fn record(keyring: &Keyring, row: Option<&Row>) -> Result<Option<Vec<u8>>, Failure> {
    let row = row.ok_or_else(|| StoreError::corrupt("the database does not answer a question"))?;
    let stored: Option<&[u8]> = row.try_get(0)?;
    Ok(keyring.admit(stored, row.try_get(1)?)?)
}

/// Whether samples are to be sealed as none in the store is.
fn is_another_key(keyring: &Keyring, row: Option<&Row>) -> Result<bool, Failure> {
    let Some(row) = row else { return Ok(false) };
    Ok(!row.try_get::<_, bool>(1)? && !keyring.is_in_use(row.try_get(0)?)?)
}

/// Whether a sample sealed with this ring may be added to a store with this key record.
pub(super) fn check(keyring: &Keyring, stored: Option<&[u8]>) -> Result<(), StoreError> {
    let other_keys = |reason| StoreError::Misconfigured { reason, source: Some(Outage::OtherKeys.into()) };
    // An empty store takes any key, but not here: the server that wrote the record last could not read this
    // sample.
    match keyring.admit(stored, false) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => {
            Err(other_keys("the keys of the store have changed: start the server anew with them".to_owned()))
        }
        Err(StoreError::Misconfigured { reason, .. }) => Err(other_keys(reason)),
        Err(error) => Err(error),
    }
}

/// Whether what is sealed with this ring can still be added to the store, whatever is asked of it.
pub(super) async fn check_now(lease: &Lease, identity: &Identity) -> Result<(), Failure> {
    let found = lease.rows("SELECT value FROM notes WHERE key = 'keys'", &[]).await?;
    let stored = found.first().map(|row| rows::bytes(row, 0)).transpose()?;
    Ok(check(&identity.keyring, stored)?)
}

/// Whether a server is at work; within a transaction, none begins until it ends.
pub(super) async fn is_served(lease: &Lease) -> Result<bool, Failure> {
    let found = lease.rows(locks::NO_SERVER, &[]).await?;
    let is_free = found.first().map(|row| row.try_get::<_, bool>(0)).transpose()?;
    Ok(!is_free.unwrap_or(false))
}

/// Refuses another key while a server is at work that has not got it. Within the transaction that notes the key.
async fn expect_no_server(lease: &Lease) -> Result<(), Failure> {
    if !is_served(lease).await? {
        return Ok(());
    }
    Err(StoreError::misconfigured("a server is running on it: stop all servers before its keys are changed")
        .into())
}

/// Seals a user's samples anew; how many were not sealed as this store seals.
pub(super) async fn reseal(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
    user: &Username,
) -> Result<usize, Failure> {
    let anew = |found: &[Row]| anew(identity, event, user, found);
    let (reseal, resealed) = locked_user::begin(lease, event, user, RESEAL, anew).await?;
    if resealed.ids.is_empty() {
        lease.roll_back().await?;
        return Ok(0);
    }
    let (event_text, user_text) = (event.as_str(), user.as_str());
    let values: [&(dyn ToSql + Sync); 5] =
        [&event_text, &user_text, &resealed.ids, &resealed.records, &resealed.template];
    lease.execute_and_commit(&reseal, &values).await?;
    Ok(resealed.ids.len())
}

struct Resealed {
    ids: Vec<Uuid>,
    records: Vec<Vec<u8>>,
    template: Option<Vec<f32>>,
}

fn anew(identity: &Identity, event: &EventName, user: &Username, found: &[Row]) -> Result<Resealed, Failure> {
    let (mut ids, mut records, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for row in found {
        let (id, record) = (row.try_get(0)?, rows::bytes(row, 1)?);
        let sample = identity.sample(event, user, id, record)?;
        if !identity.keyring.is_current(record)? {
            ids.push(id);
            records.push(identity.seal(&sample)?);
        }
        // Also those that are current already, since the template is made of all.
        samples.push(sample);
    }
    let template = identity.template(samples.iter().map(|sample| sample.embedding()));
    Ok(Resealed { ids, records, template })
}

/// Notes that all samples are sealed as this store seals.
pub(super) async fn finish(lease: &Lease, identity: &Identity) -> Result<(), Failure> {
    // Under the lock, because an append relies on the record from reading it until its own commit.
    let settled = identity.keyring.settled();
    let (lock, write) =
        lease.within(try_join(lease.prepare_cached(locks::KEYS), lease.prepare_cached(WRITE))).await?;
    let values: [&(dyn ToSql + Sync); 1] = [&settled];
    lease
        .within(try_join4(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &[]),
            lease.execute(&write, &values),
            lease.batch_execute("COMMIT"),
        ))
        .await
        .map(drop)
        .map_err(Failure::amid_a_transaction)
}
