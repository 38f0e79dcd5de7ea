//! Where the value of a setting came from.

use std::fmt;
use std::path::PathBuf;

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
    /// No source has a value.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::DotEnv => f.write_str(".env"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}
