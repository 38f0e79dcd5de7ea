//! What is compared: one face's or one person's numbers, on the scale of the model's distances.

use std::fmt;

use face_core::{DistanceScale, Embedding, EmbeddingError, Template};
use zeroize::Zeroize;

/// Numbers of one face, or of the template of several faces of a person, times the factor of the scale, so that
/// Euclidean distances are the product's own. Biometric data: `Debug` shows none, and the memory is cleared on
/// drop.
pub struct FaceVector(Box<[f32]>);

/// Sums that run beside each other, so that the compiler can use vector registers.
const LANES: usize = 16;

impl FaceVector {
    /// The vector of the product's [`Template`] of one person's faces.
    ///
    /// # Errors
    /// As [`Template::from_embeddings`].
    pub fn new(faces: &[&Embedding], scale: DistanceScale) -> Result<Self, EmbeddingError> {
        let template = Template::from_embeddings(scale, faces.iter().copied())?;
        Ok(Self(template.values().iter().map(|value| value * scale.factor()).collect()))
    }

    /// Euclidean distance.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        // No remainder is left out: an embedding has 128 numbers, a multiple of the lanes.
        let (left, _) = self.0.as_chunks::<LANES>();
        let (right, _) = other.0.as_chunks::<LANES>();
        let mut sums = [0.0_f32; LANES];
        for (left, right) in left.iter().zip(right) {
            for ((sum, a), b) in sums.iter_mut().zip(left).zip(right) {
                *sum += (a - b) * (a - b);
            }
        }
        sums.iter().sum::<f32>().sqrt()
    }
}

impl Drop for FaceVector {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FaceVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceVector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use face_core::ModelId;
    use proptest::prelude::*;

    use super::*;

    fn embedding(values: Vec<f32>) -> Embedding {
        Embedding::from_slice(ModelId::new("test").unwrap(), &values).unwrap()
    }

    proptest! {
        // Ranges from an eighth: proptest's sampler now and then falls under bounds that are finer than its steps.
        #[test]
        fn the_distance_is_the_products_own(
            a in prop::collection::vec(0.125_f32..1.0, 128),
            b in prop::collection::vec(0.125_f32..1.0, 128),
            c in prop::collection::vec(0.125_f32..1.0, 128),
        ) {
            let (a, b, c) = (embedding(a), embedding(b), embedding(c));
            for scale in [DistanceScale::UNIT, DistanceScale::RAW, DistanceScale::unit(0.375).unwrap()] {
                let template = |faces: &[&Embedding]| Template::from_embeddings(scale, faces.iter().copied()).unwrap();
                let product = template(&[&a, &c]).distance(&template(&[&b])).unwrap().value();
                let vector = |faces: &[&Embedding]| FaceVector::new(faces, scale).unwrap();
                prop_assert!((vector(&[&a, &c]).distance(&vector(&[&b])) - product).abs() < 1e-5 * (1.0 + product));
            }
        }
    }

    #[test]
    fn the_raw_distance_keeps_the_length_and_averages_faces() {
        let (near, far) = (embedding(vec![0.5; 128]), embedding(vec![1.5; 128]));
        let vector = |faces: &[&Embedding]| FaceVector::new(faces, DistanceScale::RAW).unwrap();
        let root = 128_f32.sqrt();
        assert!((vector(&[&near]).distance(&vector(&[&far])) - root).abs() < 1e-4);
        assert!((vector(&[&near, &far]).distance(&vector(&[&far])) - root / 2.0).abs() < 1e-4);
    }

    #[test]
    fn debug_output_holds_no_number() {
        let vector = FaceVector::new(&[&embedding(vec![0.123; 128])], DistanceScale::RAW).unwrap();
        assert!(!format!("{vector:?}").contains("123"));
    }
}
