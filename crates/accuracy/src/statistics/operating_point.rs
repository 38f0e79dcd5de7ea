//! The threshold that keeps false accepts at a wanted rate, and what it costs in false rejects.

use serde::{Deserialize, Serialize};

use super::{Proportion, Scores};

/// With fewer impostors expected to be accepted, the rate is hardly measured.
const ENOUGH: u64 = 10;

/// A wanted false accept rate as a fraction of whole numbers, so that counting is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRate {
    /// So many accepted ...
    pub accepted: u64,
    /// ... out of so many impostor comparisons.
    pub of: u64,
}

impl TargetRate {
    /// One out of so many.
    #[must_use]
    pub const fn one_in(of: u64) -> Self {
        Self { accepted: 1, of }
    }

    /// The rate, 0 to 1.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.accepted as f64 / self.of as f64
    }

    /// How many of that many impostor comparisons may be accepted, rounded down.
    #[must_use]
    pub fn allowed(self, impostors: usize) -> u64 {
        // Wide enough for the product of any two counts.
        let allowed = impostors as u128 * u128::from(self.accepted) / u128::from(self.of.max(1));
        u64::try_from(allowed).unwrap_or(u64::MAX)
    }
}

/// The most permissive threshold whose false accept rate is at most the target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// The false accept rate wanted.
    pub target: TargetRate,
    /// The largest distance that is accepted.
    pub threshold: f32,
    /// Impostors accepted at the threshold.
    pub far: Proportion,
    /// Rightful persons refused at the threshold.
    pub frr: Proportion,
    /// Whether the target allows ten impostors or more among those compared. With fewer, the threshold
    /// hangs on a handful of pictures.
    pub enough_comparisons: bool,
}

impl OperatingPoint {
    /// The points of those targets that have one.
    #[must_use]
    pub fn find_all(scores: &Scores, targets: &[TargetRate]) -> Vec<Self> {
        targets.iter().filter_map(|&target| Self::find(scores, target)).collect()
    }

    /// Looks for the point; `None` when there are too few impostors for the target to allow even one, or
    /// when it allows all of them.
    #[must_use]
    pub fn find(scores: &Scores, target: TargetRate) -> Option<Self> {
        let impostors = scores.impostor();
        let allowed = target.allowed(impostors.len());
        if allowed == 0 {
            return None;
        }
        // The first impostor that must be refused, and with it everyone as far away.
        let refused = *impostors.get(usize::try_from(allowed).ok()?)?;
        // Distances at the threshold are accepted, so it is the next number below the first that must not
        // be.
        let threshold = refused.next_down();
        Some(Self {
            target,
            threshold,
            far: scores.far(threshold),
            frr: scores.frr(threshold),
            enough_comparisons: allowed >= ENOUGH,
        })
    }
}
