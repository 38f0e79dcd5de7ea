//! What became of one picture: the embeddings of its face, or why there are none.

use std::time::Duration;

use face_core::{Embedding, Quality, QualityCode};

/// What became of one picture.
#[derive(Debug)]
pub enum Outcome {
    /// A face was embedded.
    Embedded(EmbeddedPicture),
    /// No face was found: a detection miss.
    NoFace,
    /// It is no picture that can be decoded, or cannot be read; the reason in words.
    Unusable(String),
}

/// The face that counts in a picture.
#[derive(Debug)]
pub struct EmbeddedPicture {
    /// Its embedding as it is enrolled.
    pub enrolled: Embedding,
    /// Its embedding as a probe, where that differs.
    pub probe: Option<Embedding>,
    /// How well it is shown.
    pub quality: Quality,
    /// What the quality gate has against enrolling it; empty when it passes.
    pub shortcomings: Vec<QualityCode>,
    /// Faces found in the picture, one or more.
    pub faces: usize,
}

impl Outcome {
    /// The face, where one was embedded.
    #[must_use]
    pub fn embedded(&self) -> Option<&EmbeddedPicture> {
        match self {
            Self::Embedded(face) => Some(face),
            Self::NoFace | Self::Unusable(_) => None,
        }
    }
}

impl EmbeddedPicture {
    /// The embedding as a probe.
    #[must_use]
    pub fn as_probe(&self) -> &Embedding {
        self.probe.as_ref().unwrap_or(&self.enrolled)
    }

    /// Whether the face may be enrolled.
    #[must_use]
    pub fn passes_gate(&self) -> bool {
        self.shortcomings.is_empty()
    }
}

/// Time spent on pictures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Reading and decoding.
    pub decode: Duration,
    /// Finding faces.
    pub detect: Duration,
    /// Landmarks, alignment and the embedding of all crops of the chosen face.
    pub embed: Duration,
}
