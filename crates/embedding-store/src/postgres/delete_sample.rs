//! The deletion of one sample: the user's template is made anew of those that are left.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::notice::Changed;
use super::{locked_user, rows};
use crate::{EventName, FaceSample, StoreError, Username};

const DELETE: &str = "WITH deleted AS (DELETE FROM samples WHERE event = $1 AND username = $2 AND id = $3), \
                      moved AS (UPDATE events SET version = version + 1 WHERE name = $1 RETURNING version), \
                      updated AS (UPDATE users SET template = $4, version = moved.version FROM moved \
                      WHERE event = $1 AND name = $2) \
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
    let rest = |found: &[Row]| rest(identity, event, user, id, found);
    let (delete, rest) = locked_user::begin(lease, event, user, DELETE, rest).await?;
    let (event_text, user_text) = (event.as_str(), user.as_str());
    let notice = identity.notice(&Changed::User(event.clone(), user.clone()));
    let values: [&(dyn ToSql + Sync); 6] =
        [&event_text, &user_text, &id, &rest.template, &identity.channel, &notice];
    lease.execute_and_commit(&delete, &values).await?;
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
        // Needed for the template only: where none is kept, a damaged neighbour does not prevent the
        // deletion.
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
