//! What is given for an enrolment, and what comes of it.

use embedding::Embedding;
use embedding_store::{DuplicatePolicy, Metadata};
use uuid::Uuid;

use super::duplicates::Duplicate;
use super::other_person::OtherPerson;
use crate::{AuditEntry, EventRules, Outcome};

/// A face to enrol.
#[derive(Debug, Clone)]
pub struct EnrolmentFace {
    /// What the network says of it, at unit length or as the network gave it.
    pub embedding: Embedding,
    /// What the detector gave it; finite, on the detector's scale.
    pub detection_score: f32,
    /// What the quality checks measured, to be kept with it; empty when there were none.
    pub quality: Metadata,
    /// How it came, such as the route.
    pub source: String,
}

/// How faces are to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentOptions {
    /// What to do when one is in the event under another name, whatever the event says; `None` leaves it to
    /// the event.
    pub on_duplicate: Option<DuplicatePolicy>,
    /// What to do about it when neither this call nor the event says: to refuse, unless set.
    pub on_duplicate_default: DuplicatePolicy,
    /// What to do when one is unlike the user's others, whatever the event says; `None` leaves it to the event.
    pub on_other_person: Option<DuplicatePolicy>,
    /// What to do about it when neither this call nor the event says: to refuse, unless set.
    pub on_other_person_default: DuplicatePolicy,
    /// The caller's mark, by which the same request is recognised when it is made again. Kept with the
    /// samples, and counts among those of its user.
    pub request: Option<String>,
}

impl Default for EnrolmentOptions {
    fn default() -> Self {
        Self {
            on_duplicate: None,
            on_duplicate_default: DuplicatePolicy::Reject,
            on_other_person: None,
            on_other_person_default: DuplicatePolicy::Reject,
            request: None,
        }
    }
}

impl EnrolmentOptions {
    /// What is to be done about a face of another user: by the call, else by the event, else by the call's default.
    pub(super) fn duplicate_policy(&self, rules: Option<&EventRules>) -> DuplicatePolicy {
        let of_event = rules.and_then(|rules| rules.on_duplicate);
        self.on_duplicate.or(of_event).unwrap_or(self.on_duplicate_default)
    }

    /// The same about a face that is unlike the user's others.
    pub(super) fn other_person_policy(&self, rules: Option<&EventRules>) -> DuplicatePolicy {
        let of_event = rules.and_then(|rules| rules.on_other_person);
        self.on_other_person.or(of_event).unwrap_or(self.on_other_person_default)
    }
}

/// What came of enrolling faces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentOutcome {
    /// How many samples the user has with these; of a repeated request, how many they were the first time.
    pub embedding_count: usize,
    /// The samples, in the order of the faces.
    pub samples: Vec<Uuid>,
    /// Who else has one of the faces, nearest first, when that is only a warning
    /// ([`DuplicatePolicy::Warn`]).
    pub duplicates: Vec<Duplicate>,
    /// The faces that are unlike the user's others, when that is only a warning.
    pub other_people: Vec<OtherPerson>,
    /// Whether the request had been done before: nothing was written.
    pub repeated: bool,
}

impl EnrolmentOutcome {
    /// The audit's entry about it.
    #[must_use]
    pub fn audited(&self, entry: AuditEntry) -> AuditEntry {
        if self.repeated { entry.with_outcome(Outcome::Repeated) } else { entry }
    }
}
