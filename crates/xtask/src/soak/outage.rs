//! `cargo xtask soak --outage`: two servers under load whose database is away, for as long as is asked.

use anyhow::Result;

use crate::databases::Databases;
use crate::setup::{self, Extras};
use crate::{cargo, test, workspace};

/// Tells the test how long the database is to be away.
const SECONDS_VARIABLE: &str = "DATABASE_OUTAGE_SECONDS";

pub(super) fn soak(seconds: u32) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let databases = Databases::start(&[])?;
    let mut tests = cargo::cargo(["test", "--package", "e2e", "--test", "api", "--"]);
    tests.args(["come_through_an_outage_of_their_database", "--nocapture"]);
    tests.env(test::SERVER_VARIABLE, test::built_server()?);
    tests.envs(databases.environment.iter().cloned());
    tests.env(SECONDS_VARIABLE, seconds.to_string());
    cargo::finish(&mut tests)?;
    workspace::say(&format!("{seconds} s without the database: no wrong answer, and all recovered"));
    Ok(())
}
