//! YuNet, the primary detector: one run of its network, and its anchors read back as faces.
//!
//! The network (2023mar, MIT) takes BGR pixels as they are and answers for strides of 8, 16 and 32
//! pixels; its decoding is described where the weights are published.

use ort::environment::Environment;

use crate::manifest::{Channels, ModelEntry};
use crate::network::Network;
use crate::{BoundingBox, Detection, DetectorKind, EngineOptions, InferenceError, OpenError, Point, RgbView};

/// Pixels between neighbouring cells of each output level.
const STRIDES: [usize; 3] = [8, 16, 32];

/// Both sides of the input must be multiples of this; the padding is black, right and below.
// The largest stride, so that every level consists of whole cells.
const MULTIPLE: usize = 32;

/// The loaded detector.
#[derive(Debug)]
pub(crate) struct Yunet {
    network: Network,
    outputs: Vec<String>,
}

impl Yunet {
    pub(crate) fn open(
        environment: &Environment,
        model: &ModelEntry,
        bytes: &[u8],
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let input = model.input()?;
        // `tensor` writes the pixels so, whatever the manifest says.
        if input.channels != Channels::Bgr || input.mean != [0.0; 3] || input.scale != 1.0 {
            return Err(model.unusable("YuNet takes BGR pixels as they are".into()));
        }
        // `detect` takes them by fours, in the order of `decode`.
        let outputs =
            STRIDES.iter().flat_map(|s| ["cls", "obj", "bbox", "kps"].map(|kind| format!("{kind}_{s}")));
        Ok(Self { outputs: outputs.collect(), network: Network::open(environment, model, bytes, options)? })
    }

    /// Faces that score at least `min_score`, before suppression, in the picture's pixels.
    pub(crate) fn detect(
        &self,
        picture: RgbView<'_>,
        min_score: f32,
    ) -> Result<Vec<Detection>, InferenceError> {
        let (values, width, height) = tensor(picture);
        let found = self.network.run([1, 3, height, width], &values, &self.outputs, |outputs| {
            let (levels, _) = outputs.as_chunks::<4>();
            levels
                .iter()
                .zip(STRIDES)
                .map(|(level, stride)| decode(level, stride, width, height, min_score))
                .collect()
        })?;
        let levels: Option<Vec<Vec<Detection>>> = found;
        let levels =
            levels.ok_or_else(|| self.network.misshapen(format!("not the cells of {width}x{height}")))?;
        Ok(levels.into_iter().flatten().collect())
    }
}

/// Blue, green and red planes of the padded picture, and the padded width and height.
fn tensor(picture: RgbView<'_>) -> (Vec<f32>, usize, usize) {
    let width = picture.width().next_multiple_of(MULTIPLE);
    let height = picture.height().next_multiple_of(MULTIPLE);
    let mut values = vec![0.0; 3 * width * height];
    let (blue, others) = values.split_at_mut(width * height);
    let (green, red) = others.split_at_mut(width * height);
    let lines =
        blue.chunks_exact_mut(width).zip(green.chunks_exact_mut(width)).zip(red.chunks_exact_mut(width));
    for (((blue, green), red), row) in lines.zip((0..picture.height()).map(|y| picture.row(y))) {
        for (((blue, green), red), pixel) in blue.iter_mut().zip(green).zip(red).zip(row.as_chunks::<3>().0) {
            [*red, *green, *blue] = pixel.map(f32::from);
        }
    }
    (values, width, height)
}

/// The detections of one level, from its class, object, box and point outputs; `None` when an output
/// has not one entry a cell.
pub(crate) fn decode(
    [class, object, boxes, points]: &[&[f32]; 4],
    stride: usize,
    width: usize,
    height: usize,
    min_score: f32,
) -> Option<Vec<Detection>> {
    let (columns, rows) = (width / stride, height / stride);
    let cells = columns * rows;
    let (boxes, points) = (boxes.as_chunks::<4>().0, points.as_chunks::<10>().0);
    if [class.len(), object.len(), boxes.len(), points.len()] != [cells; 4] {
        return None;
    }
    // Clamped as OpenCV's `FaceDetectorYN` does it, so that nothing negative comes under the root.
    let scores = class.iter().zip(*object).map(|(c, o)| (c.clamp(0.0, 1.0) * o.clamp(0.0, 1.0)).sqrt());
    let candidates =
        scores.zip(boxes.iter().zip(points)).enumerate().filter(|(_, (score, _))| *score >= min_score);
    let detections = candidates.map(|(cell, (score, (b, k)))| {
        detection(score, b, k, (cell % columns) as f32, (cell / columns) as f32, stride as f32)
    });
    // A size is a power of e, which overflows for values that only a broken network gives.
    Some(detections.filter(Detection::is_finite).collect())
}

/// One anchor: `bbox` is the centre's offset from the cell and the logarithm of the size, in strides;
/// `kps` are five points' offsets from the cell, in strides.
fn detection(score: f32, bbox: &[f32; 4], kps: &[f32; 10], column: f32, row: f32, stride: f32) -> Detection {
    let [dx, dy, log_width, log_height] = *bbox;
    let (width, height) = (log_width.exp() * stride, log_height.exp() * stride);
    let (x, y) = ((column + dx) * stride, (row + dy) * stride);
    let mut points = [Point { x: 0.0, y: 0.0 }; 5];
    for (point, offset) in points.iter_mut().zip(kps.as_chunks::<2>().0) {
        *point = Point { x: (offset[0] + column) * stride, y: (offset[1] + row) * stride };
    }
    let bounding_box = BoundingBox { left: x - width / 2.0, top: y - height / 2.0, width, height };
    Detection { bounding_box, score, points: Some(points), found_by: DetectorKind::Yunet }
}

#[cfg(test)]
mod tests {
    use image::RgbImage;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn planes_are_blue_green_red_and_padded_with_black() {
        let picture = RgbImage::from_pixel(33, 2, image::Rgb([1, 2, 3]));
        let (values, width, height) = tensor(RgbView::from_image(&picture).unwrap());
        assert_eq!((width, height), (64, 32));
        assert_eq!([values[32], values[33], values[64 * 2]], [3.0, 0.0, 0.0]);
        assert_eq!([values[64 * 32], values[2 * 64 * 32]], [2.0, 1.0]);
    }

    #[test]
    fn an_anchor_becomes_a_box_around_its_cell() {
        let found = detection(0.9, &[0.5, 0.25, 0.0, 2.0_f32.ln()], &[0.0; 10], 3.0, 2.0, 8.0);
        let expected = BoundingBox { left: 24.0, top: 10.0, width: 8.0, height: 16.0 };
        assert!((found.bounding_box.iou(&expected) - 1.0).abs() < 1e-5, "{found:?}");
        assert_eq!(found.points.unwrap()[4], Point { x: 24.0, y: 16.0 });
    }

    proptest! {
        #[test]
        fn any_output_of_a_network_is_read_without_a_panic(
            values in prop::collection::vec(prop::num::f32::ANY, 16 * 16),
            cut in 0_usize..16,
        ) {
            let outputs = [&values[..16 - cut], &values[16..32], &values[32..96], &values[96..]];
            match decode(&outputs, 8, 32, 32, 0.5) {
                Some(found) => {
                    prop_assert_eq!(cut, 0);
                    prop_assert!(found.iter().all(Detection::is_finite));
                }
                None => prop_assert!(cut > 0),
            }
        }
    }
}
