//! Pictures to faces to 128-d embeddings.

mod engine;
mod error;
mod face;
mod options;

pub use embedding::{Distance, Embedding, EmbeddingError, ModelId, Template};
pub use engine::FaceEngine;
pub use error::{FaceError, InferenceError, OpenError, PictureError};
pub use face::{BoundingBox, Detection, EmbeddedFace, Face, Landmarks, Point};
pub use options::{Crops, EngineOptions, FacePolicy, PictureLimits};
