//! The soaks of the stores: tests of the everyday run, with more rounds, more users and more time.

use anyhow::Result;

use crate::databases::Databases;
use crate::setup::{self, Extras};
use crate::{cargo, test, workspace};

/// Tell the tests of each store how many times to kill it.
const ROUNDS_VARIABLES: [&str; 2] = ["REDB_CRASH_ROUNDS", "POSTGRES_CRASH_ROUNDS"];
/// Tells the test of moving how many users to move.
const USERS_VARIABLE: &str = "ARCHIVE_USERS";
/// Tells the test of an outage how long the database is to be away.
const OUTAGE_VARIABLE: &str = "DATABASE_OUTAGE_SECONDS";

/// Kills the process of a `redb:` store, then a PostgreSQL server, `rounds` times each.
pub(super) fn crashes(rounds: u32) -> Result<()> {
    let values = ROUNDS_VARIABLES.map(|name| (name, rounds.to_string()));
    run("survives_kill_9", &values)?;
    workspace::say(&format!("{rounds} rounds on each store: everything acknowledged was there"));
    Ok(())
}

/// Imports one archive into a store of each kind.
pub(super) fn moving(users: u32) -> Result<()> {
    run("comes_back_equal", &[(USERS_VARIABLE, users.to_string())])?;
    workspace::say(&format!("{users} users moved into each store came back equal"));
    Ok(())
}

fn run(test: &str, values: &[(&str, String)]) -> Result<()> {
    // They end when this does.
    let databases = Databases::start(&[])?;
    let mut tests = cargo::cargo(["test", "--release", "--package", "embedding-store", "--all-features"]);
    tests.args(["--test", "main", "--", test, "--nocapture"]);
    tests.envs(databases.environment.iter().cloned()).envs(values.iter().cloned());
    cargo::finish(&mut tests)
}

/// Takes the database away from two servers under load.
pub(super) fn outage(seconds: u32) -> Result<()> {
    setup::setup(&Extras::TESTS)?;
    let databases = Databases::start(&[])?;
    let mut tests = cargo::cargo(["test", "--package", "e2e", "--test", "e2e", "--"]);
    tests.args(["come_through_an_outage_of_their_database", "--nocapture"]);
    tests.env(test::SERVER_VARIABLE, cargo::built_server(&test::SERVER_BUILD, "debug")?);
    tests.envs(databases.environment.iter().cloned());
    tests.env(OUTAGE_VARIABLE, seconds.to_string());
    cargo::finish(&mut tests)?;
    workspace::say(&format!("{seconds} s without the database: no wrong answer, and all recovered"));
    Ok(())
}
