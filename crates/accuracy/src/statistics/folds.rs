//! Accuracy where each pair is decided by a threshold that was chosen without it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Labelled, accuracy_at, best_threshold};

/// Accuracy over folds: each fold decided by the threshold that is best on all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldedAccuracy {
    /// Mean of the folds' accuracies.
    pub mean: f64,
    /// Their standard deviation (of a sample: divided by one less than the folds).
    pub deviation: f64,
    /// The threshold that each fold was decided by, in the order of their numbers.
    pub thresholds: Vec<f32>,
    /// Each fold's accuracy.
    pub accuracies: Vec<f64>,
}

/// Decides fold after fold. Pairs without a fold only help to choose thresholds. `None` with fewer than two
/// folds.
#[must_use]
pub fn folded_accuracy(pairs: &[Labelled]) -> Option<FoldedAccuracy> {
    let folds: BTreeSet<usize> = pairs.iter().filter_map(|pair| pair.fold).collect();
    if folds.len() < 2 {
        return None;
    }
    let (mut thresholds, mut accuracies) = (Vec::new(), Vec::new());
    for fold in folds {
        let (own, others): (Vec<Labelled>, Vec<Labelled>) =
            pairs.iter().partition(|pair| pair.fold == Some(fold));
        let threshold = best_threshold(others).threshold;
        thresholds.push(threshold);
        accuracies.push(accuracy_at(threshold, own).share());
    }
    let count = accuracies.len() as f64;
    let mean = accuracies.iter().sum::<f64>() / count;
    let squares: f64 = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
    Some(FoldedAccuracy { mean, deviation: (squares / (count - 1.0)).sqrt(), thresholds, accuracies })
}

/// Puts the pairs into that many folds: blocks in their order, the genuine and the impostor ones each for
/// themselves. Pairs of one person follow each other in most files, so a block keeps most of them together.
pub fn blocks(pairs: &mut [Labelled], folds: usize) {
    for same in [true, false] {
        let count = pairs.iter().filter(|pair| pair.same == same).count();
        for (place, pair) in pairs.iter_mut().filter(|pair| pair.same == same).enumerate() {
            // Blocks whose sizes differ by one at most, none empty where there are as many pairs of the
            // kind as folds.
            pair.fold = Some(place * folds / count);
        }
    }
}
