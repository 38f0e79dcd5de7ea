//! The documents: self-describing JSON, one for each revision of a place, never changed once made.
//!
//! ```json
//! {"version": 1, "kind": "user", "revision": "0192…", "supersedes": ["0191…"],
//!  "event": "conference", "user": "ada", "incarnation": "0190…",
//!  "record": "<base64>", "samples": [{"id": "…", "sealed": "<base64>"}], "removed": []}
//! ```
//! `record` is the record's `to_bytes`, and `sealed` what the keyring made of the sample. Fields of a newer
//! version survive when a state is written back.

mod encoding;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub(super) use encoding::{Bytes, Encoded};

use super::fields::Stamps;
use super::path::Place;
use crate::{EventName, EventRecord, StoreError, Subject, UserRecord, Username};

const VERSION: u32 = 1;

/// One revision of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    version: u32,
    pub(super) revision: Uuid,
    /// The revisions that this one was made from, or that may be about and shall not count. All are less
    /// than `revision`.
    pub(super) supersedes: BTreeSet<Uuid>,
    #[serde(flatten)]
    pub(super) body: Body,
}

/// What a revision says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Body {
    Key(KeyBody),
    Event(EventBody),
    DeletedEvent(DeletedEventBody),
    User(UserBody),
    DeletedUser(DeletedUserBody),
}

impl Body {
    /// The event, where it is one that is there.
    pub(super) fn as_event(&self) -> Option<&EventBody> {
        if let Self::Event(body) = self { Some(body) } else { None }
    }

    /// The user, where it is one who is there.
    pub(super) fn as_user(&self) -> Option<&UserBody> {
        if let Self::User(body) = self { Some(body) } else { None }
    }
}

/// The key record of the keyring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyBody {
    pub(super) record: Bytes,
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

/// An event that is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct EventBody {
    pub(super) event: EventName,
    /// Its lives: one as a rule, more when it was created in two places at once. A user belongs to one.
    pub(super) incarnations: BTreeSet<Uuid>,
    /// Former lives, whose users may still lie about.
    #[serde(default)]
    pub(super) ended: BTreeSet<Uuid>,
    pub(super) record: Encoded<EventRecord>,
    /// When fields of the record were changed.
    #[serde(default, skip_serializing_if = "Stamps::is_empty")]
    pub(super) stamps: Stamps,
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

/// The tombstone of an event.
// A tombstone is never written back, so it keeps no unknown fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DeletedEventBody {
    pub(super) event: EventName,
    pub(super) ended: BTreeSet<Uuid>,
}

/// A user with all samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct UserBody {
    pub(super) event: EventName,
    pub(super) user: Username,
    /// The life of the event that the user belongs to.
    pub(super) incarnation: Uuid,
    pub(super) record: Encoded<UserRecord>,
    /// When fields of the record were changed.
    #[serde(default, skip_serializing_if = "Stamps::is_empty")]
    pub(super) stamps: Stamps,
    #[serde(with = "encoding::samples")]
    pub(super) samples: BTreeMap<Uuid, Bytes>,
    /// Samples that do not count, whichever revision brings them.
    #[serde(default)]
    pub(super) removed: BTreeSet<Uuid>,
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

/// The tombstone of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DeletedUserBody {
    pub(super) event: EventName,
    pub(super) user: Username,
}

