//! One person in one model's space: the unit-length mean of their unit-length embeddings.

use std::fmt;

use zeroize::Zeroize;

use crate::vector::norm;
use crate::{DIMENSIONS, Distance, Embedding, EmbeddingError, ModelId};

/// Shorter vectors have no usable direction; the embedders give lengths near 1.4.
const SHORTEST: f32 = 1e-6;

/// The direction that stands for one person (or for one probe face).
///
/// Invariant: Euclidean length 1 up to rounding. The mean of several pictures separates people better
/// than the nearest of them. Biometric data: `Debug` shows the model only, memory is cleared on drop.
#[derive(Clone, PartialEq)]
pub struct Template {
    model: ModelId,
    values: Box<[f32; DIMENSIONS]>,
}

impl Template {
    /// The normalised mean of the normalised samples.
    ///
    /// # Errors
    /// [`EmbeddingError::NoSamples`] for none, [`EmbeddingError::ModelMismatch`] when two come from
    /// different models, [`EmbeddingError::ZeroLength`] when a sample or their mean has no direction.
    pub fn from_samples<'a>(
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Self, EmbeddingError> {
        let mut samples = samples.into_iter();
        let first = samples.next().ok_or(EmbeddingError::NoSamples)?;
        let mut mean = unit(first.values())?;
        for sample in samples {
            same_model(first.model(), sample.model())?;
            let direction = unit(sample.values())?;
            for (sum, value) in mean.iter_mut().zip(direction) {
                *sum += value;
            }
        }
        Ok(Self { model: first.model().clone(), values: Box::new(unit(&mean)?) })
    }

    /// The model of the samples.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The 128 numbers of the unit vector.
    #[must_use]
    pub fn values(&self) -> &[f32; DIMENSIONS] {
        &self.values
    }

    /// Euclidean distance between the two unit vectors, 0 to 2.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when they come from different models.
    pub fn distance(&self, other: &Self) -> Result<Distance, EmbeddingError> {
        same_model(&self.model, &other.model)?;
        let squared: f32 = self.values.iter().zip(other.values.iter()).map(|(a, b)| (a - b) * (a - b)).sum();
        Distance::new(squared.sqrt())
    }
}

fn same_model(left: &ModelId, right: &ModelId) -> Result<(), EmbeddingError> {
    if left == right {
        return Ok(());
    }
    Err(EmbeddingError::ModelMismatch { left: left.clone(), right: right.clone() })
}

fn unit(values: &[f32; DIMENSIONS]) -> Result<[f32; DIMENSIONS], EmbeddingError> {
    let length = norm(values);
    if !(length.is_finite() && length >= SHORTEST) {
        return Err(EmbeddingError::ZeroLength);
    }
    Ok(values.map(|v| v / length))
}

impl Drop for Template {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("model", &self.model).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn embedding(values: [f32; DIMENSIONS]) -> Embedding {
        Embedding::new(ModelId::new("test").unwrap(), values).unwrap()
    }

    #[test]
    fn models_do_not_mix() {
        let ours = embedding([1.0; DIMENSIONS]);
        let theirs = Embedding::new(ModelId::new("other").unwrap(), [1.0; DIMENSIONS]).unwrap();
        let mixed = Template::from_samples([&ours, &theirs]);
        assert!(matches!(mixed, Err(EmbeddingError::ModelMismatch { .. })));
        let left = Template::from_samples([&ours]).unwrap();
        let right = Template::from_samples([&theirs]).unwrap();
        assert!(matches!(left.distance(&right), Err(EmbeddingError::ModelMismatch { .. })));
    }

    #[test]
    fn nothing_and_no_direction_are_refused() {
        assert_eq!(Template::from_samples([]), Err(EmbeddingError::NoSamples));
        let zero = embedding([0.0; DIMENSIONS]);
        assert_eq!(Template::from_samples([&zero]), Err(EmbeddingError::ZeroLength));
        let there = embedding([1.0; DIMENSIONS]);
        let back = embedding([-1.0; DIMENSIONS]);
        assert_eq!(Template::from_samples([&there, &back]), Err(EmbeddingError::ZeroLength));
    }

    fn vector() -> impl Strategy<Value = [f32; DIMENSIONS]> {
        prop::collection::vec(-1.0_f32..1.0, DIMENSIONS)
            .prop_map(|v| v.try_into().unwrap())
            .prop_filter("has a direction", |v| norm(v) > 0.1)
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_bounded_and_blind_to_length(a in vector(), b in vector(), k in 0.1_f32..10.0) {
            let template = |v| Template::from_samples([&embedding(v)]).unwrap();
            let forth = template(a).distance(&template(b)).unwrap();
            prop_assert_eq!(forth, template(b).distance(&template(a)).unwrap());
            prop_assert!(forth.value() <= 2.000_01);
            prop_assert!(template(a).distance(&template(a.map(|v| v * k))).unwrap().value() < 1e-3);
        }

        #[test]
        fn a_template_has_unit_length_and_ignores_the_order(a in vector(), b in vector()) {
            let (a, b) = (embedding(a), embedding(b));
            if let (Ok(ab), Ok(ba)) = (Template::from_samples([&a, &b]), Template::from_samples([&b, &a])) {
                prop_assert!((norm(ab.values()) - 1.0).abs() < 1e-4);
                prop_assert!(ab.distance(&ba).unwrap().value() < 1e-3);
            }
        }
    }
}
