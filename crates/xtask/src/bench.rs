//! `cargo xtask bench`: the benchmarks, with the models and pictures that they need.

use anyhow::Result;

use crate::{cargo, setup};

/// Runs one bench target, or every one of the workspace.
pub(crate) fn bench(name: Option<&str>) -> Result<()> {
    setup::setup(true)?;
    // A pattern of names; without one, cargo would also run unit tests as benchmarks.
    cargo::finish(&mut cargo::cargo(["bench", "--workspace", "--bench", name.unwrap_or("*")]))
}
