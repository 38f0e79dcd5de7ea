//! The configuration: what each setting is, and where it was said.

mod error;
mod matching;
mod secrets;
mod settings;
mod sources;
mod values;

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::{Arg, ArgMatches, Command};
use embedding_store::StoreUrl;
use etcetera::BaseStrategy;
use events::{CheckInOptions, ServiceOptions};
use face_core::{Crops, DetectorChoice, EngineOptions, FacePolicy, PictureLimits};

use crate::auth::{ApiKey, KeyFile};
use crate::background::AuditAge;
use crate::http::WebOrigin;
use crate::quality::QualityGate;
use crate::tls::CertificateFiles;
use settings::{SETTINGS, Setting};
use sources::{Sources, Values};

pub(crate) use error::ConfigError;
pub(crate) use matching::{AskedRule, Matching};
pub(crate) use secrets::Secrets;
pub(crate) use sources::Origin;
pub(crate) use values::LogFormat;

/// Name of the flag that names a configuration file.
const FILE_FLAG: &str = "config";

/// Stands for a secret that was given.
const MASKED: &str = "(not shown)";

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Address and port to serve on; a loopback address where there are no keys.
    pub(crate) address: SocketAddr,
    /// Where faces are kept.
    pub(crate) store: StoreUrl,
    /// File of check-ins and audit where the store keeps none.
    pub(crate) journal: PathBuf,
    /// How galleries follow the store.
    pub(crate) events: ServiceOptions,
    /// Folder of the models and of ONNX Runtime.
    pub(crate) models: PathBuf,
    /// What finds the faces.
    pub(crate) detector: DetectorChoice,
    /// Crops a face is embedded from; `None` for those of each model.
    pub(crate) crops: Option<Crops>,
    /// What was asked for of matches.
    pub(crate) matching: Matching,
    /// What to do about several faces in a picture.
    pub(crate) multi_face: FacePolicy,
    /// What to do with faces to enrol that are shown badly.
    pub(crate) quality: QualityGate,
    /// How check-ins are kept.
    pub(crate) check_ins: CheckInOptions,
    /// How long the audit is kept.
    pub(crate) audit_age: AuditAge,
    /// Whether what is stored may be looked at.
    pub(crate) debug_data: bool,
    /// The keys of those who may use it; `None` for anyone.
    pub(crate) keys: Option<KeyFile>,
    /// The certificate to serve TLS with; `None` for none.
    pub(crate) tls: Option<CertificateFiles>,
    /// Web origins allowed beside this server's own and loopback.
    pub(crate) origins: Vec<WebOrigin>,
    /// Pictures worked on at once.
    pub(crate) workers: NonZeroUsize,
    /// Largest picture file, in bytes.
    pub(crate) max_upload: usize,
    /// Uploads received at once.
    pub(crate) uploads: NonZeroUsize,
    /// Folder of the log files; `None` for none.
    pub(crate) log_dir: Option<PathBuf>,
    /// How the log reads on the terminal.
    pub(crate) log_format: LogFormat,
    /// What is logged.
    pub(crate) log_level: String,
    /// Keys and accounts.
    pub(crate) secrets: Secrets,
    /// Each setting's name, value and origin, for the command that shows them.
    effective: Vec<(&'static str, String, Origin)>,
}

impl Config {
    /// Adds the flags to a command line.
    #[must_use]
    pub(crate) fn flags(command: Command) -> Command {
        let file =
            Arg::new(FILE_FLAG).long(FILE_FLAG).value_name("FILE").global(true).help(
                "TOML file with the settings below, with _ for - in their names [variable: FACE_CONFIG]",
            );
        SETTINGS.iter().fold(command.arg(file), |command, setting| {
            let mut help = format!("{} [variable: {}]", setting.help, setting.variable());
            if let Some(default) = setting.default.filter(|default| !default.is_empty()) {
                help = format!("{help} [default: {default}]");
            }
            command.arg(
                Arg::new(setting.name).long(setting.name).value_name(setting.value).global(true).help(help),
            )
        })
    }

