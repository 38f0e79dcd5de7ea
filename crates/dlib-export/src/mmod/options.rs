//! The options of the loss: besides those of training, what a detection is.

use crate::error::ExportError;
use crate::reader::Reader;

/// The largest side of a window that is believed, in pixels.
const LARGEST_WINDOW: usize = 1 << 12;

/// What turns scores into detections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DetectionOptions {
    /// Sides of the window in pixels, 1 or more.
    pub(super) window_width: usize,
    pub(super) window_height: usize,
    /// Limits of non-maximum suppression (dlib's `test_box_overlap`), both from 0 to 1.
    pub(super) nms_iou: f64,
    pub(super) nms_covered: f64,
}

impl DetectionOptions {
    /// A `loss_mmod_` layer with options of version 1, which has a single window.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ExportError> {
        reader.expect_name("loss_mmod_")?;
        reader.expect_integer(1, "the version of the detector's options")?;
        let window_width = side(reader, "the width of the window")?;
        let window_height = side(reader, "the height of the window")?;
        // Checked to be finite numbers and no more: a detection does not depend on them.
        for training in ["the loss of a false alarm", "the loss of a miss", "the overlap with a truth"] {
            reader.f64(training)?;
        }
        let nms_iou = reader.fraction("the overlap at which a box is suppressed")?;
        let nms_covered = reader.fraction("the cover at which a box is suppressed")?;
        // Boxes to be ignored are marked in training pictures.
        reader.fraction("the overlap with an ignored box")?;
        reader.fraction("the cover by an ignored box")?;
        Ok(Self { window_width, window_height, nms_iou, nms_covered })
    }
}

fn side(reader: &mut Reader<'_>, expected: &'static str) -> Result<usize, ExportError> {
    reader.size_within(1..=LARGEST_WINDOW, expected)
}
