//! Writes an object detector as safetensors.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::{FEATURES, HogDetector, Scan};
use crate::error::ExportError;

/// Name and version of the layout, under the metadata key `format`.
const FORMAT: &str = "hog-detector-1";

/// The bytes depend on the detector alone: the crate sorts the tensors by type and name, and the
/// metadata has a single entry, so that the order of a hash map does not matter. That is why the
/// sizes are tensors too.
pub(super) fn write(detector: &HogDetector) -> Result<Vec<u8>, ExportError> {
    let Scan { cell, padding, window, max_levels, min_level } = detector.scan;
    let [rows, columns] = detector.scan.filter_shape();
    let detectors = detector.thresholds.len();
    let filters: Vec<u8> = detector.filters.iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensors = [
        ("filters", Dtype::F32, vec![detectors, FEATURES, rows, columns], filters),
        ("thresholds", Dtype::F64, vec![detectors], f64_bytes(&detector.thresholds)),
        ("overlap", Dtype::F64, vec![2], f64_bytes(&detector.overlap)),
        ("cell", Dtype::U32, vec![1], u32_bytes(&[cell])),
        ("window", Dtype::U32, vec![2], u32_bytes(&window)),
        ("padding", Dtype::U32, vec![1], u32_bytes(&[padding])),
        ("min_level", Dtype::U32, vec![2], u32_bytes(&min_level)),
        ("max_levels", Dtype::U32, vec![1], u32_bytes(&[max_levels])),
    ];
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, ExportError>>()?;
    let metadata = HashMap::from([("format".to_owned(), FORMAT.to_owned())]);
    Ok(serialize(views, Some(metadata))?)
}

fn f64_bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn u32_bytes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
