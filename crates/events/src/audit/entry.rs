//! An entry of the audit: what was done, by whom, about whom, and how it ended.

use embedding::{Distance, ModelId};
use embedding_store::{EventName, JournalEntry, StoreError, Topic, Username};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Action, Outcome};
use crate::export::{Exported, time_cell};
use crate::{Actor, distance_field, journal};

/// Stands between the names of an event and a user in a subject. No name has it, and the longest names fit
/// into a subject with it.
// Two names of 255 bytes and its own 2 are 512, the most that a subject may have.
const BETWEEN_NAMES: char = '\u{61C}';

/// Something that was done, or refused. It never holds an embedding or a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Its key, a UUID v7.
    pub id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// What was done.
    pub action: Action,
    /// How it ended, by whom and about whom.
    #[serde(flatten)]
    pub details: AuditDetails,
}

/// What an entry says beside when and what. Serialised as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditDetails {
    /// How it ended.
    pub outcome: Outcome,
    /// The request. One that was about several faces may have several entries.
    pub transaction: Uuid,
    /// Who asked.
    pub actor: Actor,
    /// The event that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventName>,
    /// The person that it was about: who was named, or identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Username>,
    /// How far the face was from the person's.
    #[serde(default, with = "distance_field", skip_serializing_if = "Option::is_none")]
    pub distance: Option<Distance>,
    /// How far it might be.
    #[serde(default, with = "distance_field", skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Distance>,
    /// The model in which the distances are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// A stable code that says more, such as that of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The name of the key of a client that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<Actor>,
    /// The name that the person was to have from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_name: Option<Username>,
}

impl AuditEntry {
    /// An entry about nobody.
    #[must_use]
    pub fn new(
        time: OffsetDateTime,
        transaction: Uuid,
        actor: Actor,
        action: Action,
        outcome: Outcome,
    ) -> Self {
        let (event, user, distance, threshold, model) = (None, None, None, None, None);
        let (code, key_name, new_name) = (None, None, None);
        let details = AuditDetails {
            outcome,
            transaction,
            actor,
            event,
            user,
            distance,
            threshold,
            model,
            code,
            key_name,
            new_name,
        };
        Self { id: Uuid::now_v7(), time, action, details }
    }

    /// About an event.
    #[must_use]
    pub fn with_event(mut self, event: EventName) -> Self {
        self.details.event = Some(event);
        self
    }

    /// About a person.
    #[must_use]
    pub fn with_user(mut self, user: Username) -> Self {
        self.details.user = Some(user);
        self
    }

    /// About the key of this name.
    #[must_use]
    pub fn with_key_name(mut self, name: Actor) -> Self {
        self.details.key_name = Some(name);
        self
    }

    /// About another name that the person gets.
    #[must_use]
    pub fn with_new_name(mut self, name: Username) -> Self {
        self.details.new_name = Some(name);
        self
    }

