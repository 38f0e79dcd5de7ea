//! Writes a shape predictor as safetensors.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::{ShapePredictor, Sizes};
use crate::error::ExportError;

/// Name and version of the layout, under the metadata key `format`.
const FORMAT: &str = "shape-predictor-1";

/// The bytes depend on the predictor alone: the crate sorts the tensors by type and name, and the
/// metadata has a single entry, so that the order of a hash map does not matter.
pub(super) fn write(predictor: &ShapePredictor) -> Result<Vec<u8>, ExportError> {
    let Sizes { points, cascades, features, trees, splits } = predictor.sizes;
    let split_shape = vec![cascades, trees, splits];
    let tensors = [
        ("mean_shape", Dtype::F32, vec![points, 2], f32_bytes(&predictor.mean_shape)),
        ("anchors", Dtype::U32, vec![cascades, features], u32_bytes(&predictor.anchors)),
        ("deltas", Dtype::F32, vec![cascades, features, 2], f32_bytes(&predictor.deltas)),
        ("split_a", Dtype::U32, split_shape.clone(), u32_bytes(&predictor.split_a)),
        ("split_b", Dtype::U32, split_shape.clone(), u32_bytes(&predictor.split_b)),
        ("thresholds", Dtype::F32, split_shape, f32_bytes(&predictor.thresholds)),
        (
            "leaves",
            Dtype::F32,
            vec![cascades, trees, predictor.sizes.leaves(), 2 * points],
            f32_bytes(&predictor.leaves),
        ),
    ];
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, ExportError>>()?;
    let metadata = HashMap::from([("format".to_owned(), FORMAT.to_owned())]);
    Ok(serialize(views, Some(metadata))?)
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn u32_bytes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
