//! dlib's face detector by histograms of oriented gradients: filters over a picture's cells.
//!
//! Source of the format and of the algorithm: dlib/image_processing/object_detector.h and
//! scan_fhog_pyramid.h, after Felzenszwalb et al., "Object Detection with Discriminatively Trained
//! Part Based Models" (2010).

mod format;
mod safetensors;

use crate::error::ExportError;
use crate::reader::Reader;

/// Features of a cell: 18 orientations, 9 without their sign, 4 of texture.
const FEATURES: usize = 31;

/// An object detector whose parts agree with each other.
#[derive(Debug, PartialEq)]
struct HogDetector {
    scan: Scan,
    /// Intersection over the rectangle around both, and intersection over either box: above one of
    /// them, the box of the lower score is dropped.
    overlap: [f64; 2],
    /// `[detectors, FEATURES, rows, columns]`.
    filters: Vec<f32>,
    /// `[detectors]`.
    thresholds: Vec<f64>,
}

/// How a picture is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scan {
    /// Sides of a cell in pixels.
    cell: u32,
    /// Cells around the window that a filter also sees.
    padding: u32,
    /// Width and height in pixels.
    window: [u32; 2],
    max_levels: u32,
    /// Width and height in pixels of the smallest level of the pyramid.
    min_level: [u32; 2],
}

/// Converts dlib's frontal face detector, as its `serialize` writes it
/// (`object_detector<scan_fhog_pyramid<pyramid_down<6>>>`), to safetensors.
///
/// All numbers are little-endian. The tensors, with the sizes of the published detector:
///
/// | name | type | shape | content |
/// |---|---|---|---|
/// | `filters` | f32 | `[detectors, 31, rows, columns]`, `[5, 31, 10, 10]` | weights of the features of the cells under the window |
/// | `thresholds` | f64 | `[detectors]` | what the sum of a detector's products is compared with |
/// | `cell` | u32 | `[1]`: 8 | side of a cell, in pixels |
/// | `window` | u32 | `[2]`: 80, 80 | width and height of the window, in pixels |
/// | `padding` | u32 | `[1]`: 0 | cells around the window that the filters see |
/// | `min_level` | u32 | `[2]`: 64, 64 | width and height of the smallest level of the pyramid, in pixels |
/// | `max_levels` | u32 | `[1]`: 1000 | the most levels of the pyramid |
/// | `overlap` | f64 | `[2]`: 0.330, 0.789 | limits of non-maximum suppression, see below |
///
/// The metadata entry `format` is `hog-detector-1`. The same bytes always give the same result.
///
/// # What is computed of them
/// The score of detector `d` at a place is the sum over features `f`, rows `i` and columns `j` of
/// `filters[d, f, i, j] * feature[f, y + i, x + j]` (a correlation: nothing is mirrored) minus
/// `thresholds[d]`; 0 or more is a face. The weights are doubles in the file, here rounded to the
/// nearest `f32`, as dlib does before it filters; the threshold, which the file has as the last
/// number of each weight vector, stays a double.
///
/// dlib filters by a decomposition of each 10 x 10 plane into products of a column and a row
/// (singular values below the greater of 0.0001 and a thousandth of the largest are left out). In the
/// published detector that is exact: training has made the planes of low rank, 54 to 66 products a
/// detector for its 31 planes, and the next singular values are below 1e-15.
///
/// Of two boxes the one of the lower score is dropped, whichever detectors found them, if their
/// intersection is more than `overlap[0]` of the smallest rectangle around both, or more than
/// `overlap[1]` of either. The ratio of the pyramid, 5/6, is part of the C++ type and not in the file.
///
/// # Errors
/// [`ExportError`] if the file is not such a detector, is cut off or goes on after its end, if the
/// filters do not fit the window, a number is not finite, or a weight is beyond `f32`.
pub fn hog_to_safetensors(svm: &[u8]) -> Result<Vec<u8>, ExportError> {
    safetensors::write(&Reader::whole(svm, HogDetector::read)?)
}

#[cfg(test)]
mod tests;
