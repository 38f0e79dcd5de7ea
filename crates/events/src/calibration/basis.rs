//! What a threshold rests on: a rule, or what was measured.

/// What a threshold rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThresholdBasis {
    /// The rule names it.
    Fixed,
    /// The rate that the target allows a comparison was measured.
    Measured,
    /// The target allows less than was ever measured: so many users want more data. The threshold continues
    /// the measured ones on the safe side (see [`Calibration::safe_threshold_for`](crate::Calibration::safe_threshold_for)).
    BelowMeasured,
    /// The target allows more than was measured. The threshold is the largest measured one.
    AboveMeasured,
    /// The target would allow a comparison more than a fixed threshold does. The threshold is the fixed one,
    /// [`DEFAULT_THRESHOLD`](crate::DEFAULT_THRESHOLD), at which fewer are named than the target allows.
    Capped,
}

impl ThresholdBasis {
    /// `fixed`, `measured`, `below_measured`, `above_measured` or `capped`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Measured => "measured",
            Self::BelowMeasured => "below_measured",
            Self::AboveMeasured => "above_measured",
            Self::Capped => "capped",
        }
    }
}
