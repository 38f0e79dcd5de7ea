//! What clients are told of keys.

use std::collections::BTreeSet;

use ::events::{Actor, EventName, Note};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::body::KeyRole;
use crate::auth::{ApiKey, KeyRecord, LastUses, Role};

/// The keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    /// The keys, oldest first.
    pub(super) keys: Vec<KeyResponse>,
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyResponse {
    /// Who has it.
    #[schema(value_type = String, example = "door 1")]
    name: Actor,
    /// What it is for.
    #[schema(value_type = KeyRole)]
    role: Role,
    /// The events that it is for; null for every one.
    #[schema(value_type = Option<Vec<String>>, required = true, example = json!(["conference_2024"]))]
    events: Option<BTreeSet<EventName>>,
    /// A remark about it; null without one.
    #[schema(value_type = Option<String>, required = true, example = "north door")]
    label: Option<Note>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03Z")]
    created: OffsetDateTime,
    /// When it ends; null for never.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2027-01-31T00:00:00Z")]
    expires: Option<OffsetDateTime>,
    /// What its text has after `face_`.
    #[schema(example = "af960c22cb6b")]
    id: String,
    /// When it was used last, as far as this server knows; null where it does not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2026-11-25T10:02:11Z")]
    last_used: Option<OffsetDateTime>,
    /// Keys that it was rotated from and that hold still, oldest first.
    previous: Vec<PreviousKeyResponse>,
}

/// A key that another one has taken the place of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviousKeyResponse {
    /// What its text has after `face_`.
    #[schema(example = "0a11f8b6e2d4")]
    id: String,
    /// Until when it holds.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-26T09:41:03Z")]
    until: OffsetDateTime,
    /// When it was used last, as far as this server knows; null where it does not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2026-11-25T10:02:11Z")]
    last_used: Option<OffsetDateTime>,
}

/// A key that was made now.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKey {
    /// The key, to be sent as `Authorization: Bearer face_...`: it is shown this once.
    #[schema(example = "face_af960c22cb6b_...")]
    key: String,
    #[serde(flatten)]
    about: KeyResponse,
}

impl KeyResponse {
    pub(super) fn new(record: KeyRecord, uses: &LastUses) -> Self {
        let KeyRecord { name, label, role, events, created, expires, id, previous, .. } = record;
        let now = OffsetDateTime::now_utc();
        let previous = previous.into_iter().filter(|old| now < old.until).map(|old| PreviousKeyResponse {
            id: old.id.to_string(),
            until: old.until,
            last_used: uses.get(&old.id).copied(),
        });
        let (last_used, previous) = (uses.get(&id).copied(), previous.collect());
        Self { name, role, events, label, created, expires, id: id.to_string(), last_used, previous }
    }
}

impl NewKey {
    pub(super) fn new(key: &ApiKey, record: KeyRecord) -> Self {
        Self { key: key.as_secret_text().to_owned(), about: KeyResponse::new(record, &LastUses::new()) }
    }
}
