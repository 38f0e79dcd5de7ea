//! How quality bears on recognition: rates of pictures spoilt on purpose, and of faces by their pose.

mod among;
mod pose;
mod spoilt;

use face_core::Quality;

use crate::embedding_run::EmbeddingRun;
use crate::sides::Sides;
use crate::vector::FaceVector;

pub use among::AmongSpoilt;
pub use pose::{PoseRate, by_pose};
pub use spoilt::SpoiltRates;

/// A picture with the person's number, and its face where one was embedded.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Whose it is.
    pub person: usize,
    /// The face.
    pub face: Option<ShownFace<'a>>,
}

/// A face with what was measured of it.
#[derive(Debug, Clone, Copy)]
pub struct ShownFace<'a> {
    /// As it is enrolled.
    pub enrolled: &'a FaceVector,
    /// As it is searched for.
    pub probe: &'a FaceVector,
    /// How well it is shown.
    pub quality: &'a Quality,
    /// Whether the quality gate lets it be enrolled.
    pub passes_gate: bool,
}

/// All pictures of a run, with the people's numbers.
#[must_use]
pub fn shown<'a>(run: &'a EmbeddingRun, sides: &'a Sides<'_>, people: &[usize]) -> Vec<Shown<'a>> {
    let face = |picture| {
        Some(ShownFace {
            enrolled: sides.enrolled(picture)?,
            probe: sides.probe(picture)?,
            quality: &run.embedded(picture)?.quality,
            passes_gate: run.passes_gate(picture),
        })
    };
    people.iter().enumerate().map(|(picture, &person)| Shown { person, face: face(picture) }).collect()
}

#[cfg(test)]
mod tests;
