//! From a rule to the distance it allows in an event of some size.

use std::sync::Arc;

use embedding::{Distance, DistanceScale, ModelId};
use embedding_store::{FalseMatchRate, MatchRule};

use crate::MatchPolicy;
use crate::calibration::{Calibration, ThresholdBasis};
use crate::policy::largest_of_target;

/// What a rule comes to for a number of comparisons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchLimit {
    /// The rule.
    pub rule: MatchRule,
    /// A match is at most this far away.
    pub threshold: Distance,
    /// What the threshold rests on.
    pub basis: ThresholdBasis,
    /// How often a search for a stranger is expected to have somebody within the threshold, 0 to 1, were every user
    /// enrolled with as many samples as the nearest; `None` where nothing was measured: without a calibration, or
    /// with a threshold beyond it.
    pub expected_false_match_rate: Option<f64>,
}

impl MatchLimit {
    /// Whether the rule is a fixed threshold by which more strangers than [`MANY_STRANGERS`] are expected to be named.
    #[must_use]
    pub fn names_many_strangers(&self) -> bool {
        self.basis == ThresholdBasis::Fixed
            && self.expected_false_match_rate.is_some_and(|rate| rate > MANY_STRANGERS)
    }
}

/// The share of strangers from which on a fixed threshold is warned of.
pub const MANY_STRANGERS: f64 = 0.05;

/// Why a rule cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A target needs a calibration of the model, the number of crops and the metric in use.
    #[error(
        "a target false match rate of {:e} needs a calibration of this model, number of crops and metric, and \
         there is none: give a threshold",
        target.value()
    )]
    NotCalibrated {
        /// The target.
        target: FalseMatchRate,
    },
    /// Not even an event of one user could be shown to keep to the target.
    #[error("a target false match rate of {:e} is below the lowest that was measured, {lowest:e}", target.value())]
    TargetTooLow {
        /// The target.
        target: FalseMatchRate,
        /// The lowest measured rate, of one comparison.
        lowest: f64,
    },
    /// At such a distance most strangers are within the threshold.
    #[error(
        "a threshold of {threshold} decides nothing: up to {largest} was measured, where half the strangers match"
    )]
    ThresholdTooLarge {
        /// The threshold.
        threshold: Distance,
        /// The largest measured distance.
        largest: f32,
    },
    /// The rule is one of a later version.
    #[error("the rule is of a kind that this program does not know")]
    Unknown,
    /// The calibration given is not one of the service's distances.
    #[error("the calibration is of another model or scale than the distances of the service")]
    OtherCalibration,
}

/// What a distance of one sample comes to for a template of so many: see [`Calibration::several`].
fn nearer(several: f64, samples: u32) -> f64 {
    // The root, since `several` is a share of squared distances.
    (1.0 - several * (1.0 - 1.0 / f64::from(samples.max(1)))).sqrt()
}

/// The policy with the calibration that it is applied by.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    policy: MatchPolicy,
    calibration: Option<Arc<Calibration>>,
}

impl Limits {
    /// Takes the policy of a service.
    ///
    /// # Errors
    /// [`RuleError`] when the policy's own rule cannot be kept, or the calibration is of other distances.
    pub(crate) fn new(
        model: &ModelId,
        policy: MatchPolicy,
        calibration: Option<Arc<Calibration>>,
    ) -> Result<Self, RuleError> {
        if let Some(calibration) = &calibration {
            let setting = calibration.setting();
            if setting.model != *model || setting.scale != policy.scale {
                return Err(RuleError::OtherCalibration);
            }
        }
        let limits = Self { policy, calibration };
        limits.check(policy.rule)?;
        Ok(limits)
    }

    pub(crate) fn are_calibrated(&self) -> bool {
        self.calibration.is_some()
    }

    pub(crate) fn margin(&self) -> Distance {
        self.policy.margin
    }

    pub(crate) fn scale(&self) -> DistanceScale {
        self.policy.scale
    }

