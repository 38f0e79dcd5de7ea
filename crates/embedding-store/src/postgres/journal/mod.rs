//! The journal in the database: one table, with the keys of a topic unique in it.
//!
//! [`append`] adds, [`reads`] queries, [`changes`] amends and erases. Nobody is notified: whoever reads
//! the journal reads it there.

mod append;
mod changes;
mod reads;
mod row;

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) use row::{ALL, read};

use super::connection::Connections;
use super::failure::Failure;
use crate::{Appended, Erase, Journal, JournalEntry, JournalListing, JournalPage, StoreError, Topic};

/// The journal of a [`PostgresStore`](super::PostgresStore), on the same connections.
#[derive(Debug)]
pub(super) struct PostgresJournal {
    connections: Arc<Connections>,
}

impl PostgresJournal {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        Self { connections }
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    async fn append(
        &self,
        entry: JournalEntry,
        unless_since: Option<OffsetDateTime>,
    ) -> Result<Appended, StoreError> {
        let lease = self.connections.lend().await?;
        let outcome = append::append(&lease, &entry, unless_since).await;
        if !matches!(outcome, Err(Failure::Dead(_))) {
            return lease.settle(outcome);
        }
        drop(lease);
        // Once more, since that is safe; what is there then of this very entry, the first attempt has appended.
        let lease = self.connections.lend().await?;
        let outcome = append::append(&lease, &entry, unless_since).await;
        match lease.settle(outcome)? {
            Appended::Repeated(present) if present == entry => Ok(Appended::New),
            other @ (Appended::New | Appended::Repeated(_) | Appended::Recent(_)) => Ok(other),
        }
    }

    async fn entry(&self, topic: &Topic, id: Uuid) -> Result<Option<JournalEntry>, StoreError> {
        read_on!(self, reads::by_id, topic, id)
    }

    async fn by_key(&self, topic: &Topic, key: &str) -> Result<Option<JournalEntry>, StoreError> {
        read_on!(self, reads::by_key, topic, key)
    }

    async fn latest(
        &self,
        topic: &Topic,
        subject: &str,
        kind: &str,
    ) -> Result<Option<JournalEntry>, StoreError> {
        read_on!(self, reads::latest, topic, subject, kind)
    }

    async fn list(&self, topic: &Topic, page: JournalPage) -> Result<JournalListing, StoreError> {
        read_on!(self, reads::list, topic, &page)
    }

    async fn amend(&self, entry: JournalEntry) -> Result<(), StoreError> {
        write_on!(self, changes::amend, &entry)
    }

    async fn erase(&self, topic: &Topic, what: Erase) -> Result<u64, StoreError> {
        write_on!(self, changes::erase, topic, &what)
    }
}
