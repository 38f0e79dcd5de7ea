//! The command line, and what the program's exit code says.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::import_legacy::Source;
use crate::commands::keys::KeysCommand;
use crate::commands::{
    config, doctor, export, file_store, import_legacy, key, openapi, rekey, serve, snapshot,
};
use crate::config::{Config, ConfigError, without_passwords};
use crate::error::with_causes;
use crate::no_telemetry;

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
    /// Write all that is stored, with check-ins and audit, to one file, also while a server is running.
    Snapshot {
        /// The file, at which nothing may be yet; else one is made in the folder --snapshots.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Take a snapshot into an empty store, while no server is running.
    Restore {
        /// The snapshot.
        file: PathBuf,
        /// Add what a store that is not empty lacks, as to complete a restoration that was interrupted.
        #[arg(long)]
        merge: bool,
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
    let parsed = command().try_get_matches().and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((matches, cli))
    });
    let (matches, cli) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error),
    };
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

/// Says why a command line cannot be used, or prints the help that was asked for. clap quotes what it does not understand:
/// the password of a store's URL is taken out.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let masked = without_passwords(&text);
    if masked == text {
        error.exit();
    }
    let _ = writeln!(io::stderr(), "{}", masked.trim_end());
    ExitCode::from(WRONG_USE)
}

fn command() -> clap::Command {
    Config::add_flags(Cli::command())
}

impl Cli {
    fn run(self, flags: &ArgMatches) -> anyhow::Result<()> {
        let (flags, file) = (flags.clone(), self.config);
        let load = move || Config::load(&flags, file.clone());
        let command = self.command.unwrap_or(Command::Serve);
        // Those that load ONNX Runtime.
        if matches!(command, Command::Serve | Command::Doctor) {
            no_telemetry::ensure();
        }
        match command {
            Command::Serve => serve::serve(&load()?, Arc::new(load)),
            Command::Doctor => doctor::examine(&load()?),
            Command::Config => config::print(&load()?),
            Command::Backup { file } => file_store::backup(&load()?, &file),
            Command::Export { file } => export::export(&load()?, &file),
            Command::Import { file } => export::import(&load()?, &file),
            Command::Snapshot { to } => snapshot::snapshot(&load()?, to.as_deref()),
            Command::Restore { file, merge } => snapshot::restore(&load()?, &file, merge),
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
    fn a_password_in_an_argument_that_is_not_understood_is_not_printed() {
        for url in ["postgres://ana:SECRET@db.example/faces", "cloudinary://11:SECRET@x@cloud?a=b"] {
            for arguments in [
                &["face-server", url] as &[&str],
                &["face-server", "serve", url],
                &["face-server", "--stor", url],
            ] {
                let error = super::command().try_get_matches_from(arguments).unwrap_err();
                let said = crate::config::without_passwords(&error.render().to_string());
                assert!(!said.contains("SECRET") && said.contains("error:"), "{said}");
            }
        }
    }

    #[test]
    fn only_what_was_taken_from_the_account_can_be_retired_there() {
        let parse = |arguments: &[&str]| super::command().try_get_matches_from(arguments);
        parse(&["face-server", "import-legacy", "--account", "--retire"]).unwrap();
        parse(&["face-server", "import-legacy", "old.json", "--retire"]).unwrap_err();
        parse(&["face-server", "import-legacy", "--retire"]).unwrap_err();
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
