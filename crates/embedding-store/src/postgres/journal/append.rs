//! The append: one statement, and where a moment ago counts, one transaction in one round trip.

use std::ops::Range;

use futures_util::future::{try_join, try_join4};
use time::OffsetDateTime;
use tokio_postgres::types::ToSql;

use super::super::connection::Lease;
use super::super::failure::Failure;
use super::super::locks;
use super::reads;
use super::row::subject;
use crate::{Appended, JournalCursor, JournalEntry, StoreError};

/// Leaves out an entry whose id or key the topic has. Another transaction that is just adding one of the key is
/// waited for.
const ADD: &str = "INSERT INTO journal (topic, id, time, kind, subject, key, record) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
// NOT EXISTS does not see the uncommitted entry of another transaction: without `locks::MOMENT` both would add
// theirs.
const ADD_UNLESS: &str = "INSERT INTO journal (topic, id, time, kind, subject, key, record) \
                          SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM journal \
                          WHERE topic = $1 AND subject = $5 AND kind = $4 AND time BETWEEN $8 AND $9) \
                          ON CONFLICT DO NOTHING";

/// How often an append is tried again when what kept its entry out is erased before it can be read.
const ATTEMPTS: usize = 5;

pub(super) async fn append(
    lease: &Lease,
    entry: &JournalEntry,
    unless_since: Option<OffsetDateTime>,
) -> Result<Appended, Failure> {
    let record = entry.to_bytes()?;
    let recent = unless_since.map(|since| JournalCursor::around(entry.time, since));
    for _ in 0..ATTEMPTS {
        if add(lease, entry, &record, recent.as_ref()).await? {
            return Ok(Appended::New);
        }
        if let Some(kept_out) = kept_out(lease, entry, recent.clone()).await? {
            return Ok(kept_out);
        }
    }
    Err(StoreError::unavailable(true, "the journal changes faster than it is read").into())
}

/// Whether the entry was added.
async fn add(
    lease: &Lease,
    entry: &JournalEntry,
    record: &[u8],
    recent: Option<&Range<JournalCursor>>,
) -> Result<bool, Failure> {
    let (topic, kind, subject, place) =
        (entry.topic.as_str(), entry.kind.as_str(), subject(entry), JournalCursor::from(entry));
    let values: [&(dyn ToSql + Sync); 7] =
        [&topic, &place.id, &place.time, &kind, &subject, &entry.key, &record];
    let Some(recent) = recent else {
        let add = lease.within(lease.prepare_cached(ADD)).await?;
        return Ok(lease.within(lease.execute(&add, &values)).await? == 1);
    };
    let prepared = try_join(lease.prepare_cached(locks::MOMENT), lease.prepare_cached(ADD_UNLESS));
    let (lock, add) = lease.within(prepared).await?;
    let of_lock: [&(dyn ToSql + Sync); 2] = [&topic, &subject];
    let mut values = values.to_vec();
    values.extend([&recent.start.time as &(dyn ToSql + Sync), &recent.end.time]);
    // All at once: the server executes them in this order, and each sees what was committed before it.
    let (_, _, added, _) = lease
        .within(try_join4(
            lease.batch_execute("BEGIN"),
            lease.query(&lock, &of_lock),
            lease.execute(&add, &values),
            lease.batch_execute("COMMIT"),
        ))
        .await
        .map_err(Failure::amid_a_transaction)?;
    Ok(added == 1)
}

/// What kept the entry out, as far as it is still there.
async fn kept_out(
    lease: &Lease,
    entry: &JournalEntry,
    places: Option<Range<JournalCursor>>,
) -> Result<Option<Appended>, Failure> {
    // By id first: when an append is repeated because its answer was lost, it finds its own entry, which is
    // `Repeated` and must not be reported as `Recent`.
    let mut present = reads::by_id(lease, &entry.topic, entry.id).await?;
    if let (None, Some(key)) = (&present, &entry.key) {
        present = reads::by_key(lease, &entry.topic, key).await?;
    }
    if let Some(present) = present {
        return Ok(Some(Appended::Repeated(present)));
    }
    let Some(places) = places else { return Ok(None) };
    let recent = reads::newest(lease, &entry.topic, subject(entry), &entry.kind, places).await?;
    Ok(recent.map(Appended::Recent))
}
