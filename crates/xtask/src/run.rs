//! `cargo xtask run`: set-up, build, and the server in place of this process.

use std::process::Command;

use anyhow::Result;

use crate::setup::Extras;
use crate::{cargo, setup, workspace};

/// Sets up, then becomes the server, run in the root of the workspace with the given arguments.
pub(crate) fn run(server_args: &[String]) -> Result<()> {
    setup::setup(&Extras::NONE)?;
    workspace::say("building the server, which takes minutes the first time, and starting it");
    let mut command =
        cargo::cargo(["run", "--release", "--package", "face-server", "--bin", "face-server", "--"]);
    become_process(command.args(server_args))
}

/// Cargo replaces itself with the program that it has built, and this process with cargo, so that
/// signals sent here and Ctrl-C reach the server.
#[cfg(unix)]
fn become_process(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    use anyhow::Context;

    Err(command.exec()).context("cannot run cargo")
}

#[cfg(not(unix))]
fn become_process(command: &mut Command) -> Result<()> {
    cargo::finish(command)
}