    pub(crate) fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_deref()
    }

    /// By how much a distance to a template of so many samples is smaller than to one of a single one.
    pub(crate) fn nearer(&self, samples: u32) -> f64 {
        self.calibration().map_or(1.0, |calibration| nearer(calibration.several(), samples))
    }

    /// Whether a rule may be set.
    pub(crate) fn check(&self, rule: MatchRule) -> Result<(), RuleError> {
        match rule {
            MatchRule::Threshold(threshold) => {
                let largest = self.calibration.as_ref().and_then(|calibration| calibration.points().last());
                match largest.map(|point| point.distance) {
                    Some(largest) if threshold.value() > largest => {
                        Err(RuleError::ThresholdTooLarge { threshold, largest })
                    }
                    Some(_) | None => Ok(()),
                }
            }
            MatchRule::TargetFalseMatchRate(target) => {
                let calibration = self.calibration.as_ref().ok_or(RuleError::NotCalibrated { target })?;
                match calibration.points().first() {
                    Some(lowest) if target.value() < lowest.fmr => {
                        Err(RuleError::TargetTooLow { target, lowest: lowest.fmr })
                    }
                    Some(_) | None => Ok(()),
                }
            }
            _ => Err(RuleError::Unknown),
        }
    }

    /// What a rule, or without one that of the policy, comes to for so many comparisons with templates of so
    /// many samples each.
    ///
    /// The rates of the comparisons add up at most, however they depend on each other: among `n` users a share
    /// of at most `n` times the rate of one comparison is named.
    pub(crate) fn limit_for(
        &self,
        rule: Option<MatchRule>,
        comparisons: usize,
        samples: u32,
    ) -> Result<MatchLimit, RuleError> {
        let rule = rule.unwrap_or(self.policy.rule);
        // An event without users has a limit to show as well: that of a single user.
        let comparisons = comparisons.max(1) as f64;
        let calibration = self.calibration.as_deref();
        let (threshold, basis) = match rule {
            // Not scaled for several samples: whoever names a distance gets that one.
            MatchRule::Threshold(threshold) => (threshold, ThresholdBasis::Fixed),
            MatchRule::TargetFalseMatchRate(target) => {
                let calibration = calibration.ok_or(RuleError::NotCalibrated { target })?;
                let (of_one, basis) = calibration.safe_threshold_for(target.value() / comparisons);
                // Capped before it is scaled for the samples, since the fixed threshold too is for one sample.
                let largest = largest_of_target(self.policy.scale.metric());
                let (of_one, basis) =
                    if of_one > largest { (largest, ThresholdBasis::Capped) } else { (of_one, basis) };
                (scaled(of_one, nearer(calibration.several(), samples)), basis)
            }
            _ => return Err(RuleError::Unknown),
        };
        let of_one = match basis {
            // Beyond the table whatever the rounding says.
            ThresholdBasis::BelowMeasured => None,
            ThresholdBasis::Fixed
            | ThresholdBasis::Measured
            | ThresholdBasis::AboveMeasured
            | ThresholdBasis::Capped => {
                calibration.and_then(|calibration| rate_of(calibration, threshold, samples))
            }
        };
        // 1 - (1 - rate)^n, without losing the digits of a small rate.
        let expected = of_one.map(|rate| -(comparisons * (-rate).ln_1p()).exp_m1());
        Ok(MatchLimit { rule, threshold, basis, expected_false_match_rate: expected })
    }
}

/// The rate of one comparison with a template of so many samples; a table's end is met by its rounding, too.
fn rate_of(calibration: &Calibration, threshold: Distance, samples: u32) -> Option<f64> {
    let of_one = scaled(threshold, 1.0 / nearer(calibration.several(), samples));
    let (first, last) = (calibration.points().first()?, calibration.points().last()?);
    // Scaled by a factor and its inverse in `f32`, whose last place is 6e-8 near 0.5: some of them are allowed.
    let end = |measured: f32| (of_one.value() - measured).abs() <= 1e-6;
    if end(first.distance) {
        return Some(first.fmr);
    }
    if end(last.distance) {
        return Some(last.fmr);
    }
    calibration.fmr_at(of_one).ok()
}

pub(crate) fn scaled(distance: Distance, by: f64) -> Distance {
    if by == 1.0 {
        return distance;
    }
    Distance::new((f64::from(distance.value()) * by) as f32).unwrap_or(distance)
}

#[cfg(test)]
mod tests;
