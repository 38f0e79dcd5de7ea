//! From a distance to a decision: the policy, and the verdict on one face.

use embedding::{Confidence, Distance};
use embedding_store::Username;

use crate::Nearest;

/// Largest unit distance that is a match unless configured otherwise; a [`Confidence`] of 60 %.
///
/// It belongs to dlib's ResNet with embeddings averaged over 4 crops. Measured on LFW, one picture a
/// person, over every pair of 7,701 pictures (8,038 of one person, 29.3 million of two):
///
/// | distance | strangers accepted, per comparison | rightful persons refused |
/// |---|---|---|
/// | 0.335 | 1 in 10,000 | 18 % |
/// | 0.375 | 1 in 1,000 | 5.1 % |
/// | 0.43 | 1 in 100 | |
///
/// 0.4 lies between the last two, at about 4 strangers in 1,000 comparisons. A search makes one
/// comparison for each user of the event: among N users a stranger is named with probability
/// `1 - (1 - rate)^N`. With three pictures a person, 0.352 accepts 1 stranger in 1,000 and refuses 1.0 %.
/// The old raw distance of 0.6 is about 0.42 here.
pub const DEFAULT_THRESHOLD: f32 = 0.4;

/// When two faces are taken for the same person's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchPolicy {
    /// A match is at most this far away, in the unit distance of the service's model.
    pub threshold: Distance,
}

impl Default for MatchPolicy {
    /// [`DEFAULT_THRESHOLD`].
    fn default() -> Self {
        let threshold =
            Distance::new(DEFAULT_THRESHOLD).unwrap_or_else(|_| unreachable!("0.4 is a distance"));
        Self { threshold }
    }
}

impl MatchPolicy {
    /// Decides on the nearest user, by the unrounded distance.
    #[must_use]
    pub(crate) fn decide(&self, search: Search) -> Verdict {
        let Search { nearest, users_compared, exact } = search;
        let decision = if nearest.distance <= self.threshold { Decision::Match } else { Decision::NoMatch };
        Verdict { decision, nearest, threshold: self.threshold, users_compared, exact }
    }
}

/// What was found among the users of an event.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) nearest: Nearest,
    pub(crate) users_compared: usize,
    pub(crate) exact: bool,
}

/// Whether the nearest user is near enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is that user.
    Match,
    /// It is nobody of the event.
    NoMatch,
}

impl Decision {
    /// `match` or `no_match`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NoMatch => "no_match",
        }
    }
}

/// What came of searching an event for a face.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it is the nearest user.
    pub decision: Decision,
    /// The nearest user, near enough or not.
    pub nearest: Nearest,
    /// The distance that was allowed.
    pub threshold: Distance,
    /// How many users the face was compared with: all of the event.
    pub users_compared: usize,
    /// Whether no other user can be nearer. Always so of an event in memory; an event that is searched in
    /// the store by an approximate index may have a nearer user whom the index passed over.
    pub exact: bool,
}

impl Verdict {
    /// Whose face it is; `None` when it is nobody's.
    #[must_use]
    pub fn matched(&self) -> Option<&Username> {
        match self.decision {
            Decision::Match => Some(&self.nearest.user),
            Decision::NoMatch => None,
        }
    }

    /// The percentage shown for the nearest user's distance; not a probability.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.nearest.distance.confidence()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(distance: f32) -> Verdict {
        let user = Username::new("ada").unwrap();
        let nearest = Nearest { user, distance: Distance::new(distance).unwrap() };
        MatchPolicy::default().decide(Search { nearest, users_compared: 3, exact: true })
    }

    #[test]
    fn the_threshold_itself_is_a_match_and_the_next_number_is_none() {
        assert_eq!(verdict(DEFAULT_THRESHOLD).matched().map(Username::as_str), Some("ada"));
        assert_eq!(verdict(DEFAULT_THRESHOLD).confidence().percent(), 60.0);
        let beyond = verdict(DEFAULT_THRESHOLD.next_up());
        assert_eq!((beyond.decision, beyond.matched()), (Decision::NoMatch, None));
        assert!(beyond.confidence().percent() < 60.0);
    }
}
