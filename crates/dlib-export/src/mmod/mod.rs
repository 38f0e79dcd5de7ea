//! dlib's face detector by convolution (MMOD, max-margin object detection), to ONNX.

pub(crate) mod architecture;
mod graph;
mod network;
mod options;
mod widths;

use crate::error::ExportError;
use crate::reader::Reader;
use architecture::{Architecture, FACE_DETECTOR};
use network::Mmod;

/// Converts `mmod_human_face_detector.dat` to ONNX.
///
/// The graph has the input `pictures`, f32 `[batch, 3, height, width]`, channels red, green, blue,
/// each already normalised by the caller as `(value - average) / 256` with the averages 122.782,
/// 117.001 and 104.298 of values from 0 to 255; and the output `scores`, f32
/// `[batch, 1, rows, columns]`, one score for each place of the window, where above 0 is a face. The
/// batch normalisations are folded into the convolutions; channels of zeros fill their number up to a
/// multiple of four, and the filter at the output is taken row by row and added up, which runtimes are
/// faster at. The same bytes always give the same model.
///
/// # From a cell to a box
/// The centre of the window of the cell in row `r` and column `c` is at
/// `(stride * c + offset, stride * r + offset)` in the input. Each convolution of kernel `k`, stride
/// `s` and padding `p` maps a place `x` in its output to `s * x - p + k / 2` (rounded down) in its
/// input: three of `k = 5, s = 2, p = 0` give `8 x + 14`, and the others, whose padding is half their
/// kernel, nothing more. So `rows = (height - 29) / 8 + 1` (rounded down), likewise the columns; the
/// box runs from the centre minus `(window - 1) / 2` to the centre plus as much, both pixels included.
///
/// # The pyramid
/// The network finds faces of the size of its window, so a picture is searched at all sizes, each 5/6
/// of the one before. dlib does not run it on each: it puts all of them into one tensor of zeros (the
/// average colour), `outer_padding` from the edges and `padding` from each other. A score depends on
/// where in a step of `stride` a picture lies there, by up to 0.04 within it and by tenths for a face
/// at its edge, as measured on test pictures. To have dlib's own scores, lay them out as dlib does (`compute_tiled_image_pyramid_details` in
/// dlib/image_transforms/image_pyramid.h) and run the tensor at once. A box at level `n` is moved by
/// the corner of its level, and each of its coordinates mapped `n` times by `x * 6 / 5 + 0.3`, then
/// rounded, a half away from zero.
///
/// # Metadata
/// What is known of the detector besides its weights is in the model's `metadata_props`:
///
/// | key | here | meaning |
/// |---|---|---|
/// | `format` | `mmod-1` | name and version of these keys |
/// | `window_width`, `window_height` | 80 | sides of the window, in pixels |
/// | `cell_stride`, `cell_offset` | 8, 14 | centre of a cell's window in the input, as above |
/// | `score_threshold` | 0 | a score above it is a detection |
/// | `nms_iou` | 0.3382761351109955 | of two boxes, the one of the lower score is dropped if their intersection is more than this part of the smallest rectangle around both |
/// | `nms_covered` | 1 | or more than this part of either box |
/// | `pyramid_numerator`, `pyramid_denominator` | 5, 6 | sides of a level relative to the one before, rounded down |
/// | `pyramid_padding`, `pyramid_outer_padding` | 10, 11 | pixels between levels, and around all |
/// | `pyramid_min_rows` | 5 | rows of the smallest level |
///
/// Integers are decimal; other numbers are the shortest decimals that name the same `f64`. The window
/// and the two limits of suppression are the file's; the pyramid is the one of the published
/// network's type, and its paddings are dlib's for a file of this version.
///
/// The network is described in dlib's examples/dnn_mmod_face_detection_ex.cpp, the method by King,
/// "Max-Margin Object Detection" (2015); the published weights are in the public domain (CC0).
///
/// # Errors
/// [`ExportError`] if the file is not this network, is cut off or goes on after its end, if a weight
/// is not finite, if its averages are others, or if its window or limits of suppression make no sense.
pub fn mmod_to_onnx(dat: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(dat, &FACE_DETECTOR)
}

pub(crate) fn to_onnx(dat: &[u8], architecture: &Architecture) -> Result<Vec<u8>, ExportError> {
    let network = Reader::whole(dat, |reader| Mmod::read(reader, architecture))?;
    Ok(graph::model(&network, architecture))
}

#[cfg(test)]
mod tests;
