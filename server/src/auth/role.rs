//! What a key may be used for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&str", try_from = "String")]
pub(crate) enum Role {
    /// At the door: recognise people and check them in.
    Verify,
    /// At the desk: register people, and see who is registered.
    Enrol,
    /// Everything: events, erasure, files of whole events, the audit.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub(crate) const ALL: [Self; 3] = [Self::Verify, Self::Enrol, Self::Admin];

    /// Its name in key files, on the command line and in the document.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Enrol => "enrol",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole)
    }
}

impl From<Role> for &str {
    fn from(role: Role) -> Self {
        role.as_str()
    }
}

/// Does not quote what is no role: it may be a key in the wrong place.
impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(name: String) -> Result<Self, UnknownRole> {
        name.parse()
    }
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is verify, enrol or admin")]
pub(crate) struct UnknownRole;
