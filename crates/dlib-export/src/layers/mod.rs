//! The layers of dlib's networks as they are serialised (dlib/dnn/layers.h, core.h and input.h).
//!
//! A layer starts with its name and version, and repeats its sizes; a reader is told the sizes that
//! the network has there and refuses others. Around each layer lies the state of the training
//! framework, which [`skip_state`] passes over.

mod batch_norm;
mod convolution;
mod dense;
mod input;
mod pool;

pub(crate) use batch_norm::read_batch_norm;
pub(crate) use convolution::{Affine, Convolution, ConvolutionShape, nearest_f32};
pub(crate) use dense::Dense;
pub(crate) use input::{expect_pyramid_input, expect_rgb_input};
pub(crate) use pool::{Pool, PoolShape};

use crate::error::ExportError;
use crate::reader::Reader;

/// Versions of the wrappers of a computing layer, and of the one at the input.
pub(crate) const LAYER: i64 = 2;
pub(crate) const FIRST_LAYER: i64 = 3;

/// A layer without sizes or weights: its name is all there is.
pub(crate) fn expect_relu(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    reader.expect_name("relu_")
}

/// The sum of two layers; which ones, only the type of the network says.
pub(crate) fn expect_add(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    reader.expect_name("add_prev_")
}

/// What the framework keeps for each layer: three flags and three tensors (gradients and cached
/// output, empty in a cleaned network).
pub(crate) fn skip_state(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    // Read value by value: the format has no lengths by which a part could be skipped.
    for flag in ["the set-up flag", "the gradient flag", "the output flag"] {
        reader.boolean(flag)?;
    }
    for tensor in ["the input gradient", "the cached output", "the last gradient"] {
        reader.tensor(tensor)?;
    }
    Ok(())
}

/// The view of a part of a layer's parameters: version 1 and the four sizes it must have.
fn expect_view(
    reader: &mut Reader<'_>,
    shape: [usize; 4],
    expected: &'static str,
) -> Result<(), ExportError> {
    reader.expect_integer(1, "the version of a tensor view")?;
    let offset = reader.offset();
    let found = reader.shape(expected)?;
    if found == shape {
        return Ok(());
    }
    Err(ExportError::unexpected(
        offset,
        format!("{shape:?} as the sizes of {expected}"),
        format!("{found:?}"),
    ))
}

/// The parameters of a layer: a tensor of a known number of values.
fn parameters(
    reader: &mut Reader<'_>,
    count: usize,
    expected: &'static str,
) -> Result<Vec<f32>, ExportError> {
    let offset = reader.offset();
    let tensor = reader.tensor(expected)?;
    if tensor.values.len() == count {
        return Ok(tensor.values);
    }
    Err(ExportError::unexpected(offset, format!("{count} values as {expected}"), tensor.values.len()))
}

/// The multipliers of learning rate and weight decay, for weights and for biases.
fn skip_multipliers(reader: &mut Reader<'_>) -> Result<(), ExportError> {
    for _ in 0..4 {
        reader.f64("a training multiplier")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
