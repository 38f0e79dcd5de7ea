//! The command line, and what the program's exit code says.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::import_legacy::Source;
use crate::commands::keys::KeysCommand;
use crate::commands::{config, doctor, export, file_store, import_legacy, key, openapi, rekey, serve};
use crate::config::{Config, ConfigError};
use crate::error::with_causes;

/// Something failed.
const FAILED: u8 = 1;
/// The program was called or configured in a way that cannot work.
const WRONG_USE: u8 = 2;

/// Registers people by a photo and says who a camera picture shows.
#[derive(Debug, Parser)]
#[command(name = "face-server", version)]
struct Cli {
    /// TOML file with the settings below, with _ for - in their names.
    #[arg(long, env = "FACE_CONFIG", value_name = "FILE")]
    config: Option<OsString>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the web page (also without a command).
    Serve,
    /// Check models, runtime, store, keys, certificate, log folder and clock, and say what is wrong.
    Doctor,
    /// Print the settings that hold, and where each was said.
    Config,
    /// Copy the file of a redb: store to a new file.
    Backup {
        /// The copy; nothing may be there yet.
        file: PathBuf,
    },
    /// Write the whole store to a new file, encrypted where FACE_ARCHIVE_KEY is given.
    Export {
        /// The export; nothing may be there yet.
        file: PathBuf,
    },
    /// Add what an export holds to the store; again if need be, which changes nothing.
    Import {
        /// The export.
        file: PathBuf,
    },
    /// Take over the gallery of the replaced service, and say what could not be taken.
    ImportLegacy(Source),
    /// Give unused room in the file of a redb: store back.
    Compact,
    /// Make a key that encrypts embeddings at rest, and print it.
    Key,
    /// The keys of clients, in the file that --keys names; a server notices changes by itself.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Encrypt all embeddings in the store with the key that is given now; safe to interrupt.
    Rekey,
    /// Print the OpenAPI document.
    Openapi,
}

/// Runs the command that the process's arguments ask for. Exit codes: 0 done, 1 failed, 2 wrong use.
#[must_use]
pub fn run() -> ExitCode {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match cli.run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {}", with_causes(error.as_ref()));
            // clap ends with 2 for arguments it cannot use; settings from variables and files end alike.
            ExitCode::from(if error.is::<ConfigError>() { WRONG_USE } else { FAILED })
        }
    }
}

fn command() -> clap::Command {
    Config::add_flags(Cli::command())
}

impl Cli {
    fn run(self, flags: &ArgMatches) -> anyhow::Result<()> {
        let load = || Config::load(flags, self.config);
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(&load()?),
            Command::Doctor => doctor::examine(&load()?),
            Command::Config => config::print(&load()?),
            Command::Backup { file } => file_store::backup(&load()?, &file),
            Command::Export { file } => export::export(&load()?, &file),
            Command::Import { file } => export::import(&load()?, &file),
            Command::ImportLegacy(source) => import_legacy::import(&load()?, &source),
            Command::Compact => file_store::compact(&load()?),
            Command::Key => key::print(),
            Command::Keys(command) => command.run(&load()?),
            Command::Rekey => rekey::run(&load()?),
            Command::Openapi => openapi::print(),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
