//! How the distances are spread.

use serde::{Deserialize, Serialize};

use super::Scores;

/// Distances a bin.
const WIDTH: f32 = 0.02;

/// Counts of genuine and impostor distances in bins of one width, from distance 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Width of a bin.
    pub width: f32,
    /// Genuine comparisons in each bin.
    pub genuine: Vec<usize>,
    /// Impostor comparisons in each bin; as many bins.
    pub impostor: Vec<usize>,
}

impl Histogram {
    /// Counts all finite distances.
    #[must_use]
    pub fn count(scores: &Scores) -> Self {
        // Infinity, for what no threshold accepts, sorts last and has no bin.
        let last = |distances: &[f32]| distances.iter().rev().copied().find(|d| d.is_finite()).unwrap_or(0.0);
        let largest = last(scores.genuine()).max(last(scores.impostor()));
        let bins = (largest / WIDTH) as usize + 1;
        let count = |distances: &[f32]| {
            let mut counts = vec![0; bins];
            for distance in distances.iter().filter(|d| d.is_finite()) {
                if let Some(count) = counts.get_mut((distance / WIDTH) as usize) {
                    *count += 1;
                }
            }
            counts
        };
        Self { width: WIDTH, genuine: count(scores.genuine()), impostor: count(scores.impostor()) }
    }
}
