//! The database servers of a test run: started for it, or one that is there already.

use std::env;
use std::ffi::OsString;

use anyhow::{Context, Result};
use postgres_server::{BIN_VARIABLE, Installation, PostgresServer, URL_VARIABLE};

use crate::setup;

/// Names a server to be used in place of one of our own.
const GIVEN: &str = "DATABASE_URL";

/// Where the programs of PostgreSQL 15 are, and the server of the tests on it.
const OLDER_PROGRAM: &str = "TEST_POSTGRES_15";
pub(crate) const OLDER_URL: &str = "TEST_POSTGRES_15_URL";

/// Servers that end with this value.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    // Kept for their drop alone, which stops them.
    servers: Vec<PostgresServer>,
    /// What tells the tests where they are.
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

impl Databases {
    /// Starts what the tests need; `found` are the programs that optional suites drive.
    pub(crate) fn start(found: &[(&'static str, std::path::PathBuf)]) -> Result<Self> {
        let mut databases = Self::default();
        let bin = match set(BIN_VARIABLE) {
            Some(bin) => bin.into(),
            None => setup::postgres()?,
        };
        match set(GIVEN).or_else(|| set(URL_VARIABLE)) {
            Some(url) => databases.environment.push((URL_VARIABLE, url)),
            None => databases.add(URL_VARIABLE, &Installation::at(&bin)?)?,
        }
        // Also with a given server: tests make databases with its programs, and kill servers of their own.
        databases.environment.push((BIN_VARIABLE, bin.into()));
        if let Some((_, program)) = found.iter().find(|(variable, _)| *variable == OLDER_PROGRAM) {
            let bin = program.parent().context("a program lies in a folder")?;
            databases.add(OLDER_URL, &Installation::at(bin)?)?;
        }
        Ok(databases)
    }

    fn add(&mut self, variable: &'static str, installation: &Installation) -> Result<()> {
        let server = PostgresServer::start(installation).context("cannot start PostgreSQL for the tests")?;
        self.environment.push((variable, server.url().into()));
        self.servers.push(server);
        Ok(())
    }
}

fn set(variable: &str) -> Option<OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}
