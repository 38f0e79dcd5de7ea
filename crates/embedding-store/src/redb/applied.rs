//! What a write did.

use crate::Appended;

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Applied {
    /// Whether there is anything to commit.
    pub(super) changed: bool,
    /// How many samples the user has after an append or a sample's deletion, or were sealed anew, or how many
    /// entries of the journal were erased; 0 after another command.
    pub(super) count: usize,
    /// What kept an entry out of the journal.
    pub(super) kept_out: Option<Appended>,
}

impl Applied {
    pub(super) const CHANGED: Self = Self { changed: true, count: 0, kept_out: None };

    pub(super) fn counting(changed: bool, count: usize) -> Self {
        Self { changed, count, kept_out: None }
    }
}
