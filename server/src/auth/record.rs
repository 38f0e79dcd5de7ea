//! A key as it is kept: whose it is, what it is for, and its digest.

use std::collections::BTreeSet;

use ::events::{Actor, EventName};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Role;
use super::caller::ANYONE;
use super::key::{ApiKey, KeyDigest, KeyId};
use crate::audit::SERVICE;

/// One key of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
// A misspelt `events` that was passed over would make the key one for every event.
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRecord {
    /// Who has it, for people and the audit: no two keys of a file share it.
    pub(crate) name: Actor,
    /// What it is for.
    pub(crate) role: Role,
    /// The events that it is for; every one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<BTreeSet<EventName>>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    /// Its public part.
    pub(crate) id: KeyId,
    /// What it is recognised by.
    pub(super) sha256: KeyDigest,
}

impl KeyRecord {
    /// What is kept of a key; of no events, it is for every one.
    pub(crate) fn new(key: &ApiKey, name: Actor, role: Role, events: BTreeSet<EventName>) -> Self {
        let events = Some(events).filter(|events| !events.is_empty());
        let now = OffsetDateTime::now_utc();
        let created = now.replace_nanosecond(0).unwrap_or(now);
        Self { name, role, events, created, id: key.id(), sha256: key.digest() }
    }

    /// Why it cannot be used, if so.
    pub(super) fn fault(&self) -> Option<String> {
        let name = &self.name;
        if [ANYONE, SERVICE].contains(&name.as_str()) {
            return Some(format!("the audit has the name '{name}' for others: choose another one"));
        }
        // Only a file that was edited by hand has an empty list. Taken for one
        // that was left out it would open every event.
        if self.events.as_ref().is_some_and(BTreeSet::is_empty) {
            return Some(format!(
                "the key '{name}' is for no event: name one, or leave `events` out for every one"
            ));
        }
        None
    }
}
