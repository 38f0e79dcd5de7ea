//! `face-server keys`: makes, lists, rotates and revokes the keys of clients.

use std::collections::BTreeSet;
use std::io::{self, Write};

use ::events::{Actor, EventName, Note};
use anyhow::Context;
use clap::Subcommand;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::auth::{ApiKey, KeyChange, KeyFile, KeyRecord, Role, Rotation};
use crate::commands::output;
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
        /// A remark about it.
        #[arg(long)]
        label: Option<Note>,
        /// When it ends, such as 2027-01-31 or 2027-01-31T18:00:00Z; never without.
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires: Option<OffsetDateTime>,
    },
    /// Say which keys there are, what for, and when they were used last.
    List,
    /// Put a new key in the place of one, and print it this once; the old one holds for a while beside it.
    Rotate {
        /// The name that it was made under.
        name: Actor,
        /// For how many hours the old one holds, 0 to 8760.
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(..=8760))]
        keep: u16,
        /// When the new one ends; as the old one without.
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires: Option<OffsetDateTime>,
    },
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
            Self::Add { name, role, events, label, expires } => {
                let key = ApiKey::generate()?;
                let events: BTreeSet<EventName> = events.into_iter().collect();
                let mut record = KeyRecord::new(&key, name.clone(), role, events);
                (record.label, record.expires) = (label, expires);
                // Before it is shown: a key that was shown must be one that servers take.
                let made = file.change_by_command(KeyChange::Add(record))?;
                show(&key, &made).or_else(|error| {
                    // Nobody has seen it, so nobody can use it.
                    let unseen = || format!("the key of '{name}' was made and not shown: revoke it");
                    file.change_by_command(KeyChange::Revoke(name.clone())).with_context(unseen)?;
                    Err(error)
                })
            }
            Self::List => list(file),
            Self::Rotate { name, keep, expires } => {
                let key = ApiKey::generate()?;
                let old_until = OffsetDateTime::now_utc() + Duration::hours(keep.into());
                let rotation = Rotation::new(&key, old_until, expires.map(Some));
                let rotated = file.change_by_command(KeyChange::Rotate(name, rotation))?;
                show(&key, &rotated).context("the key was rotated and not shown: rotate it again")
            }
            Self::Revoke { name } => Ok(file.change_by_command(KeyChange::Revoke(name)).map(drop)?),
        }
    }
}

/// A time, or the beginning of a day in UTC.
fn time(text: &str) -> Result<OffsetDateTime, String> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let time = parse(text).or_else(|| parse(&format!("{text}T00:00:00Z")));
    time.ok_or_else(|| "give a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z".to_owned())
}

/// Prints the key alone on standard output, so that it can go into a secret store, and what it is on standard error.
fn show(key: &ApiKey, record: &KeyRecord) -> anyhow::Result<()> {
    output::print(key.as_secret_text())?;
    let name = &record.name;
    let old = record.previous.iter().map(|old| old.until).max();
    let old = old.map(|until| format!(" The old one holds until {}.", shown(until))).unwrap_or_default();
    // The key is out: that nobody reads this takes nothing from it.
    let _ = writeln!(
        io::stderr(),
        "This is the key of '{name}', {}. It is shown this once: the file has its digest alone. Clients send it as \
         'Authorization: Bearer KEY'.{old}",
        what_for(record)
    );
    Ok(())
}

fn list(file: &KeyFile) -> anyhow::Result<()> {
    let (records, uses) = (file.records()?, file.last_uses()?);
    let now = OffsetDateTime::now_utc();
    for record in &records {
        let end = record
            .expires
            .map(|end| format!(", {} {}", if end <= now { "ended" } else { "until" }, shown(end)));
        let label = record.label.as_ref().map(|label| format!(", {:?}", label.as_str()));
        output::print(format_args!(
            "{:<24} {}, since {}{}, {}{}, face_{}_...",
            record.name,
            what_for(record),
            record.created.date(),
            end.unwrap_or_default(),
            used(uses.get(&record.id)),
            label.unwrap_or_default(),
            record.id
        ))?;
        for old in record.previous.iter().filter(|old| now < old.until) {
            let used = used(uses.get(&old.id));
            let until = shown(old.until);
            output::print(format_args!("{:<24} before, until {until}, {used}, face_{}_...", "", old.id))?;
        }
    }
    // Last, so that it can be seen which ones to revoke.
    Ok(file.check(&records)?)
}

/// When a key was used last. Servers write it once a minute.
fn used(last: Option<&OffsetDateTime>) -> String {
    last.map_or_else(|| "not used yet".to_owned(), |time| format!("last used {}", shown(*time)))
}

fn shown(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

fn what_for(record: &KeyRecord) -> String {
    let events = match &record.events {
        None => "every event".to_owned(),
        Some(events) => events.iter().map(|event| format!("'{event}'")).collect::<Vec<_>>().join(", "),
    };
    format!("{} for {events}", record.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_the_beginning_of_a_day_or_a_time() {
        assert_eq!(time("2027-01-31").unwrap(), time("2027-01-31T01:00:00+01:00").unwrap());
        for text in ["", "soon", "31.1.2027", "2027-02-30", "2027-01-31T18:00"] {
            assert!(time(text).unwrap_err().contains("2027-01-31"), "{text}");
        }
    }
}
