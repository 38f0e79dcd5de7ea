//! Queries of the journal, each by one statement.

use std::ops::Range;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::super::connection::Lease;
use super::super::failure::Failure;
use super::super::rows::within_page;
use super::row::{COLUMNS, read};
use crate::{JournalCursor, JournalEntry, JournalListing, JournalPage, Topic};

pub(super) async fn by_id(lease: &Lease, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, Failure> {
    one(lease, "id = $2", &[&topic.as_str(), &id]).await
}

pub(super) async fn by_key(lease: &Lease, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, Failure> {
    // The server refuses a NUL.
    if !JournalEntry::is_label(key) {
        return Ok(None);
    }
    one(lease, "key = $2", &[&topic.as_str(), &key]).await
}

pub(super) async fn latest(
    lease: &Lease,
    topic: &Topic,
    subject: &str,
    kind: &str,
) -> Result<Option<JournalEntry>, Failure> {
    if !JournalEntry::is_label(subject) || !JournalEntry::is_label(kind) {
        return Ok(None);
    }
    newest(lease, topic, subject, kind, JournalCursor::FIRST..JournalCursor::LAST).await
}

/// The newest entry of a kind about a subject, '' for nobody, of the times of these places, the last one included.
pub(super) async fn newest(
    lease: &Lease,
    topic: &Topic,
    subject: &str,
    kind: &str,
    places: Range<JournalCursor>,
) -> Result<Option<JournalEntry>, Failure> {
    let condition = "subject = $2 AND kind = $3 AND time BETWEEN $4 AND $5 \
                     ORDER BY time DESC, id DESC LIMIT 1";
    let values: [&(dyn ToSql + Sync); 5] =
        [&topic.as_str(), &subject, &kind, &places.start.time, &places.end.time];
    one(lease, condition, &values).await
}

async fn one(
    lease: &Lease,
    condition: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Option<JournalEntry>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM journal WHERE topic = $1 AND {condition}");
    lease.rows(&sql, values).await?.first().map(read).transpose()
}

pub(super) async fn list(
    lease: &Lease,
    topic: &Topic,
    page: &JournalPage,
) -> Result<JournalListing, Failure> {
    let Some(places) = page.range() else { return Ok(JournalListing::default()) };
    let topic = topic.as_str();
    // One more than the page has, to know whether there is more.
    let limit = i64::try_from(page.limit.get()).unwrap_or(i64::MAX - 1).saturating_add(1);
    let mut values: Vec<&(dyn ToSql + Sync)> =
        vec![&topic, &places.start.time, &places.start.id, &places.end.time, &places.end.id, &limit];
    // A comparison of rows, for which one range of the index on (topic, time, id) is read.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM journal WHERE topic = $1 AND (time, id) >= ($2, $3) AND (time, id) < ($4, $5)"
    );
    for (column, value) in [("subject", &page.subject), ("kind", &page.kind)] {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    }
    let order = if page.newest_first { "DESC" } else { "ASC" };
    let order = format!("time {order}, id {order}");
    sql.push_str(&format!(" ORDER BY {order} LIMIT $6"));
    let sql = within_page(COLUMNS, &sql, &order);
    let found = lease.rows(&sql, &values).await?;
    JournalListing::from_entries(found.iter().map(read), page.limit)
}
