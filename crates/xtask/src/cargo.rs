//! Running cargo, the one that runs this program.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// `cargo` with the given arguments, to be run in the root of the workspace.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Runs a command whose output goes to the terminal; one that fails is an error.
pub(crate) fn finish(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
}

/// Whether the cargo subcommand is installed.
pub(crate) fn has_subcommand(name: &str) -> bool {
    cargo([name, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// The command as one would type it.
fn command_line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    ["cargo".into()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}
