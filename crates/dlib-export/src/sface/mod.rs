//! SFace, the second face embedder: from OpenCV's ONNX file to one with a free batch, which runs in half
//! of the time.

mod architecture;
mod chain;
mod graph;
mod network;

use crate::error::ExportError;
use crate::onnx::proto;
use crate::onnx::wrong;
use architecture::{Architecture, SFACE};
use network::SFace;

/// More than the published file, of 38.7 million bytes.
const LARGEST_FILE: usize = 64 << 20;

/// More than four times what the published file has beside its weights.
const LARGEST_STRUCTURE: usize = 1 << 18;

/// Converts `face_recognition_sface_2021dec.onnx` to a graph with a free batch.
///
/// The graph has the input `chips`, f32 `[batch, 3, 112, 112]`, channels red, green, blue, each already
/// normalised by the caller as `(value - 127.5) / 128` of values from 0 to 255; and the output
/// `embeddings`, f32 `[batch, 128]`, not normalised: the published numbers to 1e-6 of unit distance.
///
/// The published graph subtracts and divides itself, lists its weights among its inputs, so that runtimes
/// fold none of them, and has 27 `PRelu`, for which ONNX Runtime leaves the blocked layout of its
/// convolutions. Here the batch normalisations are folded into the convolutions and the matrix, and each
/// `PRelu` is written as `(1 - a) relu(x) + a x` with convolutions by 1.
///
/// SFace: Y. Zhong and others, "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition"
/// (2021). The published weights are under the Apache licence 2.0. The same bytes always give the same
/// model.
///
/// # Errors
/// [`ExportError`] if the file is not an ONNX model of at most 64 MiB or not this network in every
/// operator and size, or if a weight is not finite.
pub fn sface_to_onnx(onnx: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(onnx, &SFACE)
}

fn to_onnx(onnx: &[u8], architecture: &Architecture) -> Result<Vec<u8>, ExportError> {
    if onnx.len() > LARGEST_FILE {
        return Err(wrong("a file of at most 64 MiB", format!("{} bytes", onnx.len())));
    }
    // A limit of its own: weights take as much memory as bytes, what is beside them up to fifty times that.
    // A file that is cut off has no such size; decoding says what is wrong with it.
    if let Some(size) = proto::structure_size(onnx).filter(|&size| size > LARGEST_STRUCTURE) {
        return Err(wrong("at most 256 KiB beside the weights", format!("{size} bytes")));
    }
    let network = SFace::read(proto::decode(onnx)?, architecture)?;
    Ok(graph::model(&network, architecture))
}

#[cfg(test)]
mod tests;
