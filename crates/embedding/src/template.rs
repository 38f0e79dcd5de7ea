//! One person in one model's space: the mean of their embeddings, of unit length unless raw.

use std::fmt;

use zeroize::Zeroize;

use crate::sample_sum::{SampleSum, part, same_model, unit};
use crate::{
    DIMENSIONS, Distance, DistanceScale, Embedding, EmbeddingError, Metric, ModelId, squared_distance,
};

/// What stands for one person (or for one probe face) in comparisons on one [`DistanceScale`].
///
/// Invariant: by [`Metric::Unit`] the Euclidean length is 1 up to rounding, by [`Metric::Raw`] it is finite and
/// not nearly 0. The mean of several pictures separates people better than the nearest of them. Biometric
/// data: `Debug` shows model and scale only, memory is cleared on drop.
#[derive(Clone, PartialEq)]
pub struct Template {
    model: ModelId,
    scale: DistanceScale,
    samples: u32,
    values: Box<[f32; DIMENSIONS]>,
}

impl Template {
    /// The template of one person's samples: by [`Metric::Unit`] the normalised mean of the normalised samples,
    /// by [`Metric::Raw`] the mean of the samples as they are.
    ///
    /// # Errors
    /// [`EmbeddingError::NoSamples`] for none, [`EmbeddingError::ModelMismatch`] when two come from
    /// different models, [`EmbeddingError::ZeroLength`] when a sample or their mean has no direction. A sample
    /// is refused by both metrics alike.
    pub fn from_embeddings<'a>(
        scale: DistanceScale,
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Self, EmbeddingError> {
        let mut samples = samples.into_iter();
        let first = samples.next().ok_or(EmbeddingError::NoSamples)?;
        let mut sum = part(scale.metric(), first)?;
        let mut count = 1_u32;
        for sample in samples {
            same_model(first.model(), sample.model())?;
            for (sum, value) in sum.iter_mut().zip(part(scale.metric(), sample)?) {
                *sum += value;
            }
            count = count.saturating_add(1);
        }
        // Also of raw vectors: a mean of nearly no length has no direction and stands for nobody.
        let direction = unit(&sum)?;
        let values = match scale.metric() {
            Metric::Unit => direction,
            Metric::Raw => sum.map(|sum| sum / count as f32),
        };
        Ok(Self { model: first.model().clone(), scale, samples: count, values: Box::new(values) })
    }

