//! `cargo xtask bench`: the benchmarks, with the models, pictures and server that they need.

mod reference;

use anyhow::Result;

use crate::databases::Databases;
use crate::setup::Extras;
use crate::{cargo, setup};

/// Tells the benchmark of the route which server to run.
const SERVER_VARIABLE: &str = "TEST_SERVER_BIN";

/// Runs one bench target, or every one of the workspace; with `reference`, then the replaced service's
/// library on the same picture, and prints the table of docs/BENCHMARKS.md.
pub(crate) fn bench(name: Option<&str>, reference: bool) -> Result<()> {
    setup::setup(&Extras { pictures: true, ..Extras::NONE })?;
    if reference {
        reference::install()?;
    }
    let server = cargo::built_server(&cargo::RELEASE_BUILD, "release")?;
    // A pattern of names; without one, cargo would also run unit tests as benchmarks.
    let mut benches = cargo::cargo(["bench", "--workspace", "--bench", name.unwrap_or("*")]);
    // They end when this does.
    let databases = Databases::start(&[])?;
    benches.envs(databases.environment.iter().cloned()).env(SERVER_VARIABLE, server);
    cargo::finish(&mut benches)?;
    if reference { reference::compare() } else { Ok(()) }
}
