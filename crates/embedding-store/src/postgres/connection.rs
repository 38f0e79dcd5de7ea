//! The pool of connections, and how one is lent: back in it only when it is known to be good.

use std::future::Future;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::future::{Either, select, try_join};
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::config::PostgresConfig;
use super::failure::{Failure, pool_error};
use super::session::{self, Sessions};
use super::silence::{self, Silence};
use crate::StoreError;

/// How much longer than the server this side waits for a statement: the server's own answer says more.
const GRACE: Duration = Duration::from_secs(1);

/// Lends connections.
#[derive(Debug)]
pub(super) struct Connections {
    pool: Pool,
    limit: Duration,
    silence: Arc<Silence>,
}

/// A connection on loan. Dropped without [`Lease::give_back`] it is closed, since a call that was cut short
/// may have left a transaction open.
pub(super) struct Lease {
    connection: Option<Object>,
    limit: Duration,
    silence: Arc<Silence>,
}

impl Connections {
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, StoreError> {
        let (size, sessions) = (config.pool_size.get(), Sessions::new(config)?);
        let manager = Manager::from_connect(
            config.server.clone(),
            sessions.clone(),
            // Looks only whether the connection is known to be closed; asking the server would cost each call a
            // round trip. One that died unnoticed fails when used; reads and most appends are then repeated.
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1);
        let pool = pool.wait_timeout(Some(config.statement_timeout));
        let pool = pool.create_timeout(Some(config.connect_timeout));
        let pool = pool.recycle_timeout(Some(config.connect_timeout));
        // Of each connection, since another database may be behind the address by now.
        let pool = pool.post_create(Hook::async_fn(|client, _| Box::pin(session::check(client)))).build();
        let pool = pool.map_err(|e| StoreError::Misconfigured {
            reason: "the pool of connections cannot be made".to_owned(),
            source: Some(e.into()),
        })?;
        let silence = Arc::new(Silence::new(config, pool.clone(), sessions));
        Ok(Self { pool, limit: config.statement_timeout + GRACE, silence })
    }

    /// A connection; at once an error while the database is known not to answer.
    pub(super) async fn lend(&self) -> Result<Lease, StoreError> {
        // Not left to the wait below: a task that has used up its budget would be told to come again.
        self.silence.check()?;
        let size = self.pool.status().max_size;
        // Those who wait already hear of it too. The first that is ready, in this order.
        let lent = match select(pin!(self.silence.is_known()), pin!(self.pool.get())).await {
            Either::Left(_) => return Err(silence::error()),
            Either::Right((lent, _)) => lent,
        };
        if let Err(PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle)) = &lent {
            self.silence.begins();
        }
        let connection = lent.map_err(|e| pool_error(e, size))?;
        Ok(Lease { connection: Some(connection), limit: self.limit, silence: Arc::clone(&self.silence) })
    }

    /// What they are opened with.
    pub(super) fn sessions(&self) -> &Sessions {
        self.silence.sessions()
    }

    /// Closes those that nobody uses: what was decided when they were opened, such as whether they may write, may be
    /// otherwise now.
    pub(super) fn renew(&self) {
        drop(self.pool.retain(|_, _| false));
    }
}

/// Closes all, also those on loan once they come back: when the last of those who share them, the store and its
/// journals, is dropped.
impl Drop for Connections {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl Lease {
    /// Takes what a call on this connection came to, and keeps the connection unless it is lost.
    pub(super) fn settle<T>(self, outcome: Result<T, Failure>) -> Result<T, StoreError> {
        // After `Refused` no transaction is open: a call that fails within one rolls it back or returns
        // `Lost`.
        if !matches!(outcome, Err(Failure::Lost(_) | Failure::Dead(_))) {
            self.give_back();
        }
        outcome.map_err(Failure::into_error)
    }

    fn give_back(mut self) {
        // Into the pool.
        drop(self.connection.take());
    }

    /// As far as the server answers in time.
    pub(super) async fn within<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        self.within_limit(self.limit, work).await
    }

    /// As [`Lease::within`], for work that may take another time.
    pub(super) async fn within_limit<T, E: Into<Failure>>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match timeout(limit, work).await {
            Ok(outcome) => outcome.map_err(Into::into),
            // A `Lost`: the statement may still be running, in a transaction that is open.
            Err(_) => {
                self.silence.begins();
                Err(Failure::Lost(silence::error()))
            }
        }
    }

    /// How long a statement may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// One statement on its own.
    pub(super) async fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Failure> {
        self.within(async {
            let statement = self.prepare_cached(sql).await?;
            self.query(&statement, values).await
        })
        .await
    }

    /// The last statement of a transaction, sent together with its COMMIT: when it fails, the server turns the
    /// COMMIT into a ROLLBACK.
    pub(super) async fn execute_and_commit(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<(), Failure> {
        self.query_and_commit(statement, values).await.map(drop)
    }

    /// The same, with the rows that the statement returns.
    pub(super) async fn query_and_commit(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        let both = try_join(self.query(statement, values), self.batch_execute("COMMIT"));
        self.within(both).await.map(|(rows, ())| rows).map_err(Failure::amid_a_transaction)
    }

    /// Ends a transaction without effect.
    pub(super) async fn roll_back(&self) -> Result<(), Failure> {
        self.within(self.batch_execute("ROLLBACK")).await
    }

    /// Passes on what was decided amid a transaction; an error ends the transaction without effect.
    pub(super) async fn or_roll_back<T>(&self, decided: Result<T, Failure>) -> Result<T, Failure> {
        if decided.is_err() {
            // The error of a failed ROLLBACK is returned in place of `decided`: as `Lost` it keeps the
            // connection, whose transaction may still be open, out of the pool.
            self.roll_back().await?;
        }
        decided
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Taken out of the pool, which may then open another. Closing it makes the server roll back.
            drop(Object::take(connection));
        }
    }
}

impl Deref for Lease {
    type Target = deadpool_postgres::ClientWrapper;

    #[expect(clippy::expect_used, reason = "the connection is taken only by what consumes the lease")]
    fn deref(&self) -> &Self::Target {
        self.connection.as_ref().expect("a lease holds its connection")
    }
}
