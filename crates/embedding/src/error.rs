//! What can be wrong with an embedding, a template or a distance.

use crate::ModelId;

/// Why a value could not be made. No variant carries embedding numbers: they are biometric data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// An embedding has exactly [`DIMENSIONS`](crate::DIMENSIONS) numbers.
    #[error("an embedding has 128 numbers, got {got}")]
    WrongDimension {
        /// How many numbers were given.
        got: usize,
    },
    /// A number is NaN or infinite.
    #[error("number {index} of the embedding is not finite")]
    NotFinite {
        /// Position of the first such number.
        index: usize,
    },
    /// A vector of (nearly) no length has no direction, so no template can be made of it.
    #[error("the embedding has no length, so it has no direction")]
    ZeroLength,
    /// A template needs at least one embedding.
    #[error("a template needs at least one embedding")]
    NoSamples,
    /// Embeddings of two models live in different spaces and cannot be compared.
    #[error("embeddings of model '{left}' and of model '{right}' cannot be compared")]
    ModelMismatch {
        /// Model of the first operand.
        left: ModelId,
        /// Model of the second operand.
        right: ModelId,
    },
    /// Templates on two scales cannot be compared.
    #[error("templates on different scales of distance cannot be compared")]
    ScaleMismatch,
    /// The factor of a scale of distances is over 0 and at most 100.
    #[error("the factor of a scale of distances is over 0 and at most 100")]
    InvalidFactor,
    /// A distance is a finite number, zero or more.
    #[error("a distance is a finite number, zero or more")]
    InvalidDistance,
    /// A model id is 1 to 64 characters of `a-z`, `0-9`, `.`, `_` and `-`.
    #[error("a model id is 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")]
    InvalidModelId,
}
