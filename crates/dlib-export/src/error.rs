//! What can be wrong with a weight file, and where.

use std::borrow::Cow;

/// Why a file cannot be exported. Offsets count bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The file ends inside a value, or where the next one should start: it was cut off, or a length
    /// before it is wrong.
    #[error("byte {offset}: the file ends where {expected} should be")]
    Truncated {
        /// Where the value that is cut off starts.
        offset: usize,
        /// What the format has there.
        expected: &'static str,
    },
    /// A length that the rest of the file cannot hold: the file was cut off, or the length is wrong.
    /// Nothing was allocated for it.
    #[error("byte {offset}: the length of {expected} is {count}, but only {remaining} bytes follow")]
    TooLong {
        /// Where the length, or the first of several sizes, starts.
        offset: usize,
        /// What the length counts.
        expected: &'static str,
        /// The length the file claims.
        count: u64,
        /// How many bytes follow the length.
        remaining: usize,
    },
    /// A value that is well formed but not the one this kind of file has there.
    #[error("byte {offset}: expected {expected}, found {found}")]
    Unexpected {
        /// Where the value starts.
        offset: usize,
        /// What the format or the network demands.
        expected: Cow<'static, str>,
        /// What the file has.
        found: String,
    },
    /// The file is not a protobuf message of an ONNX model.
    #[error("the file is not an ONNX model")]
    NotOnnx(#[source] prost::DecodeError),
    /// The model is ONNX, but not one that can be edited without changing what it computes.
    #[error("in the ONNX model: expected {expected}, found {found}")]
    Model {
        /// What the edit relies on.
        expected: Cow<'static, str>,
        /// What the model has.
        found: String,
    },
    /// The tensors could not be written as safetensors.
    #[error("the tensors cannot be written as safetensors")]
    Safetensors(#[from] safetensors::SafeTensorError),
}

impl ExportError {
    /// A value that is well formed but another than the file must have there.
    pub(crate) fn unexpected(
        offset: usize,
        expected: impl Into<Cow<'static, str>>,
        found: impl ToString,
    ) -> Self {
        Self::Unexpected { offset, expected: expected.into(), found: found.to_string() }
    }
}
