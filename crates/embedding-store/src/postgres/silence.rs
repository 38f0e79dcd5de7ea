//! A database that takes connections and never answers: known after one time-out, and then an error at once.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Connect, Pool};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::Config;

use super::config::PostgresConfig;
use super::session::Sessions;
use crate::{Outage, StoreError};

/// Between two looks for a sign of life.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether the database is known not to answer.
#[derive(Debug)]
pub(super) struct Silence {
    known: watch::Sender<bool>,
    pool: Pool,
    server: Config,
    sessions: Sessions,
    limit: Duration,
}

pub(super) fn error() -> StoreError {
    StoreError::Unavailable {
        retryable: true,
        reason: "the database did not answer in time".to_owned(),
        source: Some(Outage::Silent.into()),
    }
}

impl Silence {
    pub(super) fn new(config: &PostgresConfig, pool: Pool, sessions: Sessions) -> Self {
        let (server, limit) = (config.server.clone(), config.connect_timeout);
        Self { known: watch::Sender::new(false), pool, server, sessions, limit }
    }

    /// What connections are opened with.
    pub(super) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Fails while the database is known not to answer.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if *self.known.borrow() { Err(error()) } else { Ok(()) }
    }

    /// Returns as soon as the database is known not to answer.
    pub(super) async fn is_known(&self) {
        // The sender is in `self`, so it is there.
        drop(self.known.subscribe().wait_for(|known| *known).await);
    }

    /// The database did not answer: from now on nobody else waits for it, until it gives a sign of life.
    pub(super) fn begins(self: &Arc<Self>) {
        if self.known.send_replace(true) {
            return;
        }
        // Those that are idle are of no more use than the one that got no answer, where the network is what is silent.
        drop(self.pool.retain(|_, _| false));
        let silence = Arc::downgrade(self);
        tokio::spawn(async move {
            // Ends with the store, or when there is an answer of whatever kind: what else is wrong, the calls find out.
            while let Some(silence) = silence.upgrade() {
                if silence.is_over().await {
                    silence.known.send_replace(false);
                    return;
                }
                drop(silence);
                sleep(PAUSE).await;
            }
        });
    }

    async fn is_over(&self) -> bool {
        timeout(self.limit, self.sessions.connect(&self.server)).await.is_ok()
    }
}
