//! The clock that all servers on a database have in common.

use time::OffsetDateTime;

use super::connection::Lease;
use super::failure::Failure;
use crate::StoreError;

/// What time it is in the database, now and not when a transaction began.
pub(super) async fn read(lease: &Lease) -> Result<OffsetDateTime, Failure> {
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let found = lease.rows(now, &[]).await?;
    let micros = found.first().map(|row| row.try_get::<_, i64>(0)).transpose()?.unwrap_or_default();
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
    Ok(time.map_err(|_| StoreError::unavailable(false, "the database has no time that can be"))?)
}
