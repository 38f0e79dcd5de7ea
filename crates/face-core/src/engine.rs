//! The whole path from picture bytes to an embedding, one call a step.

use std::path::Path;

use embedding::ModelId;

use crate::{EmbeddedFace, EngineOptions, FaceError, FacePolicy, OpenError};

/// Finds and embeds faces. `Send + Sync`, used by `&self` from any number of threads.
#[derive(Debug)]
pub struct FaceEngine {
    model: ModelId,
}

impl FaceEngine {
    /// Opens the models of a folder that the set-up made.
    ///
    /// # Errors
    /// [`OpenError`] says which file is missing or wrong, or where ONNX Runtime was looked for.
    pub fn open(_models: &Path, _options: EngineOptions) -> Result<Self, OpenError> {
        todo!()
    }

    /// The model whose embeddings this engine makes.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Embeds the one face that `policy` chooses from a picture.
    ///
    /// # Errors
    /// [`FaceError`]: the picture cannot be used, or shows no face or several, or a model failed.
    pub fn embed_one(&self, _picture: &[u8], _policy: FacePolicy) -> Result<EmbeddedFace, FaceError> {
        todo!()
    }
}
