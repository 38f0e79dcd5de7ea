//! A key as it is kept: whose it is, what it is for, and its digest.

use std::collections::BTreeSet;
use std::mem;

use ::events::{Actor, EventName, Note};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Role;
use super::caller::ANYONE;
use super::key::{ApiKey, KeyDigest, KeyId};
use crate::audit::SERVICE;

/// Most keys that hold beside the one that has taken their place.
const MOST_PREVIOUS: usize = 8;

/// One key of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
// A misspelt `events` that was passed over would make the key one for every event.
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRecord {
    /// Who has it, for people and the audit: no two keys of a file share it.
    pub(crate) name: Actor,
    /// A remark about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<Note>,
    /// What it is for.
    pub(crate) role: Role,
    /// The events that it is for; every one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<BTreeSet<EventName>>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    /// When it ends; never when left out.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<OffsetDateTime>,
    /// Its public part.
    pub(crate) id: KeyId,
    /// What it is recognised by.
    pub(super) sha256: KeyDigest,
    /// What it was before it was rotated, where that holds for some time.
    // The last field: TOML has tables behind values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) previous: Vec<PreviousKey>,
}

/// A key that another one has taken the place of, and that holds until all of its clients have that.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviousKey {
    /// Its public part.
    pub(crate) id: KeyId,
    /// What it is recognised by.
    pub(super) sha256: KeyDigest,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) until: OffsetDateTime,
}

impl KeyRecord {
    /// What is kept of a key; of no events, it is for every one.
    pub(crate) fn new(key: &ApiKey, name: Actor, role: Role, events: BTreeSet<EventName>) -> Self {
        let events = Some(events).filter(|events| !events.is_empty());
        let created = whole(OffsetDateTime::now_utc());
        let (label, expires, previous) = (None, None, Vec::new());
        Self { name, label, role, events, created, expires, id: key.id(), sha256: key.digest(), previous }
    }

    /// Puts a new key in the place of this one, which holds until then, or as long as it would have.
    pub(super) fn rotate(
        &mut self,
        (id, sha256): (KeyId, KeyDigest),
        old_until: OffsetDateTime,
        now: OffsetDateTime,
    ) {
        let until = whole(self.expires.map_or(old_until, |expires| expires.min(old_until)));
        let (id, sha256) = (mem::replace(&mut self.id, id), mem::replace(&mut self.sha256, sha256));
        self.previous.push(PreviousKey { id, sha256, until });
        self.previous.retain(|old| now < old.until);
    }

    /// Whether it may do everything, now.
    pub(super) fn is_full_admin(&self, now: OffsetDateTime) -> bool {
        self.role == Role::Admin && self.events.is_none() && self.expires.is_none_or(|expires| now < expires)
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
        if self.previous.len() > MOST_PREVIOUS {
            return Some(format!(
                "{MOST_PREVIOUS} earlier keys of '{name}' hold still: wait until one has ended, or revoke it"
            ));
        }
        None
    }
}

/// A time in whole seconds, as files have it.
pub(super) fn whole(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}
