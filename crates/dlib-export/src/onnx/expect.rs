//! What a model that is read must have, and the words for one that has something else.

use std::borrow::Cow;

use super::proto::{Dimension, TENSOR_FLOAT, ValueInfoProto};
use crate::error::ExportError;

/// How much of a name and of a list from the file an error shows.
const SHOWN_CHARACTERS: usize = 64;
pub(crate) const SHOWN_NUMBERS: usize = 8;

pub(crate) fn wrong(expected: impl Into<Cow<'static, str>>, found: impl Into<String>) -> ExportError {
    ExportError::Model { expected: expected.into(), found: found.into() }
}

/// A name from the file, fit for an error message.
pub(crate) fn shown(name: &str) -> String {
    // Escaped and cut: a file from anywhere must not write control characters, or megabytes, to a terminal.
    name.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect()
}

/// The dimensions of a value that is a tensor of floats.
pub(crate) fn float_shape(value: &mut ValueInfoProto) -> Result<&mut [Dimension], ExportError> {
    value
        .r#type
        .as_mut()
        .and_then(|value_type| value_type.tensor_type.as_mut())
        .filter(|tensor| tensor.elem_type == Some(TENSOR_FLOAT))
        .and_then(|tensor| tensor.shape.as_mut())
        .map(|shape| shape.dim.as_mut_slice())
        .ok_or_else(|| wrong("a tensor of floats with a shape", "another type"))
}

/// The sizes of a value, for an error message.
pub(crate) fn sizes(shape: &[Dimension]) -> String {
    let size = |dimension: &Dimension| dimension.dim_value.map_or("?".to_owned(), |size| size.to_string());
    format!("[{}]", shape.iter().take(SHOWN_NUMBERS).map(size).collect::<Vec<_>>().join(", "))
}
