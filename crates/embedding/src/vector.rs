//! One face as a network sees it: 128 finite numbers and the model they came from.

use std::fmt;

use zeroize::Zeroize;

use crate::{EmbeddingError, ModelId};

/// How many numbers an embedding has.
pub const DIMENSIONS: usize = 128;

/// The raw output of an embedding network for one face.
///
/// Invariant: all 128 numbers are finite. They are kept as the network gave them (not normalised),
/// so that they stay comparable with those of other programs that use the same weights.
///
/// Biometric data: `Debug` shows the model only, and the memory is cleared on drop.
#[derive(Clone, PartialEq)]
pub struct Embedding {
    model: ModelId,
    values: Box<[f32; DIMENSIONS]>,
}

impl Embedding {
    /// Takes the output of `model`.
    ///
    /// # Errors
    /// [`EmbeddingError::NotFinite`] when a number is NaN or infinite.
    pub fn new(model: ModelId, values: [f32; DIMENSIONS]) -> Result<Self, EmbeddingError> {
        Self::from_slice(model, &values)
    }

    /// Takes the output of `model` from a slice.
    ///
    /// # Errors
    /// [`EmbeddingError::WrongDimension`] unless there are 128 numbers, [`EmbeddingError::NotFinite`]
    /// when one is NaN or infinite.
    pub fn from_slice(model: ModelId, values: &[f32]) -> Result<Self, EmbeddingError> {
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(EmbeddingError::NotFinite { index });
        }
        let values: [f32; DIMENSIONS] =
            values.try_into().map_err(|_| EmbeddingError::WrongDimension { got: values.len() })?;
        Ok(Self { model, values: Box::new(values) })
    }

    /// The model that made this embedding.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The 128 numbers as the network gave them.
    #[must_use]
    pub fn values(&self) -> &[f32; DIMENSIONS] {
        &self.values
    }

    /// Euclidean length of the vector.
    #[must_use]
    pub fn norm(&self) -> f32 {
        norm(self.values())
    }
}

/// Euclidean length, summed in `f64` so that it does not overflow for any finite input.
pub(crate) fn norm(values: &[f32; DIMENSIONS]) -> f32 {
    let squared: f64 = values.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    squared.sqrt() as f32
}

impl Drop for Embedding {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedding").field("model", &self.model).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelId {
        ModelId::new("test").unwrap()
    }

    #[test]
    fn refuses_wrong_dimensions_and_numbers_that_are_not_finite() {
        assert_eq!(
            Embedding::from_slice(model(), &[0.0; 127]),
            Err(EmbeddingError::WrongDimension { got: 127 })
        );
        let mut values = [0.5; DIMENSIONS];
        values[7] = f32::NAN;
        assert_eq!(Embedding::new(model(), values), Err(EmbeddingError::NotFinite { index: 7 }));
        values[7] = f32::NEG_INFINITY;
        assert_eq!(Embedding::new(model(), values), Err(EmbeddingError::NotFinite { index: 7 }));
    }

    #[test]
    fn debug_output_holds_no_number() {
        let embedding = Embedding::new(model(), [0.123; DIMENSIONS]).unwrap();
        assert!(!format!("{embedding:?}").contains("123"));
    }

    #[test]
    fn the_length_of_the_largest_vector_is_no_nan() {
        assert!(!Embedding::new(model(), [f32::MAX; DIMENSIONS]).unwrap().norm().is_nan());
    }
}
