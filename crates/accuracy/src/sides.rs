//! The face of every picture on both sides of a comparison: as it is enrolled, and as it is searched for.

use face_core::{DistanceScale, Embedding, EmbeddingError};

use crate::embedding_run::EmbeddingRun;
use crate::outcome::EmbeddedPicture;
use crate::vector::FaceVector;

/// Vectors of all pictures, on the scale of the model's distances. The sides differ where a model embeds other
/// crops of enrolled pictures than of probes.
#[derive(Debug)]
pub struct Sides<'a> {
    /// The embeddings as enrolled, of which templates are made.
    faces: Vec<Option<&'a Embedding>>,
    scale: DistanceScale,
    enrolled: Vec<Option<FaceVector>>,
    /// Empty where probes are embedded as enrolled pictures are.
    probes: Vec<Option<FaceVector>>,
}

impl<'a> Sides<'a> {
    /// The vectors of a run. `keep` says of each picture whether it counts; without an embedding it never does.
    ///
    /// # Errors
    /// [`EmbeddingError`] for an embedding without a direction.
    pub fn from_run(
        run: &'a EmbeddingRun,
        scale: DistanceScale,
        keep: impl Fn(usize) -> bool,
    ) -> Result<Self, EmbeddingError> {
        let pictures: Vec<Option<&EmbeddedPicture>> =
            (0..run.outcomes.len()).map(|picture| run.embedded(picture).filter(|_| keep(picture))).collect();
        let enrolled = pictures.iter().map(|face| face.map(|face| &face.enrolled)).collect();
        let mut sides = Self::alike(enrolled, scale)?;
        // Where the sides agree there is one set in memory.
        if run.sides_differ {
            sides.probes = vectors(pictures.iter().map(|face| face.map(EmbeddedPicture::as_probe)), scale)?;
        }
        Ok(sides)
    }

    /// Faces that are the same on both sides.
    ///
    /// # Errors
    /// [`EmbeddingError`] for an embedding without a direction.
    pub fn alike(faces: Vec<Option<&'a Embedding>>, scale: DistanceScale) -> Result<Self, EmbeddingError> {
        Ok(Self { enrolled: vectors(faces.iter().copied(), scale)?, faces, scale, probes: Vec::new() })
    }

    /// The template of several pictures of one person, as they are enrolled.
    ///
    /// # Errors
    /// [`EmbeddingError`]: there is none, or their mean has no direction.
    pub fn template(&self, pictures: &[usize]) -> Result<FaceVector, EmbeddingError> {
        let faces: Vec<_> = pictures.iter().filter_map(|&picture| *self.faces.get(picture)?).collect();
        FaceVector::new(&faces, self.scale)
    }

    /// A picture as it is enrolled.
    #[must_use]
    pub fn enrolled(&self, picture: usize) -> Option<&FaceVector> {
        self.enrolled.get(picture)?.as_ref()
    }

    /// A picture as it is searched for.
    #[must_use]
    pub fn probe(&self, picture: usize) -> Option<&FaceVector> {
        let side = if self.probes.is_empty() { &self.enrolled } else { &self.probes };
        side.get(picture)?.as_ref()
    }

    /// How far an enrolled picture and a probe are apart, where both have a vector.
    #[must_use]
    pub fn distance(&self, enrolled: usize, probe: usize) -> Option<f32> {
        Some(self.enrolled(enrolled)?.distance(self.probe(probe)?))
    }

    /// How far two enrolled pictures are apart.
    #[must_use]
    pub fn distance_enrolled(&self, one: usize, other: usize) -> Option<f32> {
        Some(self.enrolled(one)?.distance(self.enrolled(other)?))
    }
}

fn vectors<'a>(
    faces: impl Iterator<Item = Option<&'a Embedding>>,
    scale: DistanceScale,
) -> Result<Vec<Option<FaceVector>>, EmbeddingError> {
    faces.map(|face| face.map(|face| FaceVector::new(&[face], scale)).transpose()).collect()
}
