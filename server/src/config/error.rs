//! Why a configuration cannot be used, and what to change.

use std::net::IpAddr;
use std::path::PathBuf;

use super::origin::Origin;
use super::passwords::MASKED;

/// Why the program does not start with this configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A name that is no setting, perhaps misspelt.
    #[error("unknown setting '{}' ({origin}); there are: {}", shown(key), known.join(", "))]
    UnknownKey {
        /// The name as it was written.
        key: String,
        /// Where it came from.
        origin: Origin,
        /// The names there are.
        known: Vec<String>,
    },
    /// A value that the setting does not take.
    #[error("{name} = '{value}' ({origin}) cannot be used: {allowed}")]
    BadValue {
        /// Name of the setting.
        name: String,
        /// The value; masked where it may hold a secret.
        value: String,
        /// Where it came from.
        origin: Origin,
        /// What the setting takes instead.
        allowed: String,
    },
    /// A value that is no UTF-8 text.
    #[error("{what} is not UTF-8 text")]
    NotText {
        /// Which variable or flag has it.
        what: String,
    },
    /// A file that cannot be read or understood.
    #[error("'{}' cannot be read: {detail}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A setting that a command cannot do without.
    #[error("this command needs --{name} {value}")]
    Missing {
        /// The setting.
        name: &'static str,
        /// What its value is called in the help.
        value: &'static str,
    },
    /// One of two settings that go together.
    #[error("{present} is given and {missing} is not: give both, or neither")]
    Alone {
        /// The one that is there.
        present: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// An address that others can reach.
    #[error(
        "refusing to serve on {host}: without keys, anyone who reaches that address could read and change the \
         registered faces. Make a key with `face-server keys add NAME --role admin --keys keys.toml`, and serve with \
         --keys keys.toml"
    )]
    Exposed {
        /// The address.
        host: IpAddr,
    },
}

/// A name as it is printed. What is no name may be a value in a wrong place, such as a database's URL.
fn shown(key: &str) -> &str {
    let is_name = key.len() <= 64 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_name { key } else { MASKED }
}
