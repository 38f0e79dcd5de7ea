//! Amendments and erasure.

use futures_util::future::{try_join, try_join3};
use tokio_postgres::types::ToSql;

use super::super::connection::Lease;
use super::super::events::PATIENCE;
use super::super::failure::Failure;
use super::row::{COLUMNS, read, subject};
use crate::{Erase, JournalCursor, JournalEntry, StoreError, Topic};

const AMEND: &str = "UPDATE journal SET kind = $3, subject = $4, record = $5 WHERE topic = $1 AND id = $2";

pub(super) async fn amend(lease: &Lease, entry: &JournalEntry) -> Result<(), Failure> {
    entry.check_storable()?;
    let topic = entry.topic.as_str();
    // FOR UPDATE: of two that amend one revision the second waits here, then sees the new one and is refused.
    let select = format!("SELECT {COLUMNS} FROM journal WHERE topic = $1 AND id = $2 FOR UPDATE");
    let prepared = try_join(lease.prepare_cached(&select), lease.prepare_cached(AMEND));
    let (select, amend) = lease.within(prepared).await?;
    let id_of_entry: [&(dyn ToSql + Sync); 2] = [&topic, &entry.id];
    let (_, found) = lease
        .within(try_join(lease.batch_execute("BEGIN"), lease.query(&select, &id_of_entry)))
        .await
        .map_err(Failure::amid_a_transaction)?;
    let amended = || -> Result<_, Failure> {
        let present = found.first().ok_or_else(|| StoreError::entry_not_found(&entry.topic, entry.id))?;
        let amended = entry.clone().amending(&read(present)?)?;
        Ok((amended.to_bytes()?, amended))
    }();
    let (record, amended) = lease.or_roll_back(amended).await?;
    let (kind, subject) = (amended.kind.as_str(), subject(&amended));
    let values: [&(dyn ToSql + Sync); 5] = [&topic, &entry.id, &kind, &subject, &record];
    lease.execute_and_commit(&amend, &values).await
}

/// By the columns alone, so that damaged entries go too.
pub(super) async fn erase(lease: &Lease, topic: &Topic, what: &Erase) -> Result<u64, Failure> {
    let topic = topic.as_str();
    match what {
        Erase::All => delete(lease, "", &[&topic]).await,
        Erase::Before(time) => {
            delete(lease, "AND time < $2", &[&topic, &JournalCursor::start_of(*time).time]).await
        }
        // '' stands for nobody in the table, and the server refuses a NUL.
        Erase::Subject(subject) if !JournalEntry::is_label(subject) => Ok(0),
        Erase::Subject(subject) => delete(lease, "AND subject = $2", &[&topic, subject]).await,
    }
}

/// A journal may be long, so the server has as long as for the deletion of an event.
async fn delete(lease: &Lease, condition: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, Failure> {
    let limit = lease.limit() * PATIENCE;
    // Each connection caches prepared statements by their text and forgets none: here there are three texts.
    let sql = format!("DELETE FROM journal WHERE topic = $1 {condition}");
    let delete = lease.within(lease.prepare_cached(&sql)).await?;
    let begin = format!("BEGIN; SET LOCAL statement_timeout = {}", limit.as_millis());
    let work =
        try_join3(lease.batch_execute(&begin), lease.execute(&delete, values), lease.batch_execute("COMMIT"));
    let (_, erased, _) = lease.within_limit(limit, work).await.map_err(Failure::amid_a_transaction)?;
    Ok(erased)
}
