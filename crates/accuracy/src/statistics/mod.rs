//! Error rates from distances, exact by sorting.
//!
//! Throughout, a comparison is *accepted* at a threshold when its distance is at or below it, as in the
//! product. FAR (false accept rate, per comparison the same as the false match rate) is the accepted share
//! of the impostor comparisons; FRR (false reject rate) the refused share of the genuine ones.

mod best_threshold;
mod curve;
mod folds;
mod histogram;
mod operating_point;
mod proportion;
mod scores;

pub use best_threshold::{BestThreshold, Labelled, accuracy_at, best_threshold};
pub use curve::{EqualError, RocPoint, area_under_curve, equal_error, roc};
pub use folds::{FoldedAccuracy, blocks, folded_accuracy};
pub use histogram::Histogram;
pub use operating_point::{OperatingPoint, TargetRate};
pub use proportion::Proportion;
pub use scores::{ScoreError, Scores};

#[cfg(test)]
mod tests;
