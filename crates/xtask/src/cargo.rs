//! Running cargo, the one that runs this program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace;

/// Builds the server as it is released.
pub(crate) const RELEASE_BUILD: [&str; 4] = ["build", "--release", "--package", "face-server"];

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

/// Runs the build that makes the server; returns its path in the folder of that profile.
pub(crate) fn built_server(build: &[&str], profile: &str) -> Result<PathBuf> {
    finish(&mut cargo(build.iter().copied()))?;
    // Beside the folder of this program's own profile, wherever cargo was told to put both.
    let this = env::current_exe().context("cannot tell where this program lies")?;
    let target = this.ancestors().nth(2).unwrap_or(Path::new("target"));
    let server = target.join(profile).join(format!("face-server{}", env::consts::EXE_SUFFIX));
    ensure!(server.is_file(), "cargo built no {}", server.display());
    Ok(server)
}

/// Whether the cargo subcommand is installed.
pub(crate) fn has_subcommand(name: &str) -> bool {
    cargo([name, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// The command as one would type it, the program by its name alone.
fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    [program].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_called_by_its_own_name() {
        let mut pip = Command::new("venv/bin/python");
        assert_eq!(command_line(pip.args(["-m", "pip"])), "python -m pip");
        assert_eq!(command_line(&Command::new("bin/cargo")), "cargo");
    }
}
