//! The session of a connection: all that statements rely on is set when it is opened, whatever is usual in the database.

use std::fmt;
use std::pin::Pin;

use deadpool_postgres::{ClientWrapper, Connect, HookError};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::PostgresConfig;
use super::tls;
use crate::StoreError;

/// Opens connections and sets up their sessions. Cheap to clone: the certificates are read once.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    tls: MakeTls,
    settings: String,
}

#[derive(Clone)]
struct MakeTls(MakeRustlsConnect);

impl fmt::Debug for MakeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeTls")
    }
}

impl Sessions {
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, StoreError> {
        Ok(Self { tls: MakeTls(tls::connector(&config.tls)?), settings: settings(config) })
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.0.clone()
    }

    pub(super) fn settings(&self) -> &str {
        &self.settings
    }
}

impl Connect for Sessions {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = config.connect(self.tls()).await?;
            // Spawned before the first statement: the client gets no answer while nobody polls the connection. Its
            // error is dropped, because the next user of the client gets one too.
            let task = tokio::spawn(async move { drop(connection.await) });
            client.batch_execute(&self.settings).await?;
            Ok((client, task))
        })
    }
}

/// The statements that set up a session; docs/STORAGE.md lists them.
fn settings(config: &PostgresConfig) -> String {
    // A transaction must see what was committed while it waited for a lock: with `repeatable read` it would decide on what
    // was there before. `row_security=off` makes rows that a policy hides an error and not an absence. Notices, as of IF NOT
    // EXISTS, are off because tokio-postgres logs each of them. A process that hangs within a transaction would keep its
    // locks, so that has a time limit, while waiting for a lock is limited as the statement is. The limits of `pg_settings`
    // are of newer versions than the oldest. `Ok` means durable, so synchronous_commit=off is replaced; with any other value
    // a commit waits at least for the local disk. Whether the database takes writes is its own to say.
    format!(
        "SET search_path = \"{}\"; SET default_transaction_isolation = 'read committed'; \
         SET default_transaction_deferrable = off; SET row_security = off; \
         SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET transform_null_equals = off; \
         SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; \
         SET bytea_output = hex; SET extra_float_digits = 1; SET client_min_messages = error; \
         SET statement_timeout = {}; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = {}; \
         SELECT set_config(name, '0', false) FROM pg_settings \
         WHERE name IN ('idle_session_timeout', 'transaction_timeout'); \
         SELECT set_config('synchronous_commit', 'on', false) \
         WHERE current_setting('synchronous_commit') = 'off'",
        config.schema,
        config.statement_timeout.as_millis(),
        config.statement_timeout.as_millis() * 3,
    )
}

/// Refuses a database that could not keep every name.
pub(super) async fn check(client: &mut ClientWrapper) -> Result<(), HookError> {
    let found = client.query_one("SELECT current_setting('server_encoding')", &[]).await;
    let encoding: String = found.and_then(|row| row.try_get(0)).map_err(HookError::Backend)?;
    if encoding == "UTF8" { Ok(()) } else { Err(HookError::message(encoding)) }
}
