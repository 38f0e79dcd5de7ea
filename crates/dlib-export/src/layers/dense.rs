//! Fully connected layers.

use super::{expect_view, parameters, skip_multipliers};
use crate::error::ExportError;
use crate::reader::Reader;

/// dlib's `FC_NO_BIAS`.
const WITHOUT_BIAS: i64 = 1;

/// A matrix `[inputs, outputs]` in row-major order; the layer multiplies a row vector by it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dense {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Vec<f32>,
}

impl Dense {
    /// An `fc_2` layer without bias.
    pub(crate) fn read(reader: &mut Reader<'_>, inputs: usize, outputs: usize) -> Result<Self, ExportError> {
        reader.expect_name("fc_2")?;
        reader.expect_size(outputs, "the number of outputs")?;
        reader.expect_size(inputs, "the number of inputs")?;
        let weights = parameters(reader, inputs * outputs, "the parameters of a fully connected layer")?;
        expect_view(reader, [inputs, outputs, 1, 1], "the weights of a fully connected layer")?;
        // Without a bias dlib still writes its view, which is empty.
        expect_view(reader, [0; 4], "the biases of a fully connected layer")?;
        reader.expect_integer(WITHOUT_BIAS, "the mode without bias")?;
        skip_multipliers(reader)?;
        Ok(Self { inputs, outputs, weights })
    }
}