    /// Reads flags, environment, `.env` in the working directory and the configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key or value that cannot be used, and where it was said.
    pub(crate) fn load(flags: &ArgMatches) -> Result<Self, ConfigError> {
        let given =
            |setting: &'static Setting| Some((setting.name, flags.get_one::<String>(setting.name)?.clone()));
        let values: Values = SETTINGS.iter().filter_map(given).collect();
        let file = flags.get_one::<String>(FILE_FLAG).map(PathBuf::from);
        Self::parse(&Sources::read(values, env::vars_os(), Path::new("."), file.as_deref())?)
    }

    fn parse(sources: &Sources) -> Result<Self, ConfigError> {
        let mut effective = Vec::with_capacity(SETTINGS.len());
        let mut read = Reader { sources, effective: &mut effective };
        let host = read.required(&settings::HOST, values::host)?;
        let keys = read.required(&settings::KEYS, values::key_file)?;
        refuse_exposure(host, keys.is_some())?;
        let config = Self {
            address: SocketAddr::new(host, read.required(&settings::PORT, values::port)?),
            store: read
                .required(&settings::STORE, |text| text.parse::<StoreUrl>().map_err(|e| e.to_string()))?,
            journal: read.required(&settings::JOURNAL, |text| Ok(PathBuf::from(text)))?,
            events: ServiceOptions {
                max_staleness: read.required(&settings::MAX_STALENESS, values::staleness)?,
                gallery_limit: read.required(&settings::GALLERY_LIMIT, values::gallery_limit)?,
                // Known once the models are open: the start fills it in.
                other_models: Vec::new(),
            },
            models: read.or_else(&settings::MODELS, |text| Ok(PathBuf::from(text)), default_models)?,
            detector: read.required(&settings::DETECTOR, values::detector)?,
            crops: read.required(&settings::CROPS, values::crops)?,
            matching: read.matching()?,
            multi_face: read.required(&settings::MULTI_FACE, values::multi_face)?,
            quality: read.required(&settings::QUALITY, values::quality)?,
            check_ins: read.required(&settings::COOL_DOWN, values::cool_down)?,
            audit_age: read.required(&settings::AUDIT_DAYS, values::audit_age)?,
            debug_data: read.required(&settings::DEBUG_DATA, values::switch)?,
            keys,
            tls: read.certificate()?,
            origins: read.required(&settings::CORS, values::origins)?,
            workers: read.or_else(&settings::WORKERS, values::count, default_workers)?,
            // At most 1,024 MiB, so the shift stays within 32 bits.
            max_upload: read.required(&settings::MAX_UPLOAD, values::count)?.get() << 20,
            uploads: read.required(&settings::UPLOADS, values::count)?,
            log_dir: read.required(&settings::LOG_DIR, values::folder)?,
            log_format: read.required(&settings::LOG_FORMAT, values::log_format)?,
            log_level: read.required(&settings::LOG_LEVEL, values::log_level)?,
            secrets: Secrets::read(sources)?,
            // The list itself is lent to `read` until here.
            effective: Vec::new(),
        };
        let given = secrets::VARIABLES.iter().filter_map(|name| Some((*name, sources.secret(name)?.1)));
        effective.extend(given.map(|(name, origin)| (name, MASKED.to_owned(), origin)));
        Ok(Self { effective, ..config })
    }

    /// How the face engine is to work under this configuration.
    #[must_use]
    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions::default()
            .with_limits(PictureLimits::default().with_max_bytes(self.max_upload))
            .with_detector(self.detector)
            .with_crops(self.crops)
            // A session runs one picture at a time: with fewer than threads, these would wait for a free one.
            .with_sessions(self.workers.get())
            .with_embedder(self.matching.model.clone())
            // For faces of another model it costs one more run, of SFace, which only the gate has a use for.
            .with_recognisability(self.quality != QualityGate::Off)
    }

    /// Each setting's name, value and origin, in the order of the help; secrets are masked.
    pub(crate) fn effective(&self) -> impl Iterator<Item = (&'static str, &str, &Origin)> {
        self.effective.iter().map(|(name, value, origin)| (*name, value.as_str(), origin))
    }
}

