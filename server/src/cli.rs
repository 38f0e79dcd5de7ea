//! The command line, and what the program's exit code says.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::events::{Actor, EventName};
use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::auth::Role;
use crate::commands;
use crate::commands::import_legacy::Source;
use crate::commands::keys::KeysCommand;
use crate::config::{Config, ConfigError};

/// Something failed.
const FAILED: u8 = 1;
/// The program was called or configured in a way that cannot work.
const WRONG_USE: u8 = 2;

/// The argument of the commands that write or read a file.
const FILE: &str = "FILE";

/// Flags of `import-legacy`.
const ACCOUNT: &str = "account";
const RETIRE: &str = "retire";

/// Arguments of `keys`.
const NAME: &str = "NAME";
const ROLE: &str = "role";
const EVENT: &str = "event";

/// Runs the command that the process's arguments ask for. Exit codes: 0 done, 1 failed, 2 wrong use.
#[must_use]
pub fn run() -> ExitCode {
    let matches = command().get_matches();
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            // clap ends with 2 for arguments it cannot use; settings from variables and files end alike.
            ExitCode::from(if error.is::<ConfigError>() { WRONG_USE } else { FAILED })
        }
    }
}

fn dispatch(matches: &ArgMatches) -> anyhow::Result<()> {
    let (name, flags) = matches.subcommand().unwrap_or(("serve", matches));
    match name {
        "openapi" => commands::openapi::print(),
        "key" => commands::key::print(),
        "keys" => keys(flags),
        "rekey" => commands::rekey::run(&Config::load(flags)?),
        "compact" => commands::file_store::compact(&Config::load(flags)?),
        "export" => commands::export::export(&Config::load(flags)?, file(flags)?),
        "import" => commands::export::import(&Config::load(flags)?, file(flags)?),
        "import-legacy" => commands::import_legacy::import(&Config::load(flags)?, legacy_source(flags)?),
        "backup" => commands::file_store::backup(&Config::load(flags)?, file(flags)?),
        "config" => commands::config::print(&Config::load(flags)?),
        "doctor" => commands::doctor::examine(&Config::load(flags)?),
        _ => commands::serve::serve(&Config::load(flags)?),
    }
}

fn keys(flags: &ArgMatches) -> anyhow::Result<()> {
    let (name, flags) = flags.subcommand().context("say what to do: add, list or revoke")?;
    let named = || flags.get_one::<Actor>(NAME).cloned().context("no name was given");
    let command = match name {
        "add" => KeysCommand::Add {
            name: named()?,
            role: *flags.get_one::<Role>(ROLE).context("no role was given")?,
            events: flags.get_many::<EventName>(EVENT).into_iter().flatten().cloned().collect(),
        },
        "revoke" => KeysCommand::Revoke { name: named()?.to_string() },
        _ => KeysCommand::List,
    };
    command.run(&Config::load(flags)?)
}

/// The file that a command is about.
fn file(flags: &ArgMatches) -> anyhow::Result<&Path> {
    let file = flags.get_one::<PathBuf>(FILE).context("no file was named")?;
    Ok(file)
}

fn legacy_source(flags: &ArgMatches) -> anyhow::Result<Source<'_>> {
    if flags.get_flag(ACCOUNT) {
        return Ok(Source::Account { retire: flags.get_flag(RETIRE) });
    }
    file(flags).map(Source::File)
}

fn takes_file(help: &'static str) -> Arg {
    Arg::new(FILE).value_name("FILE").required(true).value_parser(value_parser!(PathBuf)).help(help)
}

fn takes_name(help: &'static str) -> Arg {
    Arg::new(NAME).value_name("NAME").required(true).value_parser(value_parser!(Actor)).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn command() -> Command {
    let command = Command::new("face-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Registers people by a photo and says who a camera picture shows")
        .subcommand(Command::new("serve").about("Serve the API and the web page (also without a command)"))
        .subcommand(
            Command::new("doctor")
                .about("Check models, runtime, store, keys, certificate, log folder and clock, and say what is wrong"),
        )
        .subcommand(Command::new("config").about("Print the settings that hold, and where each was said"))
        .subcommand(
            Command::new("backup")
                .about("Copy the file of a redb: store to a new file")
                .arg(takes_file("The copy; nothing may be there yet")),
        )
        .subcommand(
            Command::new("export")
                .about("Write the whole store to a new file, encrypted where FACE_ARCHIVE_KEY is given")
                .arg(takes_file("The export; nothing may be there yet")),
        )
        .subcommand(
            Command::new("import")
                .about("Add what an export holds to the store; again if need be, which changes nothing")
                .arg(takes_file("The export")),
        )
        .subcommand(
            Command::new("import-legacy")
                .about("Take over the gallery of the replaced service, and say what could not be taken")
                .arg(
                    takes_file("Its document, such as embeddings.json")
                        .required_unless_present(ACCOUNT)
                        .conflicts_with(ACCOUNT)
                        .required(false),
                )
                .arg(switch(ACCOUNT, "Read it from the Cloudinary account that CLOUDINARY_... name"))
                .arg(
                    switch(RETIRE, "Then take it from the public; stop the replaced service first")
                        .requires(ACCOUNT),
                ),
        )
        .subcommand(Command::new("compact").about("Give unused room in the file of a redb: store back"))
        .subcommand(Command::new("key").about("Make a key that encrypts embeddings at rest, and print it"))
        .subcommand(
            Command::new("keys")
                .about(
                    "The keys of clients, in the file that --keys names; a server notices changes by itself",
                )
                .subcommand_required(true)
                .subcommand(
                    Command::new("add")
                        .about("Make a key, and print it this once")
                        .arg(takes_name("Who has it, such as 'door 1': the audit calls them so"))
                        .arg(Arg::new(ROLE).long(ROLE).value_name("ROLE").required(true).value_parser(value_parser!(Role)).help(
                            "verify (recognise, check in), enrol (also register), or admin (everything)",
                        ))
                        .arg(
                            Arg::new(EVENT)
                                .long(EVENT)
                                .value_name("EVENT")
                                .action(ArgAction::Append)
                                .value_parser(value_parser!(EventName))
                                .help("An event that it is for; may be repeated; every event without"),
                        ),
                )
                .subcommand(Command::new("list").about("Say which keys there are, and what for"))
                .subcommand(
                    Command::new("revoke")
                        .about("End a key")
                        .arg(takes_name("The name that it was made under")),
                ),
        )
        .subcommand(
            Command::new("rekey").about(
                "Encrypt all embeddings in the store with the key that is given now; safe to interrupt",
            ),
        )
        .subcommand(Command::new("openapi").about("Print the OpenAPI document"));
    Config::flags(command)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
