//! From a rule to the distance it allows in an event of some size.

use std::sync::Arc;

use embedding::{Distance, Metric, ModelId};
use embedding_store::{FalseMatchRate, MatchRule};

use crate::{Calibration, MatchPolicy};

/// What a rule comes to for a number of comparisons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchLimit {
    /// The rule.
    pub rule: MatchRule,
    /// A match is at most this far away.
    pub threshold: Distance,
    /// What the threshold rests on.
    pub basis: ThresholdBasis,
    /// How often a search for a stranger is expected to have somebody within the threshold, 0 to 1; `None`
    /// where nothing was measured: without a calibration, or with a threshold beyond it.
    pub expected_false_match_rate: Option<f64>,
}

/// What a threshold rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThresholdBasis {
    /// The rule names it.
    Fixed,
    /// The rate that the target allows a comparison was measured.
    Measured,
    /// The target allows less than was ever measured: so many users want more data. The threshold continues
    /// the measured ones on the safe side (see [`Calibration::safe_threshold_for`]).
    BelowMeasured,
    /// The target allows more than was measured. The threshold is the largest measured one.
    AboveMeasured,
}

impl ThresholdBasis {
    /// `fixed`, `measured`, `below_measured` or `above_measured`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Measured => "measured",
            Self::BelowMeasured => "below_measured",
            Self::AboveMeasured => "above_measured",
        }
    }
}

/// Why a rule cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A target needs a calibration of the model, the number of crops and the metric in use.
    #[error(
        "a target false match rate of {} needs a calibration of this model, number of crops and metric, and \
         there is none: give a threshold",
        target.value()
    )]
    NotCalibrated {
        /// The target.
        target: FalseMatchRate,
    },
    /// Not even an event of one user could be shown to keep to the target.
    #[error("a target false match rate of {} is below the lowest that was measured, {lowest:e}", target.value())]
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
    #[error("the calibration is of another model or metric than the service")]
    OtherCalibration,
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
            if setting.model != *model || setting.metric != policy.metric {
                return Err(RuleError::OtherCalibration);
            }
        }
        let limits = Self { policy, calibration };
        limits.check(policy.rule)?;
        Ok(limits)
    }

    pub(crate) fn margin(&self) -> Distance {
        self.policy.margin
    }

    pub(crate) fn metric(&self) -> Metric {
        self.policy.metric
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

    /// What a rule, or without one that of the policy, comes to for so many comparisons.
    ///
    /// The rates of the comparisons add up at most, however they depend on each other: among `n` users a share
    /// of at most `n` times the rate of one comparison is named.
    pub(crate) fn of(&self, rule: Option<MatchRule>, comparisons: usize) -> Result<MatchLimit, RuleError> {
        let rule = rule.unwrap_or(self.policy.rule);
        let comparisons = comparisons.max(1) as f64;
        let calibration = self.calibration.as_deref();
        let (threshold, basis) = match rule {
            MatchRule::Threshold(threshold) => (threshold, ThresholdBasis::Fixed),
            MatchRule::TargetFalseMatchRate(target) => calibration
                .ok_or(RuleError::NotCalibrated { target })?
                .safe_threshold_for(target.value() / comparisons),
            _ => return Err(RuleError::Unknown),
        };
        let one = calibration.and_then(|calibration| calibration.fmr_at(threshold).ok());
        // 1 - (1 - rate)^n, without losing the digits of a small rate.
        let expected = one.map(|rate| -(comparisons * (-rate).ln_1p()).exp_m1());
        Ok(MatchLimit { rule, threshold, basis, expected_false_match_rate: expected })
    }
}

#[cfg(test)]
mod tests;
