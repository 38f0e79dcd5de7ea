//! From the sources to a configuration: each value is parsed, then compared with those it goes together with.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use embedding::Metric;
use embedding_store::StoreUrl;
use etcetera::BaseStrategy;
use events::MatchPolicy;

use super::error::ConfigError;
use super::matching::{AskedRule, DLIB, RAW, SFACE, USUAL_TARGET, check_model, check_space, check_threshold};
use super::origin::Origin;
use super::passwords::{MASKED, without_passwords};
use super::secrets::{Secrets, VARIABLES};
use super::settings::Config;
use super::sources::Sources;
use crate::auth::ApiKey;

impl Config {
    /// Adds the flags to a command line.
    #[must_use]
    pub(crate) fn add_flags(command: Command) -> Command {
        // Nothing is required or parsed yet: other sources may have the value. The help would show the values of
        // variables, which may be secrets.
        let raw = |arg: Arg| arg.required(false).value_parser(value_parser!(OsString));
        Self::augment_args(command).mut_args(|arg| raw(arg).global(true).hide_env_values(true))
    }

    /// Reads flags, environment, `.env` in the working directory and the configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key or value that cannot be used, and where it came from.
    pub(crate) fn load(flags: &ArgMatches, file: Option<OsString>) -> Result<Self, ConfigError> {
        let file = file.map(PathBuf::from);
        Self::parse(Sources::read(Self::settings(), flags, env::vars_os(), Path::new("."), file)?)
    }

    /// An argument for each setting, in the order of the help.
    pub(super) fn settings() -> Command {
        Self::augment_args(Command::new("settings").no_binary_name(true))
    }

    pub(super) fn parse(mut sources: Sources) -> Result<Self, ConfigError> {
        sources.add_default("models", default_models);
        sources.add_default("workers", default_workers);
        let is_raw = sources.value("space").is_some_and(|(text, _)| text == RAW);
        // Raw distances are those of dlib's model, so it is the one of new events then.
        sources.add_default("model", || if is_raw { DLIB } else { SFACE }.to_owned());
        // All sources become one command line, so that clap parses a value wherever it came from.
        let values = sources.settings().filter_map(|arg| {
            Some(format!("--{}={}", arg.get_long()?, sources.value(arg.get_id().as_str())?.0))
        });
        // clap would read the environment once more.
        let parser = Self::settings().mut_args(|arg| arg.env(Resettable::Reset));
        let matches =
            parser.try_get_matches_from(values).and_then(|matches| Self::from_arg_matches(&matches));
        let mut config = matches.map_err(|error| refusal(&sources, &error))?;
        config.check(&sources)?;
        config.add_usual_match(&mut sources);
        config.secrets = Secrets::read(|name| sources.value(name))?;
        config.effective = effective(&sources);
        config.ignored = sources.ignored;
        Ok(config)
    }

    /// Refuses settings that contradict each other.
    fn check(&self, sources: &Sources) -> Result<(), ConfigError> {
        // Without keys, whoever reaches the address could read and change the registered faces.
        if self.keys.is_none() && !self.host.is_loopback() {
            return Err(ConfigError::Exposed { host: self.host });
        }
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => return Err(ConfigError::Alone { present: "tls-cert", missing: "tls-key" }),
            (None, Some(_)) => return Err(ConfigError::Alone { present: "tls-key", missing: "tls-cert" }),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let refuse = |name| move |allowed| bad_value(sources, name, allowed);
        check_model(&self.model, self.space).map_err(refuse("model"))?;
        check_space(self.space, self.crops).map_err(refuse("space"))?;
        if let Some(threshold) = self.fixed_threshold() {
            check_threshold(threshold, self.space).map_err(refuse("threshold"))?;
            if matches!(self.target_fmr, Some(AskedRule::Target(_))) {
                let allowed = "a threshold is given too: give one of the two".to_owned();
                return Err(bad_value(sources, "target-fmr", allowed));
            }
        }
        Ok(())
    }

    /// Adds the defaults that depend on other settings, for `face-server config` to print. They are not parsed:
    /// models.rs chooses the rule of each model.
    fn add_usual_match(&self, sources: &mut Sources) {
        let is_raw = self.space == Metric::Raw;
        let usual = if is_raw { MatchPolicy::raw() } else { MatchPolicy::default() };
        let target =
            if is_raw || self.fixed_threshold().is_some() { String::new() } else { USUAL_TARGET.to_string() };
        sources.add_default("threshold", || if is_raw { "0.6".to_owned() } else { String::new() });
        sources.add_default("target_fmr", || target);
        sources.add_default("margin", || usual.margin.value().to_string());
    }
}

/// Why clap refuses a value. Its own text would quote the value, which may hold a secret.
fn refusal(sources: &Sources, error: &clap::Error) -> ConfigError {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => "",
    };
    let name = argument.trim_start_matches("--").split(' ').next().unwrap_or_default();
    bad_value(sources, name, error.source().map_or_else(|| error.kind().to_string(), ToString::to_string))
}

fn bad_value(sources: &Sources, name: &str, allowed: String) -> ConfigError {
    let key = name.replace('-', "_");
    let (text, origin) = sources.value(&key).unwrap_or(("", &Origin::Default));
    ConfigError::BadValue {
        name: name.to_owned(),
        value: masked(&key, text),
        origin: origin.clone(),
        allowed,
    }
}

/// Each setting, and each secret that has a value.
fn effective(sources: &Sources) -> Vec<(String, String, Origin)> {
    let keys = sources.settings().map(|arg| arg.get_id().as_str()).chain(VARIABLES);
    keys.filter_map(|key| {
        let (text, origin) = sources.value(key)?;
        Some((key.to_owned(), masked(key, text), origin.clone()))
    })
    .collect()
}

/// A value as it may be printed: a store's URL can hold credentials, so it is printed as its type prints it. A key in
/// a wrong place is not printed.
fn masked(key: &str, text: &str) -> String {
    if VARIABLES.contains(&key) || text.split(',').any(|part| ApiKey::parse(part.trim()).is_some()) {
        return MASKED.to_owned();
    }
    if key == "store" {
        // What is no URL of a store may hold a password all the same.
        return text.parse::<StoreUrl>().map_or_else(|_| MASKED.to_owned(), |url| url.to_string());
    }
    without_passwords(text)
}

/// `models` in a checkout, else beside the program as in an unpacked archive, else in the user's data folder.
fn default_models() -> String {
    let here = PathBuf::from("models");
    let beside = || Some(env::current_exe().ok()?.parent()?.join("models"));
    let users = || Some(etcetera::choose_base_strategy().ok()?.data_dir().join("face-server/models"));
    let is_there = |folder: &PathBuf| folder.join("manifest.toml").is_file();
    let found = Some(here.clone()).filter(is_there).or_else(|| beside().filter(is_there));
    found.or_else(users).unwrap_or(here).display().to_string()
}

fn default_workers() -> String {
    // Cores this process may use, not those of the machine: affinity and the CPU quota of a container count.
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).to_string()
}
