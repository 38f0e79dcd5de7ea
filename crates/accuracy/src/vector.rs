//! What is compared: one face's or one person's numbers, on the scale of the metric.

use std::fmt;

use face_core::{Embedding, EmbeddingError, Template};
use zeroize::Zeroize;

use crate::arguments::Metric;

/// Numbers of one face, or the mean of several faces of a person. Biometric data: `Debug` shows none, and
/// the memory is cleared on drop.
pub struct FaceVector(Box<[f32]>);

/// Sums that run beside each other, so that the compiler can use vector registers.
const LANES: usize = 16;

impl FaceVector {
    /// The vector of one person's faces. By [`Metric::Unit`] it is the product's own [`Template`]; by
    /// [`Metric::Raw`] the mean of the numbers as the network gave them.
    ///
    /// # Errors
    /// As [`Template::from_samples`].
    pub fn of(faces: &[&Embedding], metric: Metric) -> Result<Self, EmbeddingError> {
        let template = Template::from_samples(faces.iter().copied())?;
        Ok(match metric {
            Metric::Unit => Self(template.values().as_slice().into()),
            Metric::Raw => {
                let mut mean = vec![0.0; template.values().len()];
                for face in faces {
                    for (sum, value) in mean.iter_mut().zip(face.values()) {
                        *sum += value / faces.len() as f32;
                    }
                }
                Self(mean.into())
            }
        })
    }

    /// Euclidean distance.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
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
        fn the_unit_distance_is_the_products_own(
            a in prop::collection::vec(0.125_f32..1.0, 128),
            b in prop::collection::vec(0.125_f32..1.0, 128),
        ) {
            let (a, b) = (embedding(a), embedding(b));
            let template = |e| Template::from_samples([e]).unwrap();
            let product = template(&a).distance(&template(&b)).unwrap().value();
            let vector = |e| FaceVector::of(&[e], Metric::Unit).unwrap();
            prop_assert!((vector(&a).distance(&vector(&b)) - product).abs() < 1e-5);
        }
    }

    #[test]
    fn the_raw_distance_keeps_the_length_and_averages_faces() {
        let (near, far) = (embedding(vec![0.5; 128]), embedding(vec![1.5; 128]));
        let vector = |faces: &[&Embedding]| FaceVector::of(faces, Metric::Raw).unwrap();
        let root = 128_f32.sqrt();
        assert!((vector(&[&near]).distance(&vector(&[&far])) - root).abs() < 1e-4);
        assert!((vector(&[&near, &far]).distance(&vector(&[&far])) - root / 2.0).abs() < 1e-4);
    }

    #[test]
    fn debug_output_holds_no_number() {
        let vector = FaceVector::of(&[&embedding(vec![0.123; 128])], Metric::Raw).unwrap();
        assert!(!format!("{vector:?}").contains("123"));
    }
}
