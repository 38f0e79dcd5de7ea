//! One entry of the journal.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::topic::Topic;
use crate::record::UnknownFields;
use crate::{Metadata, StoreError};

/// Longest kind, subject or key of an entry, in bytes of UTF-8.
pub const MAX_LABEL_BYTES: usize = 512;

/// Something that happened.
///
/// Kind, subject and key each have 1 to 512 bytes of UTF-8 and no control characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The id, a UUID v7; with `topic` its key.
    pub id: Uuid,
    /// What part of the journal it stands in.
    pub topic: Topic,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// What happened, in a word of the caller's.
    pub kind: String,
    /// Whom or what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What tells that a caller asks for the same again; a topic has one entry of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How often it has been amended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revision: u32,
    /// Everything else; never an embedding or a picture.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub body: Metadata,
    #[serde(flatten)]
    pub(crate) unknown: UnknownFields,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(revision: &u32) -> bool {
    *revision == 0
}

impl JournalEntry {
    /// A new entry with a new id, about nobody.
    ///
    /// Ids are UUID v7: made by one process, later ones sort after earlier ones.
    #[must_use]
    pub fn new(topic: Topic, kind: impl Into<String>, time: OffsetDateTime) -> Self {
        Self {
            id: Uuid::now_v7(),
            topic,
            time,
            kind: kind.into(),
            subject: None,
            key: None,
            revision: 0,
            body: Metadata::new(),
            unknown: UnknownFields::new(),
        }
    }

    /// About somebody or something.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With a key that no other entry of the topic may have.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With more to say.
    #[must_use]
    pub fn with_body(mut self, body: Metadata) -> Self {
        self.body = body;
        self
    }

    /// What stands in place of `present` once it is amended by this one: for [`Journal::amend`](crate::Journal::amend).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the two are of different revisions.
    pub fn amending(self, present: &Self) -> Result<Self, StoreError> {
        if self.revision != present.revision {
            return Err(StoreError::entry_conflict(
                &self.topic,
                self.id,
                "has been amended by somebody else",
            ));
        }
        // The time is a part of the entry's place and the key is unique in its
        // topic. Since both stay, an amendment can clash with no other entry.
        let (time, key) = (present.time, present.key.clone());
        Ok(Self { time, key, revision: self.revision.saturating_add(1), ..self })
    }

    /// Whether an entry may have this kind, subject or key; none has another one.
    #[must_use]
    pub fn is_label(text: &str) -> bool {
        (1..=MAX_LABEL_BYTES).contains(&text.len()) && !text.contains(char::is_control)
    }

    /// Checks kind, subject, key and time.
    pub(crate) fn check_labels(&self) -> Result<(), StoreError> {
        let labels =
            [("kind", Some(&self.kind)), ("subject", self.subject.as_ref()), ("key", self.key.as_ref())];
        for (what, label) in labels {
            if label.is_some_and(|label| !Self::is_label(label)) {
                return Err(StoreError::unstorable(format!(
                    "its {what} has not 1 to {MAX_LABEL_BYTES} bytes, or has a control character"
                )));
            }
        }
        // Stores order entries by nanoseconds in 64 bits, which reach no further.
        if i64::try_from(self.time.unix_timestamp_nanos()).is_err() {
            return Err(StoreError::unstorable("its time is not of the years 1678 to 2261"));
        }
        Ok(())
    }
}
