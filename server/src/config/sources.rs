//! Where settings come from, the strongest first: flag, environment, `.env`, file, default.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::error::ConfigError;
use super::orchestrator::is_made_by_an_orchestrator;
use super::origin::Origin;
use super::secrets::{ACCOUNT, VARIABLES};
use crate::toml_line::line_of;

/// What the name of every environment variable of this program starts with.
const PREFIX: &str = "FACE_";

/// Variable that names the configuration file, as the flag `--config` does.
const FILE_VARIABLE: &str = "FACE_CONFIG";

/// The strongest source's value of each setting, by its key, and of each secret, by its variable. Without `Debug`,
/// which would show the secrets.
pub(super) struct Sources {
    /// Has an argument for each setting: the id is its key, `env` its variable.
    settings: Command,
    values: BTreeMap<String, (String, Origin)>,
    /// Variables that an orchestrator makes for its own services, which say nothing to this program.
    pub(super) ignored: Vec<String>,
}

impl Sources {
    /// Reads every source: the flags, the process's environment, `.env` in `folder`, and the file that `file` or
    /// the variable `FACE_CONFIG` names.
    pub(super) fn read(
        settings: Command,
        flags: &ArgMatches,
        environment: impl Iterator<Item = (OsString, OsString)>,
        folder: &Path,
        file: Option<PathBuf>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Self { values: from_flags(&settings, flags)?, settings, ignored: Vec::new() };
        let mut environment = from_environment(environment)?;
        // Of the environment alone: what stands in `.env` was written by somebody.
        let ignored = environment.extract_if(.., |name, value| is_made_by_an_orchestrator(name, value));
        sources.ignored = ignored.map(|(name, _)| name).collect();
        let environment = sources.add_variables(environment, Origin::Environment)?;
        let dotenv = sources.add_variables(from_dotenv(&folder.join(".env"))?, Origin::DotEnv)?;
        if let Some(path) = file.or(environment).or(dotenv) {
            sources.add_file(path)?;
        }
        // An account's part that is empty counts as none, and hides that of a weaker source. A key that is empty is
        // refused where it is parsed.
        sources.values.retain(|key, (text, _)| !text.is_empty() || !ACCOUNT.contains(&key.as_str()));
        for arg in sources.settings.get_arguments() {
            if let Some(text) = arg.get_default_values().first().and_then(|text| text.to_str()) {
                let default = || (text.to_owned(), Origin::Default);
                sources.values.entry(arg.get_id().to_string()).or_insert_with(default);
            }
        }
        Ok(sources)
    }

    /// The arguments that declare the settings, in the order of the help.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Arg> {
        self.settings.get_arguments()
    }

    /// The strongest source's value of a setting or a secret, and where it came from.
    pub(super) fn value(&self, key: &str) -> Option<(&str, &Origin)> {
        self.values.get(key).map(|(text, origin)| (text.as_str(), origin))
    }

    /// Adds a value that every other source is stronger than.
    pub(super) fn add_default(&mut self, key: &str, text: impl FnOnce() -> String) {
        self.values.entry(key.to_owned()).or_insert_with(|| (text(), Origin::Default));
    }

    /// Adds what stronger sources leave open; gives the configuration file, where one is named.
    fn add_variables(
        &mut self,
        variables: BTreeMap<String, String>,
        origin: Origin,
    ) -> Result<Option<PathBuf>, ConfigError> {
        let mut file = None;
        for (name, value) in variables {
            let setting = self.settings().find(|arg| arg.get_env().is_some_and(|known| *known == *name));
            let key = match setting {
                Some(setting) => setting.get_id().to_string(),
                None if name == FILE_VARIABLE => {
                    file = Some(PathBuf::from(value));
                    continue;
                }
                None if VARIABLES.contains(&name.as_str()) => name,
                None if name.starts_with(PREFIX) => {
                    let settings = self.settings().filter_map(|arg| arg.get_env()?.to_str());
                    let secrets = VARIABLES.into_iter().filter(|name| name.starts_with(PREFIX));
                    let known = settings.chain(secrets).map(str::to_owned).collect();
                    return Err(ConfigError::UnknownKey { key: name, origin, known });
                }
                None => continue,
            };
            self.values.entry(key).or_insert_with(|| (value, origin.clone()));
        }
        Ok(file)
    }

    /// Adds what stronger sources leave open; lists become text with commas.
    fn add_file(&mut self, path: PathBuf) -> Result<(), ConfigError> {
        let unreadable = |detail: String| ConfigError::Unreadable { path: path.clone(), detail };
        let text = fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
        let not_toml = |error| unreadable(format!("it is no TOML, near line {}", line_of(&error, &text)));
        let table: toml::Table = text.parse().map_err(not_toml)?;
        for (key, value) in table {
            if self.settings().all(|arg| arg.get_id() != key.as_str()) {
                let known = self.settings().map(|arg| arg.get_id().to_string()).collect();
                return Err(ConfigError::UnknownKey { key, origin: Origin::File(path), known });
            }
            let value = plain(&value).ok_or_else(|| {
                unreadable(format!("'{key}' is neither text, a number nor a list of texts"))
            })?;
            self.values.entry(key).or_insert_with(|| (value, Origin::File(path.clone())));
        }
        Ok(())
    }
}

fn from_flags(
    settings: &Command,
    flags: &ArgMatches,
) -> Result<BTreeMap<String, (String, Origin)>, ConfigError> {
    // clap reads the environment too, which has its turn later.
    let keys = settings.get_arguments().map(|arg| arg.get_id().as_str());
    keys.filter(|key| flags.value_source(key) == Some(ValueSource::CommandLine))
        .filter_map(|key| Some((key, flags.get_one::<OsString>(key)?)))
        .map(|(key, value)| match value.to_str() {
            Some(text) => Ok((key.to_owned(), (text.to_owned(), Origin::Flag))),
            None => Err(ConfigError::NotText { what: format!("the value of --{}", key.replace('_', "-")) }),
        })
        .collect()
}

fn from_environment(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    // The environment of others may hold anything: only the values of our own names have to be text.
    let ours = environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ours.filter(|(name, _)| name.starts_with(PREFIX) || VARIABLES.contains(&name.as_str()))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::NotText { what: format!("the environment variable {name}") }),
        })
        .collect()
}

/// The variables of a `.env` file; none when there is no such file.
fn from_dotenv(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    // Read and not put into the environment, where the two could no longer be told apart.
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(dotenvy::Error::Io(e)) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(ConfigError::Unreadable { path: path.to_path_buf(), detail: e.to_string() }),
    };
    // The parser's own message quotes the line, which may hold a secret.
    let broken =
        |_| ConfigError::Unreadable { path: path.to_path_buf(), detail: "a line is not NAME=value".into() };
    lines.map(|line| line.map_err(broken)).collect()
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            Some(items?.join(","))
        }
        toml::Value::Boolean(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