    /// With how it ended.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.details.outcome = outcome;
        self
    }

    /// With what was measured, in which model, and what was allowed.
    #[must_use]
    pub fn with_distance(mut self, distance: Distance, threshold: Distance, model: ModelId) -> Self {
        self.details.distance = Some(distance);
        self.details.threshold = Some(threshold);
        self.details.model = Some(model);
        self
    }

    /// With a stable code of the program's, never a client's text.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.details.code = Some(code.into());
        self
    }

    /// Whether a face was recognised as the person's.
    #[must_use]
    pub fn is_verification(&self) -> bool {
        // Without a distance it was a check-in by name, for which no face was compared.
        let compares_faces = matches!(self.action, Action::Identify | Action::Verify | Action::CheckIn);
        let recognised = matches!(self.details.outcome, Outcome::Match | Outcome::Done | Outcome::Already);
        compares_faces && recognised && self.details.distance.is_some() && self.details.user.is_some()
    }

    /// Whether its distance is that of a face that was recognised: as the person's it names, or of a comparison as the
    /// other picture's.
    #[must_use]
    pub fn is_match(&self) -> bool {
        match self.details.outcome {
            Outcome::Match => true,
            // A check-in by face names a person only when the face was theirs, however the check-in ended.
            Outcome::Done | Outcome::Already | Outcome::Repeated => {
                self.action == Action::CheckIn && self.details.user.is_some()
            }
            Outcome::NoMatch
            | Outcome::Ambiguous
            | Outcome::Refused
            | Outcome::Denied
            | Outcome::NotFound
            | Outcome::Conflict
            | Outcome::Failed => false,
        }
    }

    /// The entry for the journal, without a key.
    pub(super) fn in_journal(&self, topic: Topic) -> Result<JournalEntry, StoreError> {
        let AuditDetails { event, user, .. } = &self.details;
        let mut entry = JournalEntry::new(topic, self.action.as_str(), self.time);
        // Its own id in place of a new one: by it the journal recognises an entry that is written a second time.
        entry.id = self.id;
        entry.subject = event.as_ref().zip(user.as_ref()).map(|(event, user)| subject(event, user));
        Ok(entry.with_body(journal::body(&self.details)?))
    }

    /// Reads an entry of the audit.
    pub(super) fn read(entry: JournalEntry) -> Result<Self, StoreError> {
        let JournalEntry { id, time, kind, body, .. } = entry;
        let corrupt = |source| StoreError::Corrupt {
            what: format!("audit entry {id} cannot be understood"),
            source: Some(source),
        };
        let action = kind.parse().map_err(|error: crate::UnknownWord| corrupt(error.into()))?;
        let details = journal::details(body).map_err(|error| corrupt(error.into()))?;
        Ok(Self { id, time, action, details })
    }
}

/// The subject of the entries about a person of an event.
pub(super) fn subject(event: &EventName, user: &Username) -> String {
    format!("{event}{BETWEEN_NAMES}{user}")
}

/// An entry in a file. `transaction_id` is the name that the API has for `transaction`, which stays.
#[derive(Serialize)]
struct Line<'a> {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    action: Action,
    outcome: Outcome,
    transaction: Uuid,
    actor: &'a Actor,
    event: Option<&'a EventName>,
    user: Option<&'a Username>,
    #[serde(serialize_with = "distance_field::serialize")]
    distance: Option<Distance>,
    #[serde(serialize_with = "distance_field::serialize")]
    threshold: Option<Distance>,
    model: Option<&'a ModelId>,
    code: Option<&'a str>,
    transaction_id: Uuid,
    key_name: Option<&'a Actor>,
    new_name: Option<&'a Username>,
}

/// The cells of an entry.
impl Exported for AuditEntry {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "time",
        "action",
        "outcome",
        "transaction",
        "actor",
        "event",
        "user",
        "distance",
        "threshold",
        "model",
        "code",
        "transaction_id",
        "key_name",
        "new_name",
    ];

    fn cells(&self) -> Vec<String> {
        let details = &self.details;
        let AuditDetails { outcome, transaction, actor, event, user, .. } = details;
        let AuditDetails { distance, threshold, model, code, key_name, new_name, .. } = details;
        vec![
            self.id.to_string(),
            time_cell(self.time),
            self.action.to_string(),
            outcome.to_string(),
            transaction.to_string(),
            actor.to_string(),
            event.as_ref().map(ToString::to_string).unwrap_or_default(),
            user.as_ref().map(ToString::to_string).unwrap_or_default(),
            distance_field::cell(*distance),
            distance_field::cell(*threshold),
            model.as_ref().map(ToString::to_string).unwrap_or_default(),
            code.clone().unwrap_or_default(),
            transaction.to_string(),
            key_name.as_ref().map(ToString::to_string).unwrap_or_default(),
            new_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    }

    fn line(&self) -> impl Serialize {
        let Self { id, time, action, details } = self;
        let AuditDetails { outcome, transaction, actor, event, user, .. } = details;
        let AuditDetails { distance, threshold, model, code, key_name, new_name, .. } = details;
        Line {
            id: *id,
            time: *time,
            action: *action,
            outcome: *outcome,
            transaction: *transaction,
            actor,
            event: event.as_ref(),
            user: user.as_ref(),
            distance: *distance,
            threshold: *threshold,
            model: model.as_ref(),
            code: code.as_deref(),
            transaction_id: *transaction,
            key_name: key_name.as_ref(),
            new_name: new_name.as_ref(),
        }
    }
}
