//! The deletion of one sample: the user's template is made anew of those that are left.

use futures_util::future::{try_join, try_join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::Lease;
use super::failure::Failure;
use super::notice::Changed;
use super::{Identity, keys, locks, rows};
use crate::{EventName, FaceSample, StoreError, Username};

const DELETE: &str = "WITH deleted AS (DELETE FROM samples WHERE event = $1 AND username = $2 AND id = $3), \
                      updated AS (UPDATE users SET template = $4 WHERE event = $1 AND name = $2) \
                      SELECT pg_notify($5, $6)";

/// What is left of the user.
struct Rest {
    template: Option<Vec<f32>>,
    count: usize,
}

pub(super) async fn delete(
    lease: &Lease,
    identity: &Identity,
    event: &EventName,
    user: &Username,
    id: Uuid,
) -> Result<usize, Failure> {
    let (event_text, user_text) = (event.as_str(), user.as_str());
    let names: [&(dyn ToSql + Sync); 2] = [&event_text, &user_text];
    let (lock, is_there, samples, delete) = lease
        .within(try_join4(
            lease.prepare_cached(locks::USER),
            lease.prepare_cached(keys::IS_THERE),
            lease.prepare_cached(keys::SAMPLES),
            lease.prepare_cached(DELETE),
        ))
        .await?;
    let (_, _, is_there, found) = lease
        .within(try_join4(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &names),
            lease.query_one(&is_there, &names),
            lease.query(&samples, &names),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    let rest = || -> Result<Rest, Failure> {
        if !is_there.try_get::<_, bool>(1)? {
            return Err(rows::existing_user(is_there.try_get(0)?, event, user));
        }
        rest(identity, event, user, id, &found)
    }();
    let rest = match rest {
        Ok(rest) => rest,
        Err(refused) => {
            lease.roll_back().await?;
            return Err(refused);
        }
    };
    let notice = identity.notice(&Changed::User(event.clone(), user.clone()));
    let values: [&(dyn ToSql + Sync); 6] =
        [&event_text, &user_text, &id, &rest.template, &identity.channel, &notice];
    let made = try_join(lease.query(&delete, &values), lease.batch_execute("COMMIT"));
    lease.within(made).await.map_err(Failure::amid_a_transaction)?;
    Ok(rest.count)
}

/// The one to be deleted is not opened: a damaged one can be deleted too.
fn rest(
    identity: &Identity,
    event: &EventName,
    user: &Username,
    id: Uuid,
    found: &[Row],
) -> Result<Rest, Failure> {
    let (mut is_there, mut count, mut left) = (false, 0, Vec::new());
    for row in found {
        let present: Uuid = row.try_get(0)?;
        if present == id {
            is_there = true;
            continue;
        }
        count += 1;
        if identity.keeps_templates() {
            left.push(identity.sample(event, user, present, rows::bytes(row, 1)?)?);
        }
    }
    if !is_there {
        return Err(StoreError::sample_not_found(event, user, id).into());
    }
    if count == 0 {
        return Err(StoreError::only_sample(event, user).into());
    }
    let template = identity.template(left.iter().map(FaceSample::embedding));
    Ok(Rest { template, count })
}