/// Reads settings one by one and notes what holds.
struct Reader<'a> {
    sources: &'a Sources,
    effective: &'a mut Vec<(&'static str, String, Origin)>,
}

impl Reader<'_> {
    /// A setting that has a compiled-in default.
    fn required<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (text, origin) = self.sources.value(setting).unwrap_or(("", Origin::Default));
        let value = parse(text).map_err(|allowed| ConfigError::BadValue {
            name: setting.name.to_owned(),
            value: shown(setting, text),
            origin: origin.clone(),
            allowed,
        })?;
        self.effective.push((setting.name, shown(setting, text), origin));
        Ok(value)
    }

    /// The two files of TLS: both or neither.
    fn certificate(&mut self) -> Result<Option<CertificateFiles>, ConfigError> {
        let chain = self.required(&settings::TLS_CERT, values::file)?;
        let key = self.required(&settings::TLS_KEY, values::file)?;
        let alone = |setting: &Setting, other: &Setting| ConfigError::Alone {
            given: setting.name,
            missing: other.name,
        };
        match (chain, key) {
            (None, None) => Ok(None),
            (Some(chain), Some(key)) => Ok(Some(CertificateFiles { chain, key })),
            (Some(_), None) => Err(alone(&settings::TLS_CERT, &settings::TLS_KEY)),
            (None, Some(_)) => Err(alone(&settings::TLS_KEY, &settings::TLS_CERT)),
        }
    }

    /// A setting of which nothing was said, read as if a text had been.
    fn assumed<T>(
        &mut self,
        setting: &Setting,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let value = parse(text).map_err(|allowed| ConfigError::BadValue {
            name: setting.name.to_owned(),
            value: text.to_owned(),
            origin: Origin::Default,
            allowed,
        })?;
        self.effective.push((setting.name, text.to_owned(), Origin::Default));
        Ok(value)
    }

    /// A setting whose default is worked out at the start.
    fn or_else<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
        default: impl FnOnce() -> (T, String),
    ) -> Result<T, ConfigError> {
        if self.sources.value(setting).is_some() {
            return self.required(setting, parse);
        }
        let (value, text) = default();
        self.effective.push((setting.name, text, Origin::Default));
        Ok(value)
    }
}

/// A value as it may be shown: a store's URL can hold credentials, so it is shown as its type shows it. A key in a wrong
/// place is not shown.
fn shown(setting: &Setting, text: &str) -> String {
    if ApiKey::parse(text.trim()).is_some() {
        return MASKED.to_owned();
    }
    if setting.name == settings::STORE.name {
        // What is no URL of a store may hold a password all the same.
        return text.parse::<StoreUrl>().map_or_else(|_| MASKED.to_owned(), |url| url.to_string());
    }
    text.to_owned()
}

/// Without keys, whoever reaches the address could read and change the registered faces.
fn refuse_exposure(host: IpAddr, has_keys: bool) -> Result<(), ConfigError> {
    if has_keys || host.is_loopback() { Ok(()) } else { Err(ConfigError::Exposed { host }) }
}

/// `models` in a checkout, else the user's data folder.
fn default_models() -> (PathBuf, String) {
    let here = PathBuf::from("models");
    let users = || Some(etcetera::choose_base_strategy().ok()?.data_dir().join("face-server/models"));
    let folder = if here.join("manifest.toml").is_file() { here } else { users().unwrap_or(here) };
    let text = folder.display().to_string();
    (folder, text)
}

fn default_workers() -> (NonZeroUsize, String) {
    // Cores this process may use, not those of the machine: affinity and the CPU quota of a container count.
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    (cores, cores.to_string())
}

#[cfg(test)]
mod tests;
