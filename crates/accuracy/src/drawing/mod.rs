//! Drawings of the numbers as SVG: the ROC and DET curves, and how the distances are spread.

mod axes;
mod curve;
mod det;
mod distances;
mod roc;
mod svg;

pub use curve::Curve;
pub use det::draw_det;
pub use distances::draw_distances;
pub use roc::draw_roc;

#[cfg(test)]
mod tests;
