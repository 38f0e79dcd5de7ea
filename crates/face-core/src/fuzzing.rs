//! What the fuzz targets need of the way from a detector's output to a chip.

use crate::align::{Alignment, align};
use crate::nms::suppress;
use crate::{BoundingBox, Chip, Detection, DetectorKind, Face, Landmarks, RgbView, detect};

/// YuNet's outputs for one stride (class, object, box and points of each cell) read as faces, scaled to
/// the picture and suppressed; `None` when an output has not one entry a cell.
#[must_use]
pub fn yunet(
    outputs: &[&[f32]; 4],
    stride: usize,
    [width, height]: [usize; 2],
    scale: f32,
    min_score: f32,
) -> Option<Vec<Detection>> {
    let found = detect::decode(outputs, stride, width, height, min_score)?;
    Some(suppress(found.into_iter().map(|face| face.scaled(scale, scale)).collect(), 0.3))
}

/// The chip around five points, wherever they are.
#[must_use]
pub fn chip(picture: RgbView<'_>, landmarks: &Landmarks, zoom: f64) -> Chip {
    let bounding_box = BoundingBox { left: 0.0, top: 0.0, width: 0.0, height: 0.0 };
    let detection = Detection { bounding_box, score: 0.0, points: None, found_by: DetectorKind::Hog };
    let face = Face { detection, landmarks: *landmarks };
    align(picture, &face, &Alignment::Dlib { padding: 0.25 }, 150, zoom)
}

/// How much two boxes overlap, 0 to 1.
#[must_use]
pub fn overlap(a: &BoundingBox, b: &BoundingBox) -> f32 {
    a.iou(b)
}
