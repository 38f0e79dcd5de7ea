//! What clients say of keys.

use std::collections::BTreeSet;

use ::events::{Actor, EventName, Note};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::auth::{ApiKey, KeyRecord, KeyUpdate, Role};
use crate::error::ApiError;
use crate::routes::fields::{event_name, note};
use crate::routes::v1::object::{Time, given};

/// How long a key holds beside the one that takes its place, unless said.
const OVERLAP: Duration = Duration::DAY;

/// What a key is for.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `Role` for the document")]
pub(crate) enum KeyRole {
    /// At the door: recognise people and check them in.
    Verify,
    /// At the desk: register people, and see who is registered.
    Enrol,
    /// Everything.
    Admin,
}

/// A key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// Who has it: the audit calls them so, and no two keys share it.
    #[schema(min_length = 1, max_length = 128, example = "door 1")]
    name: String,
    /// What it is for.
    #[schema(value_type = KeyRole)]
    role: Role,
    /// The events that it is for, which need not be there yet; every one when left out or null.
    #[schema(min_items = 1, example = json!(["conference_2024"]))]
    events: Option<Vec<String>>,
    /// A remark about it.
    #[schema(min_length = 1, max_length = 500, example = "north door")]
    label: Option<String>,
    /// When it ends: a time to come, RFC 3339; never when left out or null.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    expires: Option<OffsetDateTime>,
}

/// What of a key is to be another. What is left out stays; null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyPatch {
    /// What it is for.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<KeyRole>, nullable = false)]
    role: Option<Role>,
    /// The events that it is for; null for every one.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, example = json!(["conference_2024"]))]
    events: Option<Option<Vec<String>>>,
    /// A remark about it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, example = "north door")]
    label: Option<Option<String>>,
    /// When it ends: a time to come, RFC 3339; null for never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    expires: Option<Option<Time>>,
}

/// How a key is to be rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// Until when the old one holds too, RFC 3339: a day from now when left out or null. A time that is over ends it at
    /// once.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    old_until: Option<OffsetDateTime>,
    /// When the new one ends: a time to come, RFC 3339; null for never, and as the old one when left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-12-31T00:00:00Z")]
    expires: Option<Option<Time>>,
}

impl KeyBody {
    pub(super) fn parse(self) -> Result<(ApiKey, KeyRecord), ApiError> {
        let Self { name, role, events: names, label, expires } = self;
        let name = Actor::new(&name).map_err(|error| ApiError::Field(format!("field 'name': {error}")))?;
        let names = names.map(events).transpose()?;
        let label = label.map(label_of).transpose()?;
        let key = generate()?;
        let mut record = KeyRecord::new(&key, name, role, BTreeSet::new());
        // An empty list stays one, which is refused: it is not taken for every event.
        (record.events, record.label, record.expires) = (names, label, expires);
        Ok((key, record))
    }
}

impl KeyPatch {
    pub(super) fn parse(self) -> Result<KeyUpdate, ApiError> {
        let Self { role, events: names, label, expires } = self;
        Ok(KeyUpdate {
            label: label.map(|label| label.map(label_of).transpose()).transpose()?,
            role,
            events: names.map(|names| names.map(events).transpose()).transpose()?,
            expires: expires.map(|expires| expires.map(Time::get)),
        })
    }
}

impl RotationBody {
    /// When the old key ends, and when the new one does, where that is another time.
    pub(super) fn parse(self, now: OffsetDateTime) -> (OffsetDateTime, Option<Option<OffsetDateTime>>) {
        let old_until = self.old_until.unwrap_or_else(|| now.saturating_add(OVERLAP));
        (old_until, self.expires.map(|expires| expires.map(Time::get)))
    }
}

/// A key of random bytes.
pub(super) fn generate() -> Result<ApiKey, ApiError> {
    ApiKey::generate().map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes for a key");
        ApiError::Internal
    })
}

fn events(names: Vec<String>) -> Result<BTreeSet<EventName>, ApiError> {
    names.iter().map(|name| event_name("events", name)).collect()
}

fn label_of(text: String) -> Result<Note, ApiError> {
    note("label", &text)
}
