//! The record of a user.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::metadata::{Metadata, UnknownFields};
use crate::{EventName, Username};

/// A person registered at an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserRecord {
    /// The event; with `name` its key.
    pub event: EventName,
    /// The name.
    pub name: Username,
    /// When the user was first enrolled.
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// When this record or the user's samples were last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated: OffsetDateTime,
    /// When the user was last recognised.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub last_verified: Option<OffsetDateTime>,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The names that this person had before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<FormerName>,
    #[serde(flatten)]
    unknown: UnknownFields,
}

/// A name that a user had once. Somebody else may have it since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FormerName {
    /// The name.
    pub name: Username,
    /// When it was given up: what was written of the name until then is of this user.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

impl FormerName {
    /// A name and when it was given up.
    #[must_use]
    pub fn new(name: Username, until: OffsetDateTime) -> Self {
        Self { name, until }
    }
}

impl UserRecord {
    /// A new user.
    #[must_use]
    pub fn new(event: EventName, name: Username, created: OffsetDateTime) -> Self {
        Self {
            event,
            name,
            created,
            updated: created,
            last_verified: None,
            metadata: Metadata::new(),
            former_names: Vec::new(),
            unknown: UnknownFields::new(),
        }
    }
}
