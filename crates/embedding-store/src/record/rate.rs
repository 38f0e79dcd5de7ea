//! The rate at which strangers may be taken for a registered person.

use serde::{Deserialize, Serialize};

/// How often a search may name a person for a stranger: between 0 and 1, both excluded.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct FalseMatchRate(f64);

/// A rate outside the open interval from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a false match rate is above 0 and below 1")]
pub struct InvalidRate;

impl FalseMatchRate {
    /// Takes a rate.
    ///
    /// # Errors
    /// [`InvalidRate`] when it is not above 0 and below 1.
    pub fn new(rate: f64) -> Result<Self, InvalidRate> {
        if rate > 0.0 && rate < 1.0 { Ok(Self(rate)) } else { Err(InvalidRate) }
    }

    /// The rate.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for FalseMatchRate {
    type Error = InvalidRate;

    fn try_from(rate: f64) -> Result<Self, InvalidRate> {
        Self::new(rate)
    }
}

impl From<FalseMatchRate> for f64 {
    fn from(rate: FalseMatchRate) -> Self {
        rate.0
    }
}
