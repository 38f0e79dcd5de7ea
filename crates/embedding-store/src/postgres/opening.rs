//! What is checked and made when a store is opened, and what is looked at while it is in use.

use super::config::PostgresConfig;
use super::connection::Lease;
use super::failure::Failure;
use super::identity::Identity;
use super::keys;
use super::migrations::{MIGRATIONS, are_tables_there, migrate};
use super::vectors::{self, Vectors};
use crate::opening::{Opening, absent};
use crate::{Keyring, Outage, StoreError};

pub(super) async fn prepare(
    lease: &Lease,
    config: &PostgresConfig,
    keyring: &Keyring,
    opening: Opening,
) -> Result<Option<Vectors>, Failure> {
    if !opening.makes() && !are_tables_there(lease, &config.schema, MIGRATIONS.len()).await? {
        return Err(
            absent(format_args!("the database has no tables in the schema '{}'", config.schema)).into()
        );
    }
    if !opening.changes() {
        keys::check_readable(lease, keyring).await?;
        return Ok(None);
    }
    // The disk first, so that no table is made on a server that is refused; then the tables, which the key
    // record and the index of vectors need.
    check_disk(lease, config).await?;
    migrate(lease, &config.schema, MIGRATIONS).await?;
    keys::admit(lease, keyring).await?;
    vectors::find(lease, config.approximate_index).await
}

/// What a server acknowledges that does not write through to its disk, a power cut may take back.
async fn check_disk(lease: &Lease, config: &PostgresConfig) -> Result<(), Failure> {
    let found = lease.rows("SELECT current_setting('fsync') = 'on'", &[]).await?;
    let is_on = found.first().map(|row| row.try_get::<_, bool>(0)).transpose()?.unwrap_or(false);
    if is_on || config.unchecked_fsync {
        return Ok(());
    }
    Err(StoreError::misconfigured(
        "the database runs with fsync=off and may lose what it has acknowledged: switch it on, or say fsync=unchecked",
    )
    .into())
}

/// Whether the store can be read and written now.
pub(super) async fn check(lease: &Lease, identity: &Identity) -> Result<(), Failure> {
    let takes_writes = "SELECT current_setting('transaction_read_only') = 'off' AND NOT pg_is_in_recovery()";
    let found = lease.rows(takes_writes, &[]).await?;
    if !found.first().map(|row| row.try_get::<_, bool>(0)).transpose()?.unwrap_or(false) {
        // Given up, since its session stays so.
        return Err(Failure::Lost(StoreError::Unavailable {
            retryable: false,
            reason: "the database takes no writes".to_owned(),
            source: Some(Outage::ReadOnly.into()),
        }));
    }
    keys::check_now(lease, identity).await
}