impl Document {
    pub(super) fn new(revision: Uuid, supersedes: BTreeSet<Uuid>, body: Body) -> Self {
        Self { version: VERSION, revision, supersedes, body }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self).map_err(|e| StoreError::Unstorable {
            reason: "it cannot be written as JSON".to_owned(),
            source: Some(e.into()),
        })
    }

    /// Reads a document that was found at `place` as `revision`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is none or says that it belongs elsewhere,
    /// [`StoreError::Misconfigured`] when a newer version wrote it.
    pub(super) fn from_json(json: &[u8], place: &Place, revision: Uuid) -> Result<Self, StoreError> {
        let corrupt = |e: serde_json::Error| StoreError::Corrupt {
            what: format!("the document {place}/{revision} cannot be read"),
            source: Some(e.into()),
        };
        // The version by itself first: what a newer program wrote may not fit the types, and is no damage.
        let VersionOnly { version } = serde_json::from_slice(json).map_err(corrupt)?;
        if version > VERSION {
            return Err(StoreError::misconfigured(format!(
                "the document {place}/{revision} has version {version}, this program reads up to {VERSION}: \
                 use a newer version"
            )));
        }
        let document: Self = serde_json::from_slice(json).map_err(corrupt)?;
        // Revisions that superseded each other in a circle would leave none that counts.
        let is_older = |superseded: &Uuid| *superseded < revision;
        let record_is_theirs = match &document.body {
            Body::Event(body) => body.record.0.name == body.event,
            Body::User(body) => body.record.0.event == body.event && body.record.0.name == body.user,
            Body::Key(_) | Body::DeletedEvent(_) | Body::DeletedUser(_) => true,
        };
        // A document copied to another id would give one person's samples to another.
        if document.place() != *place
            || document.revision != revision
            || !record_is_theirs
            || !document.supersedes.iter().all(is_older)
        {
            let what = format!("the document {place}/{revision} says that it is another one");
            return Err(StoreError::corrupt(what));
        }
        Ok(document)
    }

    /// Whose document it is; `None` for the key record, which is nobody's.
    pub(super) fn subject(&self) -> Option<Subject> {
        match &self.body {
            Body::Key(_) => None,
            Body::Event(EventBody { event, .. }) | Body::DeletedEvent(DeletedEventBody { event, .. }) => {
                Some(Subject::Event(event.clone()))
            }
            Body::User(UserBody { event, user, .. }) | Body::DeletedUser(DeletedUserBody { event, user }) => {
                Some(Subject::User(event.clone(), user.clone()))
            }
        }
    }

    fn place(&self) -> Place {
        match self.subject() {
            None | Some(Subject::Entry(..)) => Place::Key,
            Some(Subject::Event(event)) => Place::event(&event),
            Some(Subject::User(event, user) | Subject::Sample(event, user, _)) => Place::user(&event, &user),
        }
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(revision: u128) -> Value {
        let (event, user) = (EventName::new("a/b").unwrap(), Username::new("Zoë").unwrap());
        let record = Encoded(UserRecord::new(event, user, time::OffsetDateTime::UNIX_EPOCH));
        json!({
            "version": 1, "kind": "user", "revision": Uuid::from_u128(revision), "supersedes": [Uuid::from_u128(1)],
            "event": "a/b", "user": "Zoë", "incarnation": Uuid::from_u128(9), "record": record,
            "samples": [{"id": Uuid::from_u128(5), "sealed": "/w=="}], "of_a_newer_version": {"x": [1, 2.5]},
        })
    }

    fn place() -> Place {
        Place::user(&EventName::new("a/b").unwrap(), &Username::new("Zoë").unwrap())
    }

    fn read(json: &Value) -> Result<Document, StoreError> {
        Document::from_json(&serde_json::to_vec(json).unwrap(), &place(), Uuid::from_u128(2))
    }

    #[test]
    fn a_document_reads_back_with_fields_of_a_newer_version() {
        let document = read(&user(2)).unwrap();
        let again: Value = serde_json::from_slice(&document.to_json().unwrap()).unwrap();
        assert_eq!(again["of_a_newer_version"], user(2)["of_a_newer_version"]);
        assert_eq!(read(&again).unwrap(), document);
        assert!(!format!("{document:?}").contains("/w"));
    }

    #[test]
    fn a_document_of_elsewhere_or_of_a_newer_version_is_refused() {
        let changed = |field: &str, value: Value| {
            let mut document = user(2);
            document[field] = value;
            read(&document).unwrap_err()
        };
        for (field, value) in [
            ("user", json!("zoë")),
            ("event", json!("ab")),
            ("revision", json!(Uuid::from_u128(3))),
            ("supersedes", json!([Uuid::from_u128(2)])),
            ("kind", json!("group")),
            ("record", json!("§")),
            ("samples", json!(null)),
        ] {
            assert!(matches!(changed(field, value), StoreError::Corrupt { .. }), "{field}");
        }
        assert!(matches!(changed("version", json!(2)), StoreError::Misconfigured { .. }));
        assert!(Document::from_json(b"{\"version\":1", &place(), Uuid::nil()).is_err());
    }
}
