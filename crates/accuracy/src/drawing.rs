//! Drawings of the numbers as SVG: the ROC curve, and how the distances are spread.

mod axes;
mod distances;
mod roc;
mod svg;

pub use distances::draw_distances;
pub use roc::{Curve, draw_roc};

#[cfg(test)]
mod tests;
