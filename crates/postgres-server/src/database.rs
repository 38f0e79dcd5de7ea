//! A database for one test, on a server that is there.

use std::env;

use uuid::Uuid;

use crate::error::Outcome;
use crate::{Installation, PostgresServer, ServerError};

/// The environment variable with the URL of the server for all tests.
pub const URL_VARIABLE: &str = "TEST_POSTGRES_URL";

/// The environment variable with the folder of PostgreSQL's programs.
pub const BIN_VARIABLE: &str = "TEST_POSTGRES_BIN";

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    installation: Installation,
    server_url: String,
    name: String,
}

impl Installation {
    /// The one that [`BIN_VARIABLE`] names.
    ///
    /// # Errors
    /// When it names none.
    pub fn of_tests() -> Outcome<Self> {
        Self::at(variable(BIN_VARIABLE)?)
    }
}

impl Database {
    /// A database on the server that [`URL_VARIABLE`] names.
    ///
    /// # Errors
    /// When the variables are not set, or the server refuses.
    pub fn new() -> Outcome<Self> {
        Self::from_variable(URL_VARIABLE)
    }

    /// A database on the server that this environment variable names.
    ///
    /// # Errors
    /// As for [`Database::new`].
    pub fn from_variable(url_variable: &str) -> Outcome<Self> {
        Self::at(&variable(url_variable)?)
    }

    /// A database on the server with this URL.
    ///
    /// # Errors
    /// When [`BIN_VARIABLE`] is not set, or the server refuses.
    pub fn at(server_url: &str) -> Outcome<Self> {
        let installation = Installation::of_tests()?;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut create = installation.command("createdb");
        create
            .arg(format!("--maintenance-db={server_url}"))
            // Copying a template fails while somebody is connected to it, which template0 does not allow. It
            // is also the only one that can be copied into another encoding.
            .args(["--template=template0", "--encoding=UTF8"]);
        Installation::run(create.arg(&name))?;
        Ok(Self { installation, server_url: server_url.to_owned(), name })
    }

    /// A database on a server of the test's own.
    ///
    /// # Errors
    /// As for [`Database::at`].
    pub fn on(server: &PostgresServer) -> Outcome<Self> {
        Self::at(&server.url())
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        let (server, options) = match self.server_url.split_once('?') {
            Some((server, options)) => (server, format!("?{options}")),
            None => (self.server_url.as_str(), String::new()),
        };
        let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
        format!("{server}/{}{options}", self.name)
    }

    /// The programs that made it.
    pub(crate) fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // --force: a database cannot be dropped while the connections of a failed test are open.
        let mut drop_it = self.installation.command("dropdb");
        drop_it.arg(format!("--maintenance-db={}", self.server_url)).args([
            "--if-exists",
            "--force",
            &self.name,
        ]);
        // The server may be gone already, and the database with it.
        let _ = Installation::run(&mut drop_it);
    }
}

fn variable(name: &str) -> Outcome<String> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        ServerError::new(format!(
            "{name} is not set: run the tests with `cargo xtask test`, which fetches and starts PostgreSQL"
        ))
    })
}
