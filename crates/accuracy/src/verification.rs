//! Verification (1:1) in numbers: what a set of comparisons says of the model.

use serde::{Deserialize, Serialize};

use crate::comparisons::Compared;
use crate::statistics::{
    BestThreshold, EqualError, FoldedAccuracy, Histogram, Labelled, OperatingPoint, Proportion, RocPoint,
    Scores, TargetRate, area_under_curve, best_threshold, equal_error, folded_accuracy, roc,
};

/// The false accept rates at which false rejects are reported.
pub const TARGETS: [TargetRate; 5] = [
    TargetRate::one_in(10),
    TargetRate::one_in(100),
    TargetRate::one_in(1000),
    TargetRate::one_in(10_000),
    TargetRate::one_in(100_000),
];

/// Thresholds at which both rates are reported, in hundredths; finer where models with a factor decide.
pub const THRESHOLDS: [u8; 14] = [30, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 50, 55, 60];

/// All that is reported of one set of comparisons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Comparisons of one person's pictures.
    pub genuine: usize,
    /// Comparisons of two persons' pictures.
    pub impostor: usize,
    /// Genuine comparisons that could not be made, because a picture gave no embedding.
    pub lost_genuine: usize,
    /// Likewise impostor comparisons.
    pub lost_impostor: usize,
    /// Both rates at fixed thresholds.
    pub thresholds: Vec<RatesAt>,
    /// False rejects at wanted rates of false accepts; those for which there are no comparisons at all are
    /// left out.
    pub operating_points: Vec<OperatingPoint>,
    /// Where both rates meet.
    pub equal_error: EqualError,
    /// Area under the ROC curve.
    pub area_under_curve: f64,
    /// The share of pairs decided rightly, for labelled pairs.
    pub accuracy: Option<Accuracy>,
    /// The curve.
    pub roc: Vec<RocPoint>,
    /// The spread of the distances.
    pub histogram: Histogram,
}

/// Both error rates at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RatesAt {
    /// The largest distance that is accepted.
    pub threshold: f32,
    /// Impostors accepted.
    pub far: Proportion,
    /// Rightful persons refused.
    pub frr: Proportion,
}

/// Pairs decided rightly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// With the threshold that is best on these very pairs: too good by a little.
    pub best: BestThreshold,
    /// With thresholds chosen on other folds, where there are folds.
    pub folds: Option<FoldedAccuracy>,
}

impl Verification {
    /// Counts everything; `pairs` are the labelled pairs, empty when there are none.
    #[must_use]
    pub fn from_comparisons(compared: &Compared, pairs: &[Labelled]) -> Self {
        let scores = &compared.scores;
        Self {
            genuine: scores.genuine().len(),
            impostor: scores.impostor().len(),
            lost_genuine: compared.lost_genuine,
            lost_impostor: compared.lost_impostor,
            thresholds: rates(scores),
            operating_points: OperatingPoint::find_all(scores, &TARGETS),
            equal_error: equal_error(scores),
            area_under_curve: area_under_curve(scores),
            accuracy: (!pairs.is_empty()).then(|| Accuracy {
                best: best_threshold(pairs.iter().copied()),
                folds: folded_accuracy(pairs),
            }),
            roc: roc(scores),
            histogram: Histogram::count(scores),
        }
    }
}

impl RatesAt {
    /// Both rates of the scores at a threshold.
    #[must_use]
    pub fn at(scores: &Scores, threshold: f32) -> Self {
        Self { threshold, far: scores.far(threshold), frr: scores.frr(threshold) }
    }
}

/// Both rates at [`THRESHOLDS`].
pub(crate) fn rates(scores: &Scores) -> Vec<RatesAt> {
    THRESHOLDS.into_iter().map(|hundredths| RatesAt::at(scores, f32::from(hundredths) / 100.0)).collect()
}
