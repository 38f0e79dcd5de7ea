//! A whole event as it is at one moment.

use futures_util::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::rows;
use crate::{EventName, EventSnapshot, FaceSample, StoreError, UserSnapshot};

/// The server is given no limit here, since an event may be large; it must go on sending, though.
// Under READ COMMITTED a user deleted between two statements would come without samples, and an added one would
// be samples without a user, which counts as damage.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0";
const EVENT: &str = "SELECT name, record FROM events WHERE name = $1";
const USERS: &str = "SELECT name, record FROM users WHERE event = $1 ORDER BY name";
const SAMPLES: &str = "SELECT username, id, record FROM samples WHERE event = $1 ORDER BY username, id";

pub(super) async fn load(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
) -> Result<EventSnapshot, Failure> {
    at_one_moment(lease, read(lease, identity, event, event.as_str())).await
}

/// Reads in a transaction that sees the tables as they are at one moment, and ends it.
pub(super) async fn at_one_moment<T>(
    lease: &Lease,
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    lease.within(lease.batch_execute(BEGIN)).await?;
    match read.await {
        Ok(found) => {
            lease.within(lease.batch_execute("COMMIT")).await?;
            Ok(found)
        }
        Err(refused @ Failure::Refused(_)) => {
            lease.roll_back().await?;
            Err(refused)
        }
        Err(lost @ (Failure::Lost(_) | Failure::Dead(_))) => Err(lost),
    }
}

async fn read(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
    name: &str,
) -> Result<EventSnapshot, Failure> {
    let found = lease.rows(EVENT, &[&name]).await?;
    let Some(row) = found.first() else { return Err(StoreError::event_not_found(event).into()) };
    let record = rows::event(row.try_get(0)?, rows::bytes(row, 1)?)?;
    let mut users = Vec::new();
    each(lease, USERS, &[&name], |row| {
        let user = rows::user(event, row.try_get(0)?, rows::bytes(&row, 1)?)?;
        users.push(UserSnapshot { user, samples: Vec::new() });
        Ok(())
    })
    .await?;
    // Both go by the user's name, so one walk over the users finds the one of every sample. The columns have
    // COLLATE "C": the database sorts by bytes, as `<` compares here.
    let mut owners = users.iter_mut().peekable();
    each(lease, SAMPLES, &[&name], |row| {
        let name: &str = row.try_get(0)?;
        while owners.next_if(|owner| owner.user.name.as_str() < name).is_some() {}
        let Some(owner) = owners.peek_mut().filter(|owner| owner.user.name.as_str() == name) else {
            let what = format!("a face sample of event '{event}' belongs to a user who is not there");
            return Err(StoreError::corrupt(what).into());
        };
        let sample: FaceSample =
            identity.sample(event, &owner.user.name, row.try_get(1)?, rows::bytes(&row, 2)?)?;
        owner.samples.push(sample);
        Ok(())
    })
    .await?;
    Ok(EventSnapshot { event: record, users })
}

/// Takes row by row, as far as each comes in time.
pub(super) async fn each(
    lease: &Lease,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
    mut take: impl FnMut(Row) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let statement = lease.within(lease.prepare_cached(sql)).await?;
    let rows = lease.within(lease.query_raw(&statement, values.iter().copied())).await?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = lease.within(rows.try_next()).await? {
        take(row)?;
    }
    Ok(())
}
