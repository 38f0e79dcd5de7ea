//! What a threshold rests on: a rule, or what was measured.

use crate::string_enum::string_enum;

string_enum! {
    /// What a threshold rests on.
    pub enum ThresholdBasis {
        /// The rule names it.
        Fixed = "fixed",
        /// The rate that the target allows a comparison was measured.
        Measured = "measured",
        /// The target allows less than was ever measured: so many users want more data. The threshold continues
        /// the measured ones on the safe side (see
        /// [`Calibration::safe_threshold_for`](crate::Calibration::safe_threshold_for)).
        BelowMeasured = "below_measured",
        /// The target allows more than was measured. The threshold is the largest measured one.
        AboveMeasured = "above_measured",
        /// The target would allow a comparison more than a fixed threshold does. The threshold is the fixed one,
        /// [`DEFAULT_THRESHOLD`](crate::DEFAULT_THRESHOLD), at which fewer are named than the target allows.
        Capped = "capped",
    }
}
