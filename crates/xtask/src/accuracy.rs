//! `cargo xtask accuracy`: error rates on labelled pictures, with the models that they need.

use std::env;
use std::ffi::{OsStr, OsString};

use anyhow::{Context, Result};

use crate::setup::Extras;
use crate::{cargo, setup, workspace};

/// Asks for the measurement over HTTP, which needs the server.
const HTTP: &str = "--http";
/// Tells the program where the server is.
const SERVER: &str = "--server";

/// Sets up, then runs the crate `accuracy` with the given arguments, in the folder that this was called from:
/// paths among the arguments start there. For `--http` it builds the server, too, unless one is given.
pub(crate) fn accuracy(arguments: &[OsString]) -> Result<()> {
    setup::setup(&Extras::NONE)?;
    let folder = env::current_dir().context("the current folder is gone")?;
    let mut command = cargo::cargo(["run", "--release", "--package", "accuracy", "--manifest-path"]);
    command.arg(workspace::root().join("Cargo.toml")).arg("--").args(arguments);
    if wants_server(arguments) {
        command.arg(SERVER).arg(cargo::built_server(&cargo::RELEASE_BUILD, "release")?);
    }
    cargo::finish(command.current_dir(folder))
}

/// Whether the server is needed and none is named.
fn wants_server(arguments: &[OsString]) -> bool {
    let named = |argument: &OsStr| {
        argument.to_str().is_some_and(|text| text == SERVER || text.starts_with(&format!("{SERVER}=")))
    };
    arguments.iter().any(|argument| argument == HTTP) && !arguments.iter().any(|argument| named(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_built_for_http_alone_and_not_when_one_is_named() {
        let wants = |words: &[&str]| wants_server(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(wants(&["--http", "--identify", "people"]));
        assert!(!wants(&["--identify", "people"]));
        assert!(!wants(&["--http", "--server", "face-server"]));
        assert!(!wants(&["--server=face-server", "--http"]));
    }
}
