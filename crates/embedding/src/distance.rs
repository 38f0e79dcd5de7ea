//! How far two templates are apart, and the percentage shown for it.

use std::cmp::Ordering;
use std::fmt;

use crate::EmbeddingError;

/// Euclidean distance between two templates of one model: finite, zero or more; at most 2 between unit vectors.
///
/// Smaller is more alike. What a value means depends on the model and the [`Metric`](crate::Metric): see the
/// measured error rates that belong to its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance(pub(crate) f32);

impl Distance {
    /// Between two templates that are the same.
    pub const ZERO: Self = Self(0.0);

    /// Takes a distance.
    ///
    /// # Errors
    /// [`EmbeddingError::InvalidDistance`] when it is negative, NaN or infinite.
    pub fn new(value: f32) -> Result<Self, EmbeddingError> {
        if value.is_finite() && value >= 0.0 { Ok(Self(value)) } else { Err(EmbeddingError::InvalidDistance) }
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> f32 {
        self.0
    }

    /// The percentage shown to people, `(1 - distance) * 100`, never below 0 and rounded down.
    #[must_use]
    pub fn confidence(self) -> Confidence {
        Confidence::new(self)
    }
}

// No NaN gets in, so every distance is equal to itself.
impl Eq for Distance {}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.0)
    }
}

/// `max(0, (1 - distance) * 100)` with two decimals, rounded down.
///
/// It restates the distance on a scale people know; it is **not** a probability that two faces are the
/// same person's. Rounding down keeps a refusal from ever reading as the threshold itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Confidence {
    hundredths: u16,
}

impl Confidence {
    fn new(distance: Distance) -> Self {
        // In f64 the stored f32 and the products below are exact enough for the floor to be right:
        // the f32 nearest to 0.4 is 0.4000000059..., which the threshold compares as equal to itself,
        // so a distance within one f32 step of a round value must not drop to the value below it.
        let hundredths = (1.0 - f64::from(distance.0)) * 10_000.0;
        let step = f64::from(f32::EPSILON) * f64::from(distance.0) * 10_000.0;
        let nearest = hundredths.round();
        let floored = if nearest > hundredths && nearest - hundredths <= step / 2.0 {
            nearest
        } else {
            hundredths.floor()
        };
        Self { hundredths: floored.max(0.0) as u16 }
    }

    /// The percentage, 0.00 to 100.00.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.hundredths / 100, self.hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn percent(distance: f32) -> f64 {
        Distance::new(distance).unwrap().confidence().percent()
    }

    #[test]
    fn the_threshold_itself_reads_sixty() {
        assert_eq!(percent(0.4), 60.0);
        assert_eq!(percent(0.0), 100.0);
        assert_eq!(percent(1.0), 0.0);
        assert_eq!(percent(1.7), 0.0);
        assert_eq!(percent(0.127_7), 87.23);
    }

    #[test]
    fn no_refusal_reads_as_the_threshold() {
        let mut distance = 0.4_f32;
        for _ in 0..1000 {
            distance = distance.next_up();
            assert!(percent(distance) < 60.0, "{distance}");
        }
    }

    #[test]
    fn refuses_what_is_no_distance() {
        for bad in [-0.1, f32::NAN, f32::INFINITY] {
            assert_eq!(Distance::new(bad), Err(EmbeddingError::InvalidDistance));
        }
    }

    proptest! {
        #[test]
        fn a_smaller_distance_never_reads_lower(a in 0.0_f32..2.0, b in 0.0_f32..2.0) {
            prop_assert!((a <= b) == (percent(a) >= percent(b)) || percent(a) == percent(b));
        }
    }
}
