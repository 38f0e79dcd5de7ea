//! The database store, `postgres://`: several servers share one PostgreSQL.
//!
//! A call borrows a connection ([`connection`], set up by [`session`]; [`silence`] is where none answers) and does its work in one transaction, most in one or two
//! round trips ([`events`], [`users`], [`append`], [`delete_sample`], [`snapshot`], [`stored`]); [`locks`] keep writers
//! apart, and every write carries its notice to the other stores ([`notice`], read in [`feed`]). The
//! [`journal`] has a table and connections of the same pool. [`versions`] are those of events, which appends may depend on. [`search`] finds templates, with [`vectors`]
//! where the database has them. [`migrations`] makes the tables, [`keys`] looks after their keys, [`config`]
//! reads the URL, [`tls`] says whom to trust, [`failure`] turns what goes wrong into the words of the store.

/// Lends a connection to a write and takes it back.
macro_rules! write_on {
    // Not repeated when the connection dies, because the COMMIT may have been executed and only its answer
    // lost: a deletion would then report NotFound for its own success, and an update could overwrite a later
    // one.
    ($store:expr, $call:path $(, $argument:expr)*) => {{
        let lease = $store.connections.lend().await?;
        let outcome: Result<_, Failure> = $call(&lease $(, $argument)*).await;
        lease.settle(outcome)
    }};
}

/// Lends a connection to a read and takes it back; once more when the first one turns out to be dead.
macro_rules! read_on {
    ($store:expr, $call:path $(, $argument:expr)*) => {{
        let lease = $store.connections.lend().await?;
        let outcome: Result<_, Failure> = $call(&lease $(, $argument)*).await;
        if matches!(outcome, Err(Failure::Dead(_))) {
            // A restart of the server kills idle connections, and the pool may lend one before it notices.
            // The dead one is given up before another is requested: with pool_size=1 the request would wait
            // for it until the time-out.
            drop(lease);
            write_on!($store, $call $(, $argument)*)
        } else {
            lease.settle(outcome)
        }
    }};
}

mod append;
mod clock;
mod config;
mod connection;
mod delete_sample;
mod events;
mod failure;
mod feed;
mod identity;
mod journal;
mod keys;
mod locked_user;
mod locks;
mod migrations;
mod moved_user;
mod notice;
mod opening;
mod rows;
mod search;
mod session;
mod silence;
mod snapshot;
mod stored;
mod tls;
mod users;
mod vectors;
mod versions;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use append::Expected;
use async_trait::async_trait;
use embedding::Template;
use time::OffsetDateTime;
use uuid::Uuid;

pub use config::PostgresConfig;
use connection::Connections;
use failure::Failure;
use identity::Identity;
use journal::PostgresJournal;
use vectors::Vectors;

use crate::opening::Opening;
use crate::{
    AppendedAt, ChangeFeed, EmbeddingStore, EventName, EventRecord, EventSnapshot, EventVersions, FaceSample,
    Journal, Keyring, Listing, NearestTemplates, Outage, Page, StoreError, StoredRecords, TemplateSearch,
    UserRecord, Username,
};

/// Samples that are appended in one transaction: some 10 MB, which the server takes well within a statement's time.
// Not fewer: each append reads what the user has, for the template.
const MOST_AT_ONCE: usize = 10_000;

/// Keeps everything in a PostgreSQL database, which other servers may use at the same time.
///
/// A write that has returned has been committed and written through to the server's disk. Needs a tokio
/// runtime with time and input/output enabled.
pub struct PostgresStore {
    connections: Arc<Connections>,
    identity: Identity,
    vectors: Option<Vectors>,
    config: PostgresConfig,
}

impl PostgresStore {
    /// Connects, and makes or updates the tables.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached; [`StoreError::Misconfigured`] when it
    /// refuses the user, there is no such database, a newer version made the tables, or the server does
    /// not write through to its disk.
    pub async fn open(config: &PostgresConfig) -> Result<Self, StoreError> {
        Self::open_with(config, Keyring::plain()).await
    }

    /// Connects, with the keys that samples are sealed with.
    ///
    /// # Errors
    /// As for [`PostgresStore::open`]; [`StoreError::Misconfigured`] when the keyring is not the store's.
    pub async fn open_with(config: &PostgresConfig, keyring: Keyring) -> Result<Self, StoreError> {
        Self::open_as(config, keyring, Opening::MakeIfAbsent).await
    }

