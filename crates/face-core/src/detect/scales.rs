//! YuNet at more than one scale: the picture is searched in copies, and the findings are merged.

use super::resize::shrink;
use super::yunet::Yunet;
use crate::nms::suppress;
use crate::{Detection, InferenceError, RgbView};

/// Longest sides, in pixels, at which a picture is searched, the larger first. YuNet was trained on
/// faces of 10 to 300 pixels: the small copy finds whoever fills the frame, the larger one those who
/// stand behind.
const SCALES: [usize; 2] = [640, 320];

/// Detections that overlap by more than this are one face (YuNet's own value).
const OVERLAP: f32 = 0.3;

/// All faces that score at least `min_score`, in the picture's pixels, best score first.
pub(super) fn detect(
    yunet: &Yunet,
    picture: RgbView<'_>,
    min_score: f32,
) -> Result<Vec<Detection>, InferenceError> {
    let mut found = Vec::new();
    for copy in shrink(picture, SCALES) {
        let scale_x = picture.width() as f32 / copy.width() as f32;
        let scale_y = picture.height() as f32 / copy.height() as f32;
        let faces = yunet.detect(&copy, min_score)?;
        found.extend(faces.into_iter().map(|face| face.scaled(scale_x, scale_y)));
    }
    Ok(suppress(found, OVERLAP))
}
