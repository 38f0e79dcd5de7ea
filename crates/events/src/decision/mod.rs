//! From distances to a decision: the verdict on one face.

use std::num::NonZeroUsize;

use embedding::{Confidence, Distance, ModelId};
use embedding_store::Username;
use serde::{Deserialize, Serialize};

use crate::{AuditEntry, MatchLimit, Nearest, Outcome};

/// Whose face it is, as far as can be said. As text, [`Decision::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is the nearest user's.
    Match,
    /// It is nobody's of the event.
    NoMatch,
    /// Two users are within the threshold and too nearly alike to choose between them.
    Ambiguous,
}

impl Decision {
    /// `match`, `no_match` or `ambiguous`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NoMatch => "no_match",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl From<Decision> for Outcome {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Match => Self::Match,
            Decision::NoMatch => Self::NoMatch,
            Decision::Ambiguous => Self::Ambiguous,
        }
    }
}

/// What came of comparing a face with the users of an event, or with one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it is the nearest user.
    pub decision: Decision,
    /// The nearest user, near enough or not. Of a comparison with one user that user.
    pub nearest: Nearest,
    /// The nearest users, nearest first and of equal ones by name, as many as were asked for and are there. The
    /// first is `nearest`.
    pub candidates: Vec<Nearest>,
    /// How much farther away the second user is than the first; `None` when there is no second.
    pub margin: Option<Distance>,
    /// The distance that was allowed, by which rule, and what is to be expected of it.
    pub limit: MatchLimit,
    /// The same for a user of one sample. The limit of a target tells how many samples the nearest user has: this one
    /// is for those who are not to learn anything of a user who was not matched.
    pub limit_of_one_sample: MatchLimit,
    /// The model in whose distances all this is.
    pub model: ModelId,
    /// How many users the face was compared with: all of the event, or 1.
    pub users_compared: usize,
    /// Whether no other user can be nearer. Always so of an event in memory; an event that is searched in
    /// the store by an approximate index may have a nearer user whom the index passed over.
    pub exact: bool,
}

impl Verdict {
    /// Whose face it is; `None` when it is nobody's or cannot be said.
    #[must_use]
    pub fn matched(&self) -> Option<&Username> {
        match self.decision {
            Decision::Match => Some(&self.nearest.user),
            Decision::NoMatch | Decision::Ambiguous => None,
        }
    }

    /// The same of a face that is too badly shown to decide on: it is nobody's.
    #[must_use]
    pub fn withheld(self) -> Self {
        Self { decision: Decision::NoMatch, ..self }
    }

    /// The audit's entry about it: whose face it is, when it is somebody's, and how far it was from the nearest.
    #[must_use]
    pub fn audited(&self, entry: AuditEntry) -> AuditEntry {
        let entry = entry.with_outcome(Outcome::from(self.decision));
        let entry = entry.with_distance(self.nearest.distance, self.limit.threshold, self.model.clone());
        match self.matched() {
            Some(user) => entry.with_user(user.clone()),
            None => entry,
        }
    }

    /// The percentage shown for the nearest user's distance; not a probability.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.nearest.distance.confidence()
    }
}

/// What a search among the users of an event came to.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) nearest: Nearest,
    /// The others by distance, then by name: the runner-up at least, where there is one.
    pub(crate) others: Vec<Nearest>,
    pub(crate) users_compared: usize,
    pub(crate) exact: bool,
}

impl Search {
    /// How many users to search for, so that `top` can be shown and the runner-up is among them.
    pub(crate) fn depth(top: NonZeroUsize) -> NonZeroUsize {
        top.max(NonZeroUsize::MIN.saturating_add(1))
    }

    /// Takes the users that were searched, nearest first; `None` without any.
    pub(crate) fn new(users: Vec<Nearest>, users_compared: usize, exact: bool) -> Option<Self> {
        let mut users = users.into_iter();
        Some(Self { nearest: users.next()?, others: users.collect(), users_compared, exact })
    }

    /// Decides by the unrounded distances, and keeps `top` candidates.
    pub(crate) fn decide(
        self,
        limit: MatchLimit,
        margin: Distance,
        model: ModelId,
        top: NonZeroUsize,
    ) -> Verdict {
        let Self { nearest, others, users_compared, exact } = self;
        // A distance equal to the threshold is within it, as calibrations count their rates.
        let within = |distance: Distance| distance <= limit.threshold;
        let second = others.first().map(|second| second.distance);
        let ahead = second
            .and_then(|second| Distance::new((second.value() - nearest.distance.value()).max(0.0)).ok());
        // A runner-up beyond the threshold is no rival. Strictly less, so that a margin of 0 never makes it
        // ambiguous.
        let too_close = second.is_some_and(within) && ahead.is_some_and(|ahead| ahead < margin);
        let decision = match (within(nearest.distance), too_close) {
            (false, _) => Decision::NoMatch,
            (true, true) => Decision::Ambiguous,
            (true, false) => Decision::Match,
        };
        let candidates = std::iter::once(nearest.clone()).chain(others).take(top.get()).collect();
        let (margin, limit_of_one_sample) = (ahead, limit);
        Verdict {
            decision,
            nearest,
            candidates,
            margin,
            limit,
            limit_of_one_sample,
            model,
            users_compared,
            exact,
        }
    }
}

#[cfg(test)]
mod tests;