    pub(crate) async fn open_as(
        config: &PostgresConfig,
        keyring: Keyring,
        opening: Opening,
    ) -> Result<Self, StoreError> {
        let connections = Arc::new(Connections::new(config)?);
        let lease = connections.lend().await?;
        let outcome = opening::prepare(&lease, config, &keyring, opening).await;
        // A failed migration leaves its transaction open. `connections` is dropped on the error, and with it
        // this connection, so nobody else can get it.
        let vectors = lease.settle(outcome)?;
        let identity = Identity::new(&config.schema, keyring);
        Ok(Self { connections, identity, vectors, config: config.clone() })
    }

    async fn checked(&self) -> Result<(), StoreError> {
        read_on!(self, opening::check, &self.identity)
    }

    /// Appends on one connection; once more on another when the first one turns out to be dead before the
    /// append can have been made.
    async fn append(&self, samples: &[FaceSample], expected: Expected) -> Result<AppendedAt, StoreError> {
        let lease = self.connections.lend().await?;
        let outcome = append::append(&lease, &self.identity, samples, expected).await;
        let (may_be_made, outcome) = match outcome {
            Ok(appended) => (true, Ok(appended)),
            Err(unfinished) => (unfinished.may_be_made, Err(unfinished.failure)),
        };
        // Once COMMIT has been sent, the sample may be stored, and may already be deleted again by another
        // server: a second append would bring it back. Before that nothing is committed, and a repetition is
        // safe.
        if may_be_made || !matches!(outcome, Err(Failure::Dead(_))) {
            return lease.settle(outcome);
        }
        drop(lease);
        let lease = self.connections.lend().await?;
        let outcome = append::append(&lease, &self.identity, samples, expected).await;
        lease.settle(outcome.map_err(|unfinished| unfinished.failure))
    }
}

#[async_trait]
impl EmbeddingStore for PostgresStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        write_on!(self, events::create, &self.identity, &event)
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        read_on!(self, events::read, event)
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        write_on!(self, events::update, &self.identity, &event)
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        write_on!(self, events::replace, &self.identity, seen, &event)
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        write_on!(self, events::delete, &self.identity, event)
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        read_on!(self, events::list, &page)
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        Ok(self.append(&[sample], Expected::Anything).await?.count)
    }

    async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        let mut count = 0;
        for samples in samples.chunks(MOST_AT_ONCE) {
            count = self.append(samples, Expected::Anything).await?.count;
        }
        Ok(count)
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        write_on!(self, delete_sample::delete, &self.identity, event, user, id)
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        read_on!(self, users::read, event, user)
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        write_on!(self, users::update, &self.identity, &user)
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        write_on!(self, users::replace, &self.identity, seen, &user)
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        write_on!(self, moved_user::move_user, &self.identity, seen, &to, onto)
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        write_on!(self, users::delete, &self.identity, event, user)
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        read_on!(self, users::list, event, &page)
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        read_on!(self, users::samples, &self.identity, event, user)
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        read_on!(self, snapshot::load, &self.identity, event)
    }

    async fn is_served(&self) -> Result<bool, StoreError> {
        read_on!(self, keys::is_served)
    }

    fn stored_records(&self) -> StoredRecords<'_> {
        stored::stored_records(&self.connections, &self.identity)
    }

    async fn check(&self) -> Result<(), StoreError> {
        let checked = self.checked().await;
        // The sessions that there are stay as they were opened, also when the database takes writes again.
        if checked.as_ref().is_err_and(|error| error.outage() == Some(Outage::ReadOnly)) {
            self.connections.renew();
        }
        checked
    }

    async fn clock(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        read_on!(self, clock::read).map(Some)
    }

    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        feed::open(&self.config, &self.identity, &self.connections).await.map(Some)
    }

    fn search(&self) -> Option<&dyn TemplateSearch> {
        if self.identity.keeps_templates() { Some(self) } else { None }
    }

    fn versions(&self) -> Option<&dyn EventVersions> {
        Some(self)
    }

    fn journal(&self) -> Option<Arc<dyn Journal>> {
        Some(Arc::new(PostgresJournal::new(Arc::clone(&self.connections))))
    }

    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        write_on!(self, keys::reseal, &self.identity, event, user)
    }

    async fn finish_resealing(&self) -> Result<(), StoreError> {
        write_on!(self, keys::finish, &self.identity)
    }
}

#[async_trait]
impl TemplateSearch for PostgresStore {
    async fn nearest(
        &self,
        event: &EventName,
        probe: &Template,
        limit: NonZeroUsize,
    ) -> Result<NearestTemplates, StoreError> {
        read_on!(self, search::nearest, self.vectors.as_ref(), event, probe, limit)
    }
}

/// Shows which database it is, without the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("config", &self.config).finish_non_exhaustive()
    }
}