    /// Whether samples make a template by every metric. To be asked before samples are stored, because a
    /// program that is started with another metric must be able to read them.
    ///
    /// # Errors
    /// As for [`Template::from_embeddings`].
    pub fn check<'a>(samples: impl IntoIterator<Item = &'a Embedding>) -> Result<(), EmbeddingError> {
        let mut sum = SampleSum::default();
        samples.into_iter().try_for_each(|sample| sum.push(sample))?;
        sum.check()
    }

    /// The model of the samples.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// On which scale its distances are.
    #[must_use]
    pub fn scale(&self) -> DistanceScale {
        self.scale
    }

    /// How many samples it is the mean of; the more they are, the nearer it is to everyone.
    #[must_use]
    pub fn samples(&self) -> u32 {
        self.samples
    }

    /// The 128 numbers.
    #[must_use]
    pub fn values(&self) -> &[f32; DIMENSIONS] {
        &self.values
    }

    /// Euclidean distance between the two vectors times the scale's factor; 0 to twice the factor by
    /// [`Metric::Unit`].
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when they come from different models,
    /// [`EmbeddingError::ScaleMismatch`] when they are on different scales.
    pub fn distance(&self, other: &Self) -> Result<Distance, EmbeddingError> {
        same_model(&self.model, &other.model)?;
        if self.scale != other.scale {
            return Err(EmbeddingError::ScaleMismatch);
        }
        self.scale.distance(squared_distance(&self.values, &other.values))
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("model", &self.model)
            .field("scale", &self.scale)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vector::norm;

    fn embedding(values: [f32; DIMENSIONS]) -> Embedding {
        Embedding::new(ModelId::new("test").unwrap(), values).unwrap()
    }

    fn from_samples<'a>(
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Template, EmbeddingError> {
        Template::from_embeddings(DistanceScale::UNIT, samples)
    }

    #[test]
    fn a_factor_scales_distances_and_scales_do_not_mix() {
        let (a, b) = (embedding([1.0; DIMENSIONS]), embedding([-1.0; DIMENSIONS]));
        let scaled =
            |sample| Template::from_embeddings(DistanceScale::unit(0.25).unwrap(), [sample]).unwrap();
        assert!((scaled(&a).distance(&scaled(&b)).unwrap().value() - 0.5).abs() < 1e-6);
        let unit = from_samples([&b]).unwrap();
        assert_eq!(scaled(&a).distance(&unit), Err(EmbeddingError::ScaleMismatch));
    }

    #[test]
    fn samples_that_cancel_by_either_metric_do_not_pass_the_check() {
        let (short, long) = (embedding([1.0; DIMENSIONS]), embedding([-2.0; DIMENSIONS]));
        let directions_cancel = [&short, &long];
        assert!(Template::from_embeddings(DistanceScale::RAW, directions_cancel).is_ok());
        assert_eq!(Template::check(directions_cancel), Err(EmbeddingError::ZeroLength));
        let sum_cancels = [&short, &short, &long];
        assert!(Template::from_embeddings(DistanceScale::UNIT, sum_cancels).is_ok());
        assert_eq!(Template::check(sum_cancels), Err(EmbeddingError::ZeroLength));
        assert_eq!(Template::check([&short, &short]), Ok(()));
    }

    #[test]
    fn models_do_not_mix() {
        let ours = embedding([1.0; DIMENSIONS]);
        let theirs = Embedding::new(ModelId::new("other").unwrap(), [1.0; DIMENSIONS]).unwrap();
        let mixed = from_samples([&ours, &theirs]);
        assert!(matches!(mixed, Err(EmbeddingError::ModelMismatch { .. })));
        let left = from_samples([&ours]).unwrap();
        let right = from_samples([&theirs]).unwrap();
        assert!(matches!(left.distance(&right), Err(EmbeddingError::ModelMismatch { .. })));
    }

    #[test]
    fn nothing_and_no_direction_are_refused() {
        assert_eq!(from_samples([]), Err(EmbeddingError::NoSamples));
        let zero = embedding([0.0; DIMENSIONS]);
        assert_eq!(from_samples([&zero]), Err(EmbeddingError::ZeroLength));
        let there = embedding([1.0; DIMENSIONS]);
        let back = embedding([-1.0; DIMENSIONS]);
        assert_eq!(from_samples([&there, &back]), Err(EmbeddingError::ZeroLength));
    }

    #[test]
    fn a_raw_template_is_the_mean_as_it_is_and_meets_no_unit_template() {
        let (one, three) = (embedding([1.0; DIMENSIONS]), embedding([3.0; DIMENSIONS]));
        let raw = |samples: &[&Embedding]| {
            Template::from_embeddings(DistanceScale::RAW, samples.iter().copied()).unwrap()
        };
        assert_eq!(raw(&[&one, &three]).values(), &[2.0; DIMENSIONS]);
        assert_eq!((raw(&[&one]).samples(), raw(&[&one, &three]).samples()), (1, 2));
        // The root of 128 times 2 squared.
        assert!((raw(&[&one]).distance(&raw(&[&three])).unwrap().value() - 22.627_417).abs() < 1e-5);
        let unit = from_samples([&one]).unwrap();
        assert_eq!(raw(&[&one]).distance(&unit), Err(EmbeddingError::ScaleMismatch));
        let zero = embedding([0.0; DIMENSIONS]);
        assert_eq!(Template::from_embeddings(DistanceScale::RAW, [&zero]), Err(EmbeddingError::ZeroLength));
        let back = embedding([-1.0; DIMENSIONS]);
        assert_eq!(
            Template::from_embeddings(DistanceScale::RAW, [&one, &back]),
            Err(EmbeddingError::ZeroLength)
        );
    }

    fn vector() -> impl Strategy<Value = [f32; DIMENSIONS]> {
        prop::collection::vec(-1.0_f32..1.0, DIMENSIONS)
            .prop_map(|v| v.try_into().unwrap())
            .prop_filter("has a direction", |v| norm(v) > 0.1)
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_bounded_and_blind_to_length(a in vector(), b in vector(), k in 0.1_f32..10.0) {
            let template = |v| from_samples([&embedding(v)]).unwrap();
            let forth = template(a).distance(&template(b)).unwrap();
            prop_assert_eq!(forth, template(b).distance(&template(a)).unwrap());
            prop_assert!(forth.value() <= 2.000_01);
            prop_assert!(template(a).distance(&template(a.map(|v| v * k))).unwrap().value() < 1e-3);
        }

        #[test]
        fn a_template_has_unit_length_and_ignores_the_order(a in vector(), b in vector()) {
            let (a, b) = (embedding(a), embedding(b));
            if let (Ok(ab), Ok(ba)) = (from_samples([&a, &b]), from_samples([&b, &a])) {
                prop_assert!((norm(ab.values()) - 1.0).abs() < 1e-4);
                prop_assert!(ab.distance(&ba).unwrap().value() < 1e-3);
            }
        }
    }
}
