//! Writes a shape predictor as safetensors.

use safetensors::Dtype;

use super::{ShapePredictor, Sizes};
use crate::error::ExportError;
use crate::tensor_file::{self, f32_bytes, u32_bytes};

/// Name and version of the layout, under the metadata key `format`.
const FORMAT: &str = "shape-predictor-1";

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
    tensor_file::write(FORMAT, &tensors)
}
