//! Writes an object detector as safetensors.

use safetensors::Dtype;

use super::{FEATURES, HogDetector, Scan};
use crate::error::ExportError;
use crate::tensor_file::{self, f32_bytes, f64_bytes, u32_bytes};

/// Name and version of the layout, under the metadata key `format`.
const FORMAT: &str = "hog-detector-1";

/// The metadata of such a file has a single entry, so the sizes are tensors too.
pub(super) fn write(detector: &HogDetector) -> Result<Vec<u8>, ExportError> {
    let Scan { cell, padding, window, max_levels, min_level } = detector.scan;
    let [rows, columns] = detector.scan.filter_shape();
    let detectors = detector.thresholds.len();
    let tensors = [
        ("filters", Dtype::F32, vec![detectors, FEATURES, rows, columns], f32_bytes(&detector.filters)),
        ("thresholds", Dtype::F64, vec![detectors], f64_bytes(&detector.thresholds)),
        ("overlap", Dtype::F64, vec![2], f64_bytes(&detector.overlap)),
        ("cell", Dtype::U32, vec![1], u32_bytes(&[cell])),
        ("window", Dtype::U32, vec![2], u32_bytes(&window)),
        ("padding", Dtype::U32, vec![1], u32_bytes(&[padding])),
        ("min_level", Dtype::U32, vec![2], u32_bytes(&min_level)),
        ("max_levels", Dtype::U32, vec![1], u32_bytes(&[max_levels])),
    ];
    tensor_file::write(FORMAT, &tensors)
}
