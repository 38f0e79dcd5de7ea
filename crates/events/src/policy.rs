//! When two faces are taken for the same person's, unless an event has a rule of its own.

use embedding::{Distance, Metric};
use embedding_store::MatchRule;

/// Largest unit distance that is a match unless configured otherwise; a
/// [`Confidence`](embedding::Confidence) of 60 %.
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

/// The same for raw distances, as programs built on dlib have it: with one crop, 1 stranger in 185
/// comparisons is accepted and 2.2 % of the rightful persons are refused (docs/ACCURACY.md).
pub const DEFAULT_RAW_THRESHOLD: f32 = 0.6;

/// How much nearer the first user must be than the second, unless configured otherwise.
pub const DEFAULT_MARGIN: f32 = 0.02;

/// When two faces are taken for the same person's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchPolicy {
    /// How near is near enough, where an event does not say: in the scale of the service's model and of
    /// `metric`.
    pub rule: MatchRule,
    /// When two users are both near enough and their distances are less than this apart, the face is nobody's:
    /// [`Decision::Ambiguous`](crate::Decision::Ambiguous). 0 takes the nearest in any case.
    pub margin: Distance,
    /// Which vectors are compared.
    pub metric: Metric,
}

impl Default for MatchPolicy {
    /// [`DEFAULT_THRESHOLD`] and [`DEFAULT_MARGIN`], between unit vectors.
    fn default() -> Self {
        Self::fixed(distance(DEFAULT_THRESHOLD))
    }
}

impl MatchPolicy {
    /// A threshold between unit vectors, with [`DEFAULT_MARGIN`].
    #[must_use]
    pub fn fixed(threshold: Distance) -> Self {
        Self { rule: MatchRule::Threshold(threshold), margin: distance(DEFAULT_MARGIN), metric: Metric::Unit }
    }

    /// [`DEFAULT_RAW_THRESHOLD`] between raw vectors, as programs built on dlib decide. The margin is 0: they
    /// know none.
    #[must_use]
    pub fn raw() -> Self {
        Self {
            rule: MatchRule::Threshold(distance(DEFAULT_RAW_THRESHOLD)),
            margin: Distance::ZERO,
            metric: Metric::Raw,
        }
    }
}

/// A distance among the constants above.
fn distance(value: f32) -> Distance {
    Distance::new(value).unwrap_or_else(|_| unreachable!("finite and not negative"))
}
