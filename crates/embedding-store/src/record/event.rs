//! The record of an event.

use embedding::{Distance, ModelId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use super::metadata::{Metadata, UnknownFields};
use super::rate::FalseMatchRate;
use crate::EventName;

/// An event: a set of users whose faces are searched together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventRecord {
    /// Its key.
    pub name: EventName,
    /// When it came into being.
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// When this record was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated: OffsetDateTime,
    /// The model of every embedding in it.
    pub model: ModelId,
    /// When two faces are the same person's; `None` leaves it to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_rule: Option<MatchRule>,
    /// What to do when a face is already there under another name; `None` leaves it to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_duplicate: Option<DuplicatePolicy>,
    /// What to do when a face to enrol is unlike the user's others; `None` leaves it to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_other_person: Option<DuplicatePolicy>,
    /// When its data is to be deleted.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub retain_until: Option<OffsetDateTime>,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    #[serde(flatten)]
    unknown: UnknownFields,
}

impl EventRecord {
    /// A new event without rules of its own.
    #[must_use]
    pub fn new(name: EventName, model: ModelId, created: OffsetDateTime) -> Self {
        Self {
            name,
            created,
            updated: created,
            model,
            match_rule: None,
            on_duplicate: None,
            on_other_person: None,
            retain_until: None,
            metadata: Metadata::new(),
            unknown: UnknownFields::new(),
        }
    }
}

/// An event's own rule for a match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MatchRule {
    /// A match is at most this far away.
    Threshold(#[serde(serialize_with = "write_distance", deserialize_with = "read_distance")] Distance),
    /// The threshold follows from the event's size, so that strangers are named this often at most.
    TargetFalseMatchRate(FalseMatchRate),
}

fn write_distance<S: Serializer>(distance: &Distance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f32(distance.value())
}

fn read_distance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Distance, D::Error> {
    Distance::new(f32::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// What to do when a face to enrol is already in the event under another name, or is unlike the user's others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DuplicatePolicy {
    /// Enrol nobody and say so.
    Reject,
    /// Enrol, and say so.
    Warn,
    /// Enrol.
    Allow,
}
