//! One person in one model's space: the mean of their embeddings, of unit length unless raw.

use std::fmt;

use zeroize::Zeroize;

use crate::vector::norm;
use crate::{DIMENSIONS, Distance, Embedding, EmbeddingError, Metric, ModelId, squared_distance};

/// Shorter vectors have no usable direction; the embedders give lengths near 1.4.
const SHORTEST: f32 = 1e-6;

/// What stands for one person (or for one probe face) in comparisons by one [`Metric`].
///
/// Invariant: by [`Metric::Unit`] the Euclidean length is 1 up to rounding, by [`Metric::Raw`] it is finite and
/// not nearly 0. The mean of several pictures separates people better than the nearest of them. Biometric
/// data: `Debug` shows model and metric only, memory is cleared on drop.
#[derive(Clone, PartialEq)]
pub struct Template {
    model: ModelId,
    metric: Metric,
    samples: u32,
    values: Box<[f32; DIMENSIONS]>,
}

impl Template {
    /// The normalised mean of the normalised samples: [`Template::of`] by [`Metric::Unit`].
    ///
    /// # Errors
    /// As there.
    pub fn from_samples<'a>(
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Self, EmbeddingError> {
        Self::of(Metric::Unit, samples)
    }

    /// The template of one person's samples: by [`Metric::Unit`] the normalised mean of the normalised samples,
    /// by [`Metric::Raw`] the mean of the samples as they are.
    ///
    /// # Errors
    /// [`EmbeddingError::NoSamples`] for none, [`EmbeddingError::ModelMismatch`] when two come from
    /// different models, [`EmbeddingError::ZeroLength`] when a sample or their mean has no direction. A sample
    /// is refused by both metrics alike.
    pub fn of<'a>(
        metric: Metric,
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Self, EmbeddingError> {
        let mut samples = samples.into_iter();
        let first = samples.next().ok_or(EmbeddingError::NoSamples)?;
        let mut mean = part(metric, first)?;
        let mut count = 1_u32;
        for sample in samples {
            same_model(first.model(), sample.model())?;
            for (sum, value) in mean.iter_mut().zip(part(metric, sample)?) {
                *sum += value;
            }
            count = count.saturating_add(1);
        }
        let direction = unit(&mean)?;
        let values = match metric {
            Metric::Unit => direction,
            Metric::Raw => mean.map(|sum| sum / count as f32),
        };
        Ok(Self { model: first.model().clone(), metric, samples: count, values: Box::new(values) })
    }

    /// The model of the samples.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// By which metric it is compared.
    #[must_use]
    pub fn metric(&self) -> Metric {
        self.metric
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

    /// Euclidean distance between the two vectors; 0 to 2 by [`Metric::Unit`].
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when they come from different models,
    /// [`EmbeddingError::MetricMismatch`] when they are for different metrics.
    pub fn distance(&self, other: &Self) -> Result<Distance, EmbeddingError> {
        same_model(&self.model, &other.model)?;
        if self.metric != other.metric {
            return Err(EmbeddingError::MetricMismatch);
        }
        Distance::new(squared_distance(&self.values, &other.values).sqrt())
    }
}

fn same_model(left: &ModelId, right: &ModelId) -> Result<(), EmbeddingError> {
    if left == right {
        return Ok(());
    }
    Err(EmbeddingError::ModelMismatch { left: left.clone(), right: right.clone() })
}

/// What a sample adds to the mean. Without a direction it is no face by any metric.
fn part(metric: Metric, sample: &Embedding) -> Result<[f32; DIMENSIONS], EmbeddingError> {
    let direction = unit(sample.values())?;
    Ok(match metric {
        Metric::Unit => direction,
        Metric::Raw => *sample.values(),
    })
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
        f.debug_struct("Template")
            .field("model", &self.model)
            .field("metric", &self.metric)
            .finish_non_exhaustive()
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

    #[test]
    fn a_raw_template_is_the_mean_as_it_is_and_meets_no_unit_template() {
        let (one, three) = (embedding([1.0; DIMENSIONS]), embedding([3.0; DIMENSIONS]));
        let raw = |samples: &[&Embedding]| Template::of(Metric::Raw, samples.iter().copied()).unwrap();
        assert_eq!(raw(&[&one, &three]).values(), &[2.0; DIMENSIONS]);
        assert_eq!((raw(&[&one]).samples(), raw(&[&one, &three]).samples()), (1, 2));
        // The root of 128 times 2 squared.
        assert!((raw(&[&one]).distance(&raw(&[&three])).unwrap().value() - 22.627_417).abs() < 1e-5);
        let unit = Template::from_samples([&one]).unwrap();
        assert_eq!(raw(&[&one]).distance(&unit), Err(EmbeddingError::MetricMismatch));
        let zero = embedding([0.0; DIMENSIONS]);
        assert_eq!(Template::of(Metric::Raw, [&zero]), Err(EmbeddingError::ZeroLength));
        let back = embedding([-1.0; DIMENSIONS]);
        assert_eq!(Template::of(Metric::Raw, [&one, &back]), Err(EmbeddingError::ZeroLength));
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
