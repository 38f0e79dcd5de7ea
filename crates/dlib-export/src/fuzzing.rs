//! What the fuzz targets need: each reader of dlib's format, and a valid file that is small enough to
//! be taken apart by chance.

use crate::{ExportError, hog, shape_predictor, testing};

/// A reader and the smallest file that it takes.
#[derive(Debug)]
pub struct Format {
    /// What the file holds.
    pub name: &'static str,
    /// Reads a file and writes it anew. The networks are of the published kinds with fewer layers.
    pub export: fn(&[u8]) -> Result<Vec<u8>, ExportError>,
    /// Writes a valid file.
    pub valid: fn() -> Vec<u8>,
}

/// Every reader of dlib's format.
pub const FORMATS: [Format; 4] = [
    Format { name: "resnet", export: testing::resnet::tiny_to_onnx, valid: testing::resnet::tiny },
    Format { name: "mmod", export: testing::mmod::tiny_to_onnx, valid: testing::mmod::tiny },
    Format { name: "hog", export: hog::hog_to_safetensors, valid: testing::hog::small },
    Format {
        name: "shape-predictor",
        export: shape_predictor::shape_predictor_to_safetensors,
        valid: testing::shape_predictor::small,
    },
];
