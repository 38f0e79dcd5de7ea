//! What the fuzz targets need: each reader of dlib's format, and a valid file that is small enough to
//! be taken apart by chance.

use crate::{ExportError, hog, mmod, resnet, shape_predictor};

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
    Format { name: "resnet", export: resnet::network_file::tiny_to_onnx, valid: resnet::network_file::tiny },
    Format { name: "mmod", export: mmod::network_file::tiny_to_onnx, valid: mmod::network_file::tiny },
    Format { name: "hog", export: hog::hog_to_safetensors, valid: hog::detector_file::small },
    Format {
        name: "shape-predictor",
        export: shape_predictor::shape_predictor_to_safetensors,
        valid: shape_predictor::predictor_file::small,
    },
];
