//! `face-server keys`: makes, lists and revokes the keys of clients.

use std::collections::BTreeSet;
use std::io::{self, Write};

use ::events::{Actor, EventName};
use anyhow::Context;
use clap::Subcommand;

use crate::auth::{ApiKey, KeyFile, KeyRecord, Role};
use crate::config::{Config, ConfigError};

/// What is to be done with the keys of a file.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, and print it this once.
    Add {
        /// Who has it, such as 'door 1': the audit calls them so.
        name: Actor,
        /// verify (recognise, check in), enrol (also register), or admin (everything).
        #[arg(long)]
        role: Role,
        /// An event that it is for; may be repeated; every event without.
        #[arg(long = "event")]
        events: Vec<EventName>,
    },
    /// Say which keys there are, and what for.
    List,
    /// End a key.
    Revoke {
        /// The name that it was made under.
        name: Actor,
    },
}

impl KeysCommand {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let file = config.keys.as_ref().ok_or(ConfigError::Missing { name: "keys", value: "FILE" })?;
        match self {
            Self::Add { name, role, events } => add(file, name, role, events.into_iter().collect()),
            Self::List => list(file),
            Self::Revoke { name } => Ok(file.revoke(name.as_str())?),
        }
    }
}

/// Prints the key alone on standard output, so that it can go into a secret store, and what it is on standard error.
fn add(file: &KeyFile, name: Actor, role: Role, events: BTreeSet<EventName>) -> anyhow::Result<()> {
    let key = ApiKey::generate()?;
    let record = KeyRecord::new(&key, name, role, events);
    let notice = format!(
        "This is the key of '{}', {}. It is shown this once: the file has its digest alone. \
         Clients send it as 'Authorization: Bearer KEY'.",
        record.name,
        what_for(&record)
    );
    let name = record.name.clone();
    // Before it is shown: a key that was shown must be one that servers take.
    file.add(record)?;
    if let Err(error) = writeln!(io::stdout(), "{}", key.as_secret_text()) {
        // Nobody has seen it, so nobody can use it.
        let unseen = || format!("the key of '{name}' was made and not shown: revoke it");
        file.revoke(name.as_str()).with_context(unseen)?;
        return Err(error.into());
    }
    writeln!(io::stderr(), "{notice}")?;
    Ok(())
}

fn list(file: &KeyFile) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let records = file.records()?;
    for record in &records {
        writeln!(
            out,
            "{:<24} {}, since {}, face_{}_...",
            record.name,
            what_for(record),
            record.created.date(),
            record.id
        )?;
    }
    // Last, so that it can be seen which ones to revoke.
    Ok(file.check(&records)?)
}

fn what_for(record: &KeyRecord) -> String {
    let events = match &record.events {
        None => "every event".to_owned(),
        Some(events) => events.iter().map(|event| format!("'{event}'")).collect::<Vec<_>>().join(", "),
    };
    format!("{} for {events}", record.role)
}
