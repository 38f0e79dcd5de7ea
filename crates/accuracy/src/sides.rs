//! The face of every picture on both sides of a comparison: as it is enrolled, and as it is searched for.

use face_core::DistanceScale;

use crate::AccuracyError;
use crate::embedding_run::EmbeddingRun;
use crate::vector::FaceVector;

/// Vectors of all pictures. The sides differ where a model embeds other crops of enrolled pictures than of
/// probes.
#[derive(Debug, Default)]
pub struct Sides {
    enrolled: Vec<Option<FaceVector>>,
    /// Empty where probes are embedded as enrolled pictures are.
    probes: Vec<Option<FaceVector>>,
}

impl Sides {
    /// The vectors of a run. `keep` says of each picture whether it counts; without an embedding it never does.
    ///
    /// # Errors
    /// [`AccuracyError::Embedding`] for an embedding without a direction.
    pub fn of(
        run: &EmbeddingRun,
        scale: DistanceScale,
        keep: impl Fn(usize) -> bool,
    ) -> Result<Self, AccuracyError> {
        let pictures = || (0..run.outcomes.len()).map(|picture| (picture, keep(picture)));
        let enrolled = pictures().map(|(picture, kept)| {
            run.enrolled(picture).filter(|_| kept).map(|face| FaceVector::of(&[face], scale)).transpose()
        });
        let enrolled = enrolled.collect::<Result<_, _>>()?;
        let probes = pictures().map(|(picture, kept)| {
            run.probe(picture).filter(|_| kept).map(|face| FaceVector::of(&[face], scale)).transpose()
        });
        // Nothing is computed until it is collected: where the sides agree there is one set in memory.
        let probes = if run.sides_differ { probes.collect::<Result<_, _>>()? } else { Vec::new() };
        Ok(Self { enrolled, probes })
    }

    /// Vectors that are the same on both sides.
    #[must_use]
    pub fn alike(vectors: Vec<Option<FaceVector>>) -> Self {
        Self { enrolled: vectors, probes: Vec::new() }
    }

    /// How many pictures there are, with a vector or without.
    #[must_use]
    pub fn len(&self) -> usize {
        self.enrolled.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.enrolled.is_empty()
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
