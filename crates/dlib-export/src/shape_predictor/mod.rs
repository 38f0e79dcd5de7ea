//! Shape predictors: cascades of regression trees that move a mean shape onto a face.
//!
//! Source of the format and of the algorithm: dlib/image_processing/shape_predictor.h, after Kazemi
//! and Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees" (2014).

mod format;
mod safetensors;

use crate::error::ExportError;
use crate::reader::Reader;

/// A shape predictor whose parts agree with each other: all indices are in range, and all cascades
/// and trees have the same sizes, so that each field is one dense row-major array.
#[derive(Debug, PartialEq)]
struct ShapePredictor {
    sizes: Sizes,
    /// `[points, 2]`: x and y in the face box, whose sides have length 1.
    mean_shape: Vec<f32>,
    /// `[cascades, features]`: the landmark of the mean shape that a feature pixel moves with.
    anchors: Vec<u32>,
    /// `[cascades, features, 2]`: the feature pixel relative to its anchor.
    deltas: Vec<f32>,
    /// `[cascades, trees, splits]`: the two feature pixels that a node compares.
    split_a: Vec<u32>,
    split_b: Vec<u32>,
    /// `[cascades, trees, splits]`: a node goes left if pixel a - pixel b is greater than this.
    thresholds: Vec<f32>,
    /// `[cascades, trees, leaves, 2 * points]`: what a leaf adds to the shape.
    leaves: Vec<f32>,
}

/// The sizes of the arrays of a [`ShapePredictor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sizes {
    points: usize,
    cascades: usize,
    features: usize,
    trees: usize,
    splits: usize,
}

impl Sizes {
    /// A full binary tree has one leaf more than it has inner nodes.
    fn leaves(self) -> usize {
        self.splits + 1
    }
}

/// Converts a dlib shape predictor (`shape_predictor_5_face_landmarks.dat` or the one with 68
/// points) to safetensors.
///
/// All numbers are little-endian; floats are those of the file, bit for bit. The tensors:
///
/// | name | type | shape | content |
/// |---|---|---|---|
/// | `mean_shape` | f32 | `[points, 2]` | x, y in the face box, top left (0, 0), bottom right (1, 1) |
/// | `anchors` | u32 | `[cascades, features]` | the landmark nearest to each feature pixel in the mean shape |
/// | `deltas` | f32 | `[cascades, features, 2]` | feature pixel minus its anchor, in the mean shape |
/// | `split_a`, `split_b` | u32 | `[cascades, trees, splits]` | the two feature pixels a node compares |
/// | `thresholds` | f32 | `[cascades, trees, splits]` | what the difference a - b is compared with |
/// | `leaves` | f32 | `[cascades, trees, leaves, 2 * points]` | x, y added to each landmark |
///
/// A tree is full and lies in its array level by level: node 0 is the root, node `i` has the children
/// `2i + 1` (taken if `a - b > threshold`) and `2i + 2`; an index of `splits` or more is a leaf, whose
/// number is the index minus `splits`. So `leaves = splits + 1`, a power of two. The number of
/// landmarks and the sizes are those of the file; the metadata entry `format` is
/// `shape-predictor-1`.
///
/// # Errors
/// [`ExportError`] if the file is not a shape predictor, is cut off or goes on after its end, if an
/// index is out of range, a number is not finite, or if cascades or trees differ in size.
pub fn shape_predictor_to_safetensors(dat: &[u8]) -> Result<Vec<u8>, ExportError> {
    safetensors::write(&Reader::whole(dat, ShapePredictor::read)?)
}

#[cfg(test)]
mod tests;
