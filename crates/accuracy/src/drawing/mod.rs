//! Drawings of the numbers as SVG: the ROC and DET curves, and how the distances are spread.

mod axes;
mod curve;
mod curves;
mod distances;
mod svg;

pub use curve::Curve;
pub use curves::{draw_det, draw_roc};
pub use distances::draw_distances;

#[cfg(test)]
mod tests;
