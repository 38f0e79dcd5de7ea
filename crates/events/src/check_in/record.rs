//! A check-in: who came to an event and when, how that is known, and what was corrected about it.

use embedding::Distance;
use embedding_store::{EventName, JournalEntry, StoreError, Topic, Username};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::CheckInRequest;
use crate::export::{Exported, time_cell};
use crate::string_enum::string_enum;
use crate::{Actor, Decision, Note, distance_field, journal};

/// The kind of the entries that count.
pub(super) const VALID: &str = "check_in";

/// The kind of the entries that were voided: they hold up no later check-in of the person.
const VOIDED: &str = "voided";

string_enum! {
    /// How it is known who came.
    pub enum CheckInMethod {
        /// By the face.
        Face = "face",
        /// Somebody said so.
        Manual = "manual",
    }
}

/// Somebody came to an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckIn {
    /// Its key; a UUID v7, by which check-ins are in order of time.
    pub id: Uuid,
    /// The event.
    pub event: EventName,
    /// Who came; the last one named, where it is voided.
    pub user: Username,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// Whether it does not count any more.
    pub voided: bool,
    /// What is known beside that.
    #[serde(flatten)]
    pub details: CheckInDetails,
}

/// What is known of a check-in beside who, where and when. Serialised as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckInDetails {
    /// How it is known who came.
    pub method: CheckInMethod,
    /// What was decided about the face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// How far the face was from the person's.
    #[serde(default, with = "distance_field", skip_serializing_if = "Option::is_none")]
    pub distance: Option<Distance>,
    /// How far it might be.
    #[serde(default, with = "distance_field", skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Distance>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The request that it came with.
    pub transaction: Uuid,
    /// What was corrected, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<PastCorrection>,
}

/// A correction that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PastCorrection {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// Who was named until then.
    pub before: Named,
    /// Who corrected it.
    pub actor: Actor,
    /// Why.
    pub reason: Note,
}

/// Whom a check-in names, or named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// This person.
    User(Username),
    /// Nobody: it was voided.
    Nobody,
    /// Somebody whose data was erased since.
    Erased,
}

impl CheckIn {
    /// Whom it names as it stands.
    #[must_use]
    pub fn named(&self) -> Named {
        if self.voided { Named::Nobody } else { Named::User(self.user.clone()) }
    }

    /// Whom it named when it was made.
    #[must_use]
    pub fn first_named(&self) -> Named {
        self.details.corrections.first().map_or_else(|| self.named(), |correction| correction.before.clone())
    }

    /// Whether its distance is that of the person it names: of a face that was theirs, and nobody said otherwise since.
    #[must_use]
    pub fn is_match(&self) -> bool {
        let is_corrected = self.voided || !self.details.corrections.is_empty();
        self.details.decision == Some(Decision::Match) && !is_corrected
    }

    /// The same without the distance that was measured and the one that was allowed.
    #[must_use]
    pub fn without_distances(mut self) -> Self {
        (self.details.distance, self.details.threshold) = (None, None);
        self
    }

    /// What is to be appended for a request.
    pub(super) fn entry(
        topic: Topic,
        user: &Username,
        request: CheckInRequest,
    ) -> Result<JournalEntry, StoreError> {
        let CheckInRequest { time, transaction, method, decision, distance, threshold, note, key } = request;
        let corrections = Vec::new();
        let details =
            CheckInDetails { method, decision, distance, threshold, note, transaction, corrections };
        let mut entry = JournalEntry::new(topic, VALID, time)
            .with_subject(user.as_str())
            .with_body(journal::body(&details)?);
        entry.key = key.map(|key| key.as_str().to_owned());
        Ok(entry)
    }

    /// Reads an entry of the event's check-ins.
    pub(super) fn read(event: &EventName, entry: JournalEntry) -> Result<Self, StoreError> {
        let JournalEntry { id, time, kind, subject, body, .. } = entry;
        let corrupt = |source| StoreError::Corrupt {
            what: format!("check-in {id} of event '{event}' cannot be understood"),
            source: Some(source),
        };
        let voided = match kind.as_str() {
            VALID => false,
            VOIDED => true,
            // Not passed over: a list that leaves out what it cannot read would be taken for whole.
            _ => return Err(corrupt("it is of another kind".into())),
        };
        let user = Username::new(&subject.unwrap_or_default()).map_err(|error| corrupt(error.into()))?;
        let details = journal::details(body).map_err(|error| corrupt(error.into()))?;
        Ok(Self { id, event: event.clone(), user, time, voided, details })
    }

    /// Makes the entry that this was read from say the same. What it says beside that stays, as a newer
    /// version may have written it.
    pub(super) fn amend(&self, entry: &mut JournalEntry) -> Result<(), StoreError> {
        entry.kind = if self.voided { VOIDED } else { VALID }.to_owned();
        entry.subject = Some(self.user.as_str().to_owned());
        entry.body.extend(journal::body(&self.details)?);
        Ok(())
    }
}

/// A check-in in a file. `transaction_id` is the name that the API has for `transaction`, which stays.
// Not the check-in itself, which leaves out what is not known: every line of a file has every field.
#[derive(Serialize)]
struct Line<'a> {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    event: &'a EventName,
    user: &'a Username,
    voided: bool,
    method: CheckInMethod,
    decision: Option<Decision>,
    #[serde(serialize_with = "distance_field::serialize")]
    distance: Option<Distance>,
    #[serde(serialize_with = "distance_field::serialize")]
    threshold: Option<Distance>,
    note: Option<&'a Note>,
    transaction: Uuid,
    corrections: &'a [PastCorrection],
    transaction_id: Uuid,
}

/// The cells of a check-in; `corrections` is how many there are.
impl Exported for CheckIn {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "time",
        "event",
        "user",
        "voided",
        "method",
        "decision",
        "distance",
        "threshold",
        "note",
        "transaction",
        "corrections",
        "transaction_id",
    ];

    fn cells(&self) -> Vec<String> {
        let CheckInDetails { method, decision, distance, threshold, note, transaction, corrections } =
            &self.details;
        vec![
            self.id.to_string(),
            time_cell(self.time),
            self.event.to_string(),
            self.user.to_string(),
            self.voided.to_string(),
            method.to_string(),
            decision.map(|decision| decision.as_str().to_owned()).unwrap_or_default(),
            distance_field::cell(*distance),
            distance_field::cell(*threshold),
            note.as_ref().map(ToString::to_string).unwrap_or_default(),
            transaction.to_string(),
            corrections.len().to_string(),
            transaction.to_string(),
        ]
    }

    fn line(&self) -> impl Serialize {
        let Self { id, event, user, time, voided, details } = self;
        let CheckInDetails { method, decision, distance, threshold, note, transaction, corrections } =
            details;
        Line {
            id: *id,
            time: *time,
            event,
            user,
            voided: *voided,
            method: *method,
            decision: *decision,
            distance: *distance,
            threshold: *threshold,
            note: note.as_ref(),
            transaction: *transaction,
            corrections,
            transaction_id: *transaction,
        }
    }
}
