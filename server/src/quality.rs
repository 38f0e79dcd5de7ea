//! The gate before enrolment: a face that is shown badly is not taken, or taken with a warning.

use face_core::Quality;

use crate::error::{ApiError, Reason};

/// What to do with a face that falls short of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QualityGate {
    /// Take it not.
    Refuse,
    /// Take it, and say what falls short.
    Warn,
    /// Take it and say nothing.
    Off,
}

impl QualityGate {
    /// What to warn of; empty for a good face.
    ///
    /// # Errors
    /// [`ApiError::LowQuality`] for a face that is not to be taken.
    pub(crate) fn check(self, quality: &Quality) -> Result<Vec<Reason>, ApiError> {
        let reasons = Reason::of_quality(quality);
        match self {
            Self::Refuse if !reasons.is_empty() => Err(ApiError::LowQuality(reasons)),
            Self::Refuse | Self::Warn => Ok(reasons),
            Self::Off => Ok(Vec::new()),
        }
    }
}
