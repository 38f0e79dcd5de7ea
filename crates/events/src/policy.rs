//! When two faces are taken for the same person's, unless an event has a rule of its own.

use embedding::{Distance, DistanceScale, Metric};
use embedding_store::MatchRule;

/// Largest distance between unit vectors that is a match where a fixed one is asked for, and beyond which no
/// target goes: [`Metric::default_threshold`] has its error rates.
pub const DEFAULT_THRESHOLD: f32 = Metric::Unit.default_threshold().value();

/// The same for raw distances.
pub const DEFAULT_RAW_THRESHOLD: f32 = Metric::Raw.default_threshold().value();

/// How much nearer the first user must be than the second, unless configured otherwise.
pub const DEFAULT_MARGIN: f32 = 0.02;

/// When two faces are taken for the same person's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchPolicy {
    /// How near is near enough, where an event does not say.
    pub rule: MatchRule,
    /// When two users are both near enough and their distances are less than this apart, the face is nobody's:
    /// [`Decision::Ambiguous`](crate::Decision::Ambiguous). 0 takes the nearest in any case.
    pub margin: Distance,
    /// On which scale the distances are.
    pub scale: DistanceScale,
}

impl Default for MatchPolicy {
    /// [`DEFAULT_THRESHOLD`] and [`DEFAULT_MARGIN`], between unit vectors.
    fn default() -> Self {
        Self::fixed(Metric::Unit.default_threshold())
    }
}

impl MatchPolicy {
    /// A threshold between unit vectors, with [`DEFAULT_MARGIN`].
    #[must_use]
    pub fn fixed(threshold: Distance) -> Self {
        Self {
            rule: MatchRule::Threshold(threshold),
            margin: distance(DEFAULT_MARGIN),
            scale: DistanceScale::UNIT,
        }
    }

    /// [`DEFAULT_RAW_THRESHOLD`] between raw vectors, as programs built on dlib decide. The margin is 0: they
    /// know none.
    #[must_use]
    pub fn raw() -> Self {
        Self {
            rule: MatchRule::Threshold(Metric::Raw.default_threshold()),
            margin: Distance::ZERO,
            scale: DistanceScale::RAW,
        }
    }
}

/// The largest distance that a target may come to: the fixed one of the metric, so that a comparison with one
/// person is never laxer than that.
pub(crate) fn largest_of_target(metric: Metric) -> Distance {
    metric.default_threshold()
}

/// A distance among the constants above.
fn distance(value: f32) -> Distance {
    Distance::new(value).unwrap_or_else(|_| unreachable!("finite and not negative"))
}
