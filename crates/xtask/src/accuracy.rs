//! `cargo xtask accuracy`: error rates on labelled pictures, with the models that they need.

use std::ffi::OsString;

use anyhow::{Context, Result};

use crate::setup::Extras;
use crate::{cargo, setup, workspace};

/// Sets up, then runs the crate `accuracy` with the given arguments, in the folder that this was called from:
/// paths among the arguments start there.
pub(crate) fn accuracy(arguments: &[OsString]) -> Result<()> {
    setup::setup(&Extras::NONE)?;
    let folder = std::env::current_dir().context("the current folder is gone")?;
    let mut command = cargo::cargo(["run", "--release", "--package", "accuracy", "--manifest-path"]);
    command.arg(workspace::root().join("Cargo.toml")).arg("--").args(arguments);
    cargo::finish(command.current_dir(folder))
}
