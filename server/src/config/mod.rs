//! The configuration: what each setting is, and where its value came from.

mod error;
mod load;
mod matching;
mod options;
mod orchestrator;
mod origin;
mod passwords;
mod secrets;
mod settings;
mod sources;
mod values;

pub(crate) use error::ConfigError;
#[cfg(test)]
pub(crate) use matching::SFACE;
pub(crate) use matching::{AskedRule, DLIB, USUAL_TARGET};
pub(crate) use origin::Origin;
pub(crate) use passwords::without_passwords;
pub(crate) use settings::Config;
pub(crate) use values::LogFormat;

#[cfg(test)]
pub(crate) mod tests;
