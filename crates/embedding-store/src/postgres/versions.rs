//! The version of an event: what has changed since, and appends that depend on it.

use async_trait::async_trait;

use super::append::Expected;
use super::connection::Lease;
use super::failure::Failure;
use super::{PostgresStore, rows};
use crate::{
    AppendedAt, ChangedUsers, EventName, EventVersion, EventVersions, FaceSample, StoreError, Username,
};

const VERSION: &str = "SELECT life, version FROM events WHERE name = $1";
// Of an event without such users one row without a user, of no event none.
const CHANGED: &str = "SELECT events.life, events.version, users.name FROM events LEFT JOIN users \
                       ON users.event = events.name AND events.life = $2 AND users.version > $3 \
                       WHERE events.name = $1 ORDER BY users.name";

async fn version(lease: &Lease, event: &EventName) -> Result<Option<EventVersion>, Failure> {
    let found = lease.rows(VERSION, &[&event.as_str()]).await?;
    found.first().map(|row| Ok(EventVersion::new(row.try_get(0)?, row.try_get(1)?))).transpose()
}

async fn changed_users(
    lease: &Lease,
    event: &EventName,
    since: EventVersion,
) -> Result<ChangedUsers, Failure> {
    let found = lease.rows(CHANGED, &[&event.as_str(), &since.life(), &since.writes()]).await?;
    let Some(first) = found.first() else { return Err(StoreError::event_not_found(event).into()) };
    let now = EventVersion::new(first.try_get(0)?, first.try_get(1)?);
    if now.life() != since.life() {
        return Ok(ChangedUsers::new(now, None));
    }
    let mut users = Vec::new();
    for row in &found {
        let Some(name) = row.try_get::<_, Option<&str>>(2)? else { continue };
        let user = Username::new(name).ok().filter(|user| user.as_str() == name);
        rows::belongs(user.is_some(), "user")?;
        users.extend(user);
    }
    Ok(ChangedUsers::new(now, Some(users)))
}

#[async_trait]
impl EventVersions for PostgresStore {
    async fn version(&self, event: &EventName) -> Result<Option<EventVersion>, StoreError> {
        read_on!(self, version, event)
    }

    async fn changed_users(
        &self,
        event: &EventName,
        since: EventVersion,
    ) -> Result<ChangedUsers, StoreError> {
        read_on!(self, changed_users, event, since)
    }

    async fn append_sample_at(
        &self,
        sample: FaceSample,
        seen: Option<EventVersion>,
    ) -> Result<AppendedAt, StoreError> {
        self.append(&[sample], Expected::Version(seen)).await
    }
}
