//! The ROC curve, the area under it, and where both errors are equal.

use serde::{Deserialize, Serialize};

use super::{OperatingPoint, Proportion, Scores, TargetRate};

/// Rates at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// False accept rate, over 0.
    pub far: f64,
    /// False reject rate.
    pub frr: f64,
    /// The threshold.
    pub threshold: f32,
}

/// Steps of the curve within a factor of ten, in hundredths.
const STEPS: [u64; 14] = [100, 112, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 700, 850];

/// The curve by rising false accept rate, some points for each power of ten, from the lowest rate that has
/// an impostor behind it.
#[must_use]
pub fn roc(scores: &Scores) -> Vec<RocPoint> {
    let mut points: Vec<RocPoint> = Vec::new();
    for power in (0..=9).rev() {
        for step in STEPS {
            let target = TargetRate { accepted: step, of: 1000 * 10_u64.pow(power) };
            let Some(found) = OperatingPoint::find(scores, target) else { continue };
            let point =
                RocPoint { far: found.far.share(), frr: found.frr.share(), threshold: found.threshold };
            // Where distances are equal, several targets have one threshold: each point once.
            if point.far > points.last().map_or(0.0, |last| last.far) {
                points.push(point);
            }
        }
    }
    points
}

/// The area under the ROC curve: the chance that a genuine comparison is nearer than an impostor one, equal
/// distances counted half (the Mann-Whitney statistic).
#[must_use]
pub fn area_under_curve(scores: &Scores) -> f64 {
    let impostors = scores.impostor();
    // Counted by searching the sorted impostors for each genuine distance: the pairs of both can be a
    // billion.
    let (mut nearer, mut equal) = (0_u64, 0_u64);
    for &genuine in scores.genuine() {
        let below = impostors.partition_point(|&impostor| impostor < genuine);
        let up_to = impostors.partition_point(|&impostor| impostor <= genuine);
        nearer += (impostors.len() - up_to) as u64;
        equal += (up_to - below) as u64;
    }
    let all = scores.genuine().len() as f64 * impostors.len() as f64;
    (nearer as f64 + equal as f64 / 2.0) / all
}

/// Where the two error rates meet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EqualError {
    /// The mean of both rates at the threshold; they are as near to each other there as the data lets them.
    pub rate: f64,
    /// The threshold.
    pub threshold: f32,
    /// Impostors accepted.
    pub far: Proportion,
    /// Rightful persons refused.
    pub frr: Proportion,
}

/// The threshold among the measured distances where the two error rates are nearest to each other.
#[must_use]
pub fn equal_error(scores: &Scores) -> EqualError {
    let at = |threshold: f32| {
        let (far, frr) = (scores.far(threshold), scores.frr(threshold));
        EqualError { rate: (far.share() + frr.share()) / 2.0, threshold, far, frr }
    };
    let apart = |point: &EqualError| (point.far.share() - point.frr.share()).abs();
    // The difference of the rates rises with the threshold, so each list has one place where it turns, and
    // the nearest point is at one of the two places or just before.
    let near = [scores.genuine(), scores.impostor()].into_iter().flat_map(|distances| {
        let turn = distances.partition_point(|&d| scores.far(d).share() < scores.frr(d).share());
        [turn.checked_sub(1), Some(turn)].into_iter().flatten().filter_map(|place| distances.get(place))
    });
    let nearest = near.map(|&threshold| at(threshold)).min_by(|a, b| apart(a).total_cmp(&apart(b)));
    nearest.unwrap_or_else(|| at(f32::INFINITY))
}
