//! Records out of rows. One that is not the one its key names counts as damaged.

use tokio_postgres::Row;

use super::failure::Failure;
use crate::{Cursor, EventName, EventRecord, MAX_PAGE_BYTES, Page, StoreError, UserRecord, Username};

pub(super) fn bytes(row: &Row, column: usize) -> Result<&[u8], Failure> {
    Ok(row.try_get(column)?)
}

pub(super) fn event(name: &str, record: &[u8]) -> Result<EventRecord, Failure> {
    let record = EventRecord::from_bytes(record)?;
    belongs(record.name.as_str() == name, "event").map(|()| record)
}

pub(super) fn user(event: &EventName, name: &str, record: &[u8]) -> Result<UserRecord, Failure> {
    let record = UserRecord::from_bytes(record)?;
    belongs(record.event == *event && record.name.as_str() == name, "user").map(|()| record)
}

pub(super) fn belongs(matches: bool, what: &str) -> Result<(), Failure> {
    if matches {
        return Ok(());
    }
    Err(StoreError::corrupt(format!("a record of kind {what} lies under the key of another one")).into())
}

pub(super) fn missing_user(is_event: bool, event: &EventName, user: &Username) -> Failure {
    if is_event {
        StoreError::user_not_found(event, user).into()
    } else {
        StoreError::event_not_found(event).into()
    }
}

/// One more than the page has, to know whether there is more.
pub(super) fn limit(page: &Page) -> i64 {
    i64::try_from(page.limit.get()).unwrap_or(i64::MAX - 1).saturating_add(1)
}

/// A statement for the columns of such rows as a page in this order has room for, and of the one behind it: so the
/// answer of the server is bounded in bytes too, as [`Listing::from_records`](crate::Listing::from_records) bounds the
/// page. `rows` are at most [`limit`], with the column `record`.
pub(super) fn within_page(columns: &str, rows: &str, order: &str) -> String {
    // Twice as much as a page has, because it counts its bytes otherwise: as JSON.
    let most = 2 * MAX_PAGE_BYTES;
    format!(
        "SELECT {columns} FROM (SELECT few.*, row_number() OVER so_far AS number, \
         sum(octet_length(record)) OVER so_far - octet_length(record) AS bytes_before FROM ({rows}) few \
         WINDOW so_far AS (ORDER BY {order} ROWS UNBOUNDED PRECEDING)) sized \
         WHERE bytes_before <= {most} OR number <= 2 ORDER BY {order}"
    )
}

/// The name behind which a page starts: no name is empty. None has a NUL either, which the server would
/// refuse, so that what follows one makes no difference.
pub(super) fn after(page: &Page) -> &str {
    let place = page.after.as_ref().map_or("", Cursor::as_str);
    place.split('\0').next().unwrap_or_default()
}
