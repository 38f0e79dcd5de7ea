//! On which scale the distances of a model are: the metric, and the factor that makes models comparable.

use crate::{Distance, EmbeddingError, Metric};

/// How a Euclidean distance between two vectors becomes the [`Distance`] that decisions are taken on.
///
/// Networks spread people differently: between unit vectors one stranger in 1,000 is within 1.131 for SFace
/// and within 0.375 for dlib's ResNet. Each model has a factor, from the manifest of the models, so that
/// a distance of 0.40 means about the same for all of them. It is applied once, where the distance is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceScale {
    metric: Metric,
    factor: f32,
}

impl DistanceScale {
    /// Distances between unit vectors as they are.
    pub const UNIT: Self = Self { metric: Metric::Unit, factor: 1.0 };

    /// Distances between vectors as the network gave them.
    pub const RAW: Self = Self { metric: Metric::Raw, factor: 1.0 };

    /// Distances between unit vectors, times a model's factor.
    ///
    /// # Errors
    /// [`EmbeddingError::InvalidFactor`] unless it is over 0 and at most 100.
    pub fn unit(factor: f32) -> Result<Self, EmbeddingError> {
        if factor > 0.0 && factor <= 100.0 {
            Ok(Self { metric: Metric::Unit, factor })
        } else {
            Err(EmbeddingError::InvalidFactor)
        }
    }

    /// Which vectors are compared.
    #[must_use]
    pub fn metric(self) -> Metric {
        self.metric
    }

    /// The largest distance on it that is a match by default: see [`Metric::default_threshold`].
    #[must_use]
    pub const fn default_threshold(self) -> Distance {
        self.metric.default_threshold()
    }

    /// What a Euclidean distance is multiplied by.
    #[must_use]
    pub fn factor(self) -> f32 {
        self.factor
    }

    /// The distance of two vectors whose [`squared_distance`](crate::squared_distance) this is.
    ///
    /// # Errors
    /// [`EmbeddingError::InvalidDistance`] for what is no squared distance, such as a NaN.
    pub fn distance(self, squared: f32) -> Result<Distance, EmbeddingError> {
        if squared.is_nan() {
            return Err(EmbeddingError::InvalidDistance);
        }
        // Raw vectors can be too far apart for the number: they are then as far as one can say.
        let euclidean = squared.min(f32::MAX).sqrt();
        Distance::new(if self.factor == 1.0 { euclidean } else { euclidean * self.factor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_is_applied_once_and_one_changes_no_bit() {
        let scaled = DistanceScale::unit(0.5).unwrap();
        assert_eq!(scaled.distance(4.0).unwrap().value(), 1.0);
        assert_eq!(DistanceScale::UNIT.distance(2.0).unwrap().value(), 2.0_f32.sqrt());
        assert_eq!(DistanceScale::RAW.distance(f32::INFINITY).unwrap().value(), f32::MAX.sqrt());
        assert_eq!(scaled.distance(f32::NAN), Err(EmbeddingError::InvalidDistance));
    }

    #[test]
    fn a_factor_that_would_lose_every_distance_is_refused() {
        for bad in [0.0, -1.0, f32::NAN, f32::INFINITY, 101.0] {
            assert_eq!(DistanceScale::unit(bad), Err(EmbeddingError::InvalidFactor), "{bad}");
        }
    }
}
