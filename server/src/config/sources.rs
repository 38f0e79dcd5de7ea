//! Where settings come from, the strongest first: flag, environment, `.env`, file, default.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::secrets::VARIABLES;
use super::settings::{PREFIX, SETTINGS, Setting};
use crate::toml_line::line_of;

/// Variable that names the configuration file, as the flag `--config` does.
const FILE_VARIABLE: &str = "FACE_CONFIG";

/// Name of the file with environment variables, in the working directory.
const DOTENV: &str = ".env";

/// Values of one source by the setting's name.
pub(super) type Values = BTreeMap<&'static str, String>;

/// Where a value came from; shows as the words to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag,
    /// The process's environment.
    Environment,
    /// The file `.env`.
    DotEnv,
    /// A configuration file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::DotEnv => f.write_str(DOTENV),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// All sources, read and free of unknown names.
#[derive(Debug)]
pub(super) struct Sources {
    settings: Vec<(Origin, Values)>,
    /// The values of [`VARIABLES`], the strongest source first.
    secrets: Vec<(Origin, Values)>,
}

/// What the variables of one source say.
struct Variables {
    settings: Values,
    secrets: Values,
    /// The configuration file, where one is named.
    file: Option<String>,
}

impl Sources {
    /// Reads every source: the flags given, the process's environment, `.env` in `folder`, and the file
    /// that `file` or the variable `FACE_CONFIG` names.
    pub(super) fn read(
        flags: Values,
        environment: impl Iterator<Item = (OsString, OsString)>,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let environment = variables(Origin::Environment, text(environment)?)?;
        let dotenv = variables(Origin::DotEnv, dotenv(&folder.join(DOTENV))?)?;
        let mut settings = vec![
            (Origin::Flag, flags),
            (Origin::Environment, environment.settings),
            (Origin::DotEnv, dotenv.settings),
        ];
        let secrets = vec![(Origin::Environment, environment.secrets), (Origin::DotEnv, dotenv.secrets)];
        let file = file.map(PathBuf::from).or(environment.file.or(dotenv.file).map(PathBuf::from));
        if let Some(path) = file {
            let values = parse_file(&path)?;
            settings.push((Origin::File(path), values));
        }
        Ok(Self { settings, secrets })
    }

    /// The strongest source's value of a setting that has one.
    pub(super) fn value(&self, setting: &Setting) -> Option<(&str, Origin)> {
        let given = strongest(&self.settings, setting.name);
        given.or(setting.default.map(|value| (value, Origin::Default)))
    }

    /// The strongest source's value of one of [`VARIABLES`]; an empty one counts as none.
    pub(super) fn secret(&self, name: &str) -> Option<(&str, Origin)> {
        strongest(&self.secrets, name).filter(|(value, _)| !value.is_empty())
    }
}

fn strongest<'a>(sources: &'a [(Origin, Values)], name: &str) -> Option<(&'a str, Origin)> {
    sources.iter().find_map(|(origin, values)| Some((values.get(name)?.as_str(), origin.clone())))
}

/// The variables of this program, as text.
fn text(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigError> {
    // The environment of others may hold anything: only the values of our own names have to be text.
    let ours = environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ours.filter(|(name, _)| name.starts_with(PREFIX) || VARIABLES.contains(&name.as_str()))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::NotText { name }),
        })
        .collect()
}

/// Sorts variables by setting, and takes out the one that names the configuration file.
fn variables(origin: Origin, found: Vec<(String, String)>) -> Result<Variables, ConfigError> {
    let mut sorted = Variables { settings: Values::new(), secrets: Values::new(), file: None };
    for (name, value) in found {
        if name == FILE_VARIABLE {
            sorted.file = Some(value);
        } else if let Some(setting) = SETTINGS.iter().find(|s| s.variable() == name) {
            sorted.settings.insert(setting.name, value);
        } else if let Some(secret) = VARIABLES.iter().find(|known| **known == name) {
            sorted.secrets.insert(secret, value);
        } else if name.starts_with(PREFIX) {
            let secrets = VARIABLES.iter().filter(|name| name.starts_with(PREFIX)).map(ToString::to_string);
            let known = SETTINGS.iter().map(Setting::variable).chain(secrets).collect();
            return Err(ConfigError::UnknownKey { key: name, origin, known });
        }
    }
    Ok(sorted)
}

/// The variables of a `.env` file; none when there is no such file.
fn dotenv(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    // Read and not put into the environment, where the two could no longer be told apart.
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(dotenvy::Error::Io(e)) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ConfigError::Unreadable { path: path.to_path_buf(), detail: e.to_string() }),
    };
    // The parser's own message quotes the line, which may hold a secret.
    let broken =
        |_| ConfigError::Unreadable { path: path.to_path_buf(), detail: "a line is not NAME=value".into() };
    lines.map(|line| line.map_err(broken)).collect()
}

/// The settings of a TOML file; lists become text with commas.
fn parse_file(path: &Path) -> Result<Values, ConfigError> {
    let unreadable = |detail: String| ConfigError::Unreadable { path: path.to_path_buf(), detail };
    let text = fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let not_toml = |error| unreadable(format!("it is no TOML, near line {}", line_of(&error, &text)));
    let table: toml::Table = text.parse().map_err(not_toml)?;
    let mut values = Values::new();
    for (key, value) in table {
        let Some(setting) = SETTINGS.iter().find(|s| s.key() == key) else {
            let known = SETTINGS.iter().map(Setting::key).collect();
            return Err(ConfigError::UnknownKey { key, origin: Origin::File(path.to_path_buf()), known });
        };
        let value = plain(&value)
            .ok_or_else(|| unreadable(format!("'{key}' is neither text, a number nor a list of texts")))?;
        values.insert(setting.name, value);
    }
    Ok(values)
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
