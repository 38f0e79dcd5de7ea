//! `cargo xtask soak --crashes`: the tests that kill a store amid the writes of many, with more rounds.

use anyhow::Result;

use crate::databases::Databases;
use crate::{cargo, workspace};

/// Tell the tests of each store how many times to kill it.
const ROUNDS_VARIABLES: [&str; 2] = ["REDB_CRASH_ROUNDS", "POSTGRES_CRASH_ROUNDS"];

/// Kills the process of a `redb:` store, then a PostgreSQL server, `rounds` times each.
pub(super) fn soak(rounds: u32) -> Result<()> {
    let databases = Databases::start(&[])?;
    let mut tests = cargo::cargo(["test", "--release", "--package", "embedding-store", "--all-features"]);
    tests.args(["--test", "redb_crash", "--test", "postgres", "--", "survives_kill_9", "--nocapture"]);
    tests.envs(databases.environment.iter().cloned());
    tests.envs(ROUNDS_VARIABLES.map(|name| (name, rounds.to_string())));
    cargo::finish(&mut tests)?;
    workspace::say(&format!("{rounds} rounds on each store: everything acknowledged was there"));
    Ok(())
}
