//! Samples of one person added up, to ask after each of them whether they make a template.

use std::fmt;

use zeroize::Zeroize;

use crate::vector::norm;
use crate::{DIMENSIONS, Embedding, EmbeddingError, Metric, ModelId};

/// Shorter vectors have no usable direction; the embedders give lengths near 1.4.
const SHORTEST: f32 = 1e-6;

/// The sums of samples by every metric.
///
/// With it samples are checked one by one, each with those before it, in a time that grows with their number;
/// [`Template::check`](crate::Template::check) adds up all of them each time. Biometric data: `Debug` shows the model
/// only, memory is cleared on drop.
#[derive(Default)]
pub struct SampleSum {
    model: Option<ModelId>,
    sums: Option<[[f32; DIMENSIONS]; 2]>,
}

impl SampleSum {
    /// Adds a sample. On an error the sums are as they were.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelMismatch`] when it comes from another model than those before,
    /// [`EmbeddingError::ZeroLength`] when it has no direction.
    pub fn push(&mut self, sample: &Embedding) -> Result<(), EmbeddingError> {
        same_model(self.model.get_or_insert_with(|| sample.model().clone()), sample.model())?;
        let parts = [part(Metric::Unit, sample)?, part(Metric::Raw, sample)?];
        let Some(sums) = &mut self.sums else {
            self.sums = Some(parts);
            return Ok(());
        };
        for (sum, value) in sums.as_flattened_mut().iter_mut().zip(parts.as_flattened()) {
            *sum += value;
        }
        Ok(())
    }

    /// Whether the samples so far make a template by every metric.
    ///
    /// # Errors
    /// [`EmbeddingError::NoSamples`] for none, [`EmbeddingError::ZeroLength`] when their mean has no direction.
    pub fn check(&self) -> Result<(), EmbeddingError> {
        let sums = self.sums.as_ref().ok_or(EmbeddingError::NoSamples)?;
        sums.iter().try_for_each(|sum| unit(sum).map(drop))
    }
}

pub(crate) fn same_model(left: &ModelId, right: &ModelId) -> Result<(), EmbeddingError> {
    if left == right {
        return Ok(());
    }
    Err(EmbeddingError::ModelMismatch { left: left.clone(), right: right.clone() })
}

/// What a sample adds to the mean. Without a direction it is no face by any metric.
pub(crate) fn part(metric: Metric, sample: &Embedding) -> Result<[f32; DIMENSIONS], EmbeddingError> {
    let direction = unit(sample.values())?;
    Ok(match metric {
        Metric::Unit => direction,
        Metric::Raw => *sample.values(),
    })
}

pub(crate) fn unit(values: &[f32; DIMENSIONS]) -> Result<[f32; DIMENSIONS], EmbeddingError> {
    let length = norm(values);
    // Infinite where finite numbers add up beyond f32.
    if !(length.is_finite() && length >= SHORTEST) {
        return Err(EmbeddingError::ZeroLength);
    }
    Ok(values.map(|v| v / length))
}

impl Drop for SampleSum {
    fn drop(&mut self) {
        self.sums.zeroize();
    }
}

impl fmt::Debug for SampleSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleSum").field("model", &self.model).finish_non_exhaustive()
    }
}
