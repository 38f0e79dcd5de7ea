//! The distances of all comparisons, sorted.

use super::Proportion;

/// Distances of genuine comparisons (one person) and impostor comparisons (two persons), each sorted.
///
/// Invariant: there is at least one of each, and none is NaN; infinity stands for a comparison that no
/// threshold accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
}

/// Why distances give no scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// One kind has no comparisons.
    #[error("{genuine} genuine and {impostor} impostor comparisons: both are needed")]
    Missing {
        /// Genuine comparisons.
        genuine: usize,
        /// Impostor comparisons.
        impostor: usize,
    },
    /// A distance is NaN.
    #[error("a distance is not a number")]
    NotANumber,
}

impl Scores {
    /// Takes the distances, in any order.
    ///
    /// # Errors
    /// [`ScoreError`] when they break the invariant.
    pub fn new(mut genuine: Vec<f32>, mut impostor: Vec<f32>) -> Result<Self, ScoreError> {
        if genuine.is_empty() || impostor.is_empty() {
            return Err(ScoreError::Missing { genuine: genuine.len(), impostor: impostor.len() });
        }
        // NaN has no place in an order: searching the sorted lists would give wrong counts without a sign.
        if genuine.iter().chain(&impostor).any(|distance| distance.is_nan()) {
            return Err(ScoreError::NotANumber);
        }
        genuine.sort_unstable_by(f32::total_cmp);
        impostor.sort_unstable_by(f32::total_cmp);
        Ok(Self { genuine, impostor })
    }

    /// Distances of one person's pictures, ascending.
    #[must_use]
    pub fn genuine(&self) -> &[f32] {
        &self.genuine
    }

    /// Distances of two persons' pictures, ascending.
    #[must_use]
    pub fn impostor(&self) -> &[f32] {
        &self.impostor
    }

    /// The impostor comparisons accepted at a threshold.
    #[must_use]
    pub fn far(&self, threshold: f32) -> Proportion {
        Proportion { count: accepted(&self.impostor, threshold), of: self.impostor.len() }
    }

    /// The genuine comparisons refused at a threshold.
    #[must_use]
    pub fn frr(&self, threshold: f32) -> Proportion {
        let of = self.genuine.len();
        Proportion { count: of - accepted(&self.genuine, threshold), of }
    }
}

/// How many of the ascending distances are at or below the threshold.
fn accepted(distances: &[f32], threshold: f32) -> usize {
    distances.partition_point(|&distance| distance <= threshold)
}
