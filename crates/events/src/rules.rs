//! What an event's record says of how its faces are matched and enrolled.

use embedding_store::{DuplicatePolicy, EventRecord, MatchRule};

/// An event's own rules; where it has none, those of the service hold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EventRules {
    /// When two faces are the same person's.
    pub rule: Option<MatchRule>,
    /// What to do about a face that is already there under another name.
    pub on_duplicate: Option<DuplicatePolicy>,
    /// What to do about a face that is unlike the user's others.
    pub on_other_person: Option<DuplicatePolicy>,
}

impl From<&EventRecord> for EventRules {
    fn from(record: &EventRecord) -> Self {
        let EventRecord { match_rule, on_duplicate, on_other_person, .. } = record;
        Self { rule: *match_rule, on_duplicate: *on_duplicate, on_other_person: *on_other_person }
    }
}
