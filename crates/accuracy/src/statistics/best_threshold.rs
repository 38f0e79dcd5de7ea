//! The threshold that decides most pairs rightly.

use serde::{Deserialize, Serialize};

use super::Proportion;

/// A compared pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Labelled {
    /// How far its pictures are apart; not NaN.
    pub distance: f32,
    /// Whether they show one person.
    pub same: bool,
    /// The fold that it belongs to, where there are folds.
    pub fold: Option<usize>,
}

/// A threshold, and how many pairs it decides rightly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BestThreshold {
    /// The largest distance that is accepted.
    pub threshold: f32,
    /// Pairs decided rightly, out of all.
    pub right: Proportion,
}

/// The threshold that decides most pairs rightly: midway between two neighbouring distances, or the largest
/// distance; among equally good ones the strictest. It is below all distances when refusing all is best.
#[must_use]
pub fn best_threshold(pairs: impl IntoIterator<Item = Labelled>) -> BestThreshold {
    let mut pairs: Vec<Labelled> = pairs.into_iter().collect();
    pairs.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance));
    let of = pairs.len();
    let lowest = pairs.first().map_or(0.0, |pair| pair.distance.next_down());
    let mut right = pairs.iter().filter(|pair| !pair.same).count();
    let mut best = BestThreshold { threshold: lowest, right: Proportion { count: right, of } };
    let mut rest = pairs.as_slice();
    while let [first, ..] = rest {
        // Equal distances together: no threshold accepts one of them and refuses another.
        let (equal, further) = rest.split_at(rest.partition_point(|pair| pair.distance <= first.distance));
        for pair in equal {
            // From here on the pair is accepted.
            right = if pair.same { right + 1 } else { right - 1 };
        }
        // Only if better, so that the strictest of equally good thresholds stays.
        if right > best.right.count {
            let next = further.first().map_or(first.distance, |pair| pair.distance);
            best = BestThreshold {
                threshold: midway(first.distance, next),
                right: Proportion { count: right, of },
            };
        }
        rest = further;
    }
    best
}

/// How many pairs a threshold decides rightly.
#[must_use]
pub fn accuracy_at(threshold: f32, pairs: impl IntoIterator<Item = Labelled>) -> Proportion {
    let mut right = Proportion::default();
    pairs.into_iter().for_each(|pair| right.add((pair.distance <= threshold) == pair.same));
    right
}

/// At or above `lower`, and below `upper` where that is larger.
fn midway(lower: f32, upper: f32) -> f32 {
    let middle = lower + (upper - lower) / 2.0;
    if middle.is_finite() && middle < upper { middle } else { lower }
}
