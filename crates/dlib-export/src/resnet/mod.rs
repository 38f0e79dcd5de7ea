//! dlib's face embedder: the residual network of 29 convolutions, to ONNX.

pub(crate) mod architecture;
mod graph;
mod network;

use crate::error::ExportError;
use crate::reader::Reader;
use architecture::{Architecture, FACE_EMBEDDER};
use network::ResNet;

/// Converts `dlib_face_recognition_resnet_model_v1.dat` to ONNX.
///
/// The graph has the input `chips`, f32 `[batch, 3, 150, 150]`, channels red, green, blue, each
/// already normalised by the caller as `(value - average) / 256` with the averages 122.782, 117.001
/// and 104.298 of values from 0 to 255; and the output `embeddings`, f32 `[batch, 128]`, not
/// normalised. The same bytes always give the same model.
///
/// The network is described in dlib's examples/dnn_face_recognition_ex.cpp; the published weights
/// are in the public domain (CC0).
///
/// # Errors
/// [`ExportError`] if the file is not this network, is cut off or goes on after its end, if a weight
/// is not finite, or if its averages are others.
pub fn resnet_to_onnx(dat: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(dat, &FACE_EMBEDDER)
}

pub(crate) fn to_onnx(dat: &[u8], architecture: &Architecture) -> Result<Vec<u8>, ExportError> {
    let network = Reader::whole(dat, |reader| ResNet::read(reader, architecture))?;
    Ok(graph::model(&network, architecture))
}

#[cfg(test)]
mod tests;
