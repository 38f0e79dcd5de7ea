//! Writes named tensors as a safetensors file whose bytes depend on the tensors alone.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use crate::error::ExportError;

/// A tensor's name, type, shape and little-endian values in row-major order.
pub(crate) type NamedTensor = (&'static str, Dtype, Vec<usize>, Vec<u8>);

/// The file, with `format` under the metadata key of that name.
///
/// The crate sorts the tensors by type and name, and the metadata has a single entry, so that the order
/// of a hash map does not matter.
pub(crate) fn write(format: &str, tensors: &[NamedTensor]) -> Result<Vec<u8>, ExportError> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, ExportError>>()?;
    let metadata = HashMap::from([("format".to_owned(), format.to_owned())]);
    Ok(serialize(views, Some(metadata))?)
}

pub(crate) fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn f64_bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn u32_bytes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
