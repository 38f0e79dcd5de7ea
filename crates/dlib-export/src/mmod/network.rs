//! The layers of the detector in the order of the file.
//!
//! dlib nests its layer types, so a file first has the versions of the wrappers around all layers,
//! from the output down to the input, and then the contents of the layers, from the input up.

use super::architecture::Architecture;
use super::options::DetectionOptions;
use crate::error::ExportError;
use crate::layers::{
    Convolution, ConvolutionShape, FIRST_LAYER, LAYER, expect_pyramid_input, expect_relu, read_batch_norm,
    skip_state,
};
use crate::reader::Reader;

/// The network, with every batch normalisation folded into the convolution before it. Each
/// convolution but the last is followed by a relu.
#[derive(Debug, PartialEq)]
pub(super) struct Mmod {
    pub(super) options: DetectionOptions,
    pub(super) convolutions: Vec<Convolution>,
}

impl Mmod {
    pub(super) fn read(reader: &mut Reader<'_>, architecture: &Architecture) -> Result<Self, ExportError> {
        reader.expect_integer(1, "the version of a loss layer's wrapper")?;
        let options = DetectionOptions::read(reader)?;
        let shapes = architecture.convolutions;
        // Convolution, batch normalisation, relu; the last is a convolution alone.
        // From 1, for the layer at the input has another version.
        for _ in 1..(3 * shapes.len()).saturating_sub(2) {
            reader.expect_integer(LAYER, "the version of a layer's wrapper")?;
        }
        reader.expect_integer(FIRST_LAYER, "the version of the first layer's wrapper")?;

        expect_pyramid_input(reader, architecture.averages)?;
        let convolutions = shapes
            .iter()
            .enumerate()
            .map(|(index, &shape)| convolution(reader, shape, index == 0, index + 1 == shapes.len()))
            .collect::<Result<_, _>>()?;
        Ok(Self { options, convolutions })
    }
}

fn convolution(
    reader: &mut Reader<'_>,
    shape: ConvolutionShape,
    is_first: bool,
    is_last: bool,
) -> Result<Convolution, ExportError> {
    let convolution = Convolution::read(reader, shape)?;
    skip_state(reader)?;
    // dlib keeps it in the layer that sits on the input, behind that layer's own state.
    if is_first {
        reader.expect_integer(1, "the sample expansion factor")?;
    }
    if is_last {
        return Ok(convolution);
    }
    let offset = reader.offset();
    let scaling = read_batch_norm(reader, shape.filters)?;
    let folded = convolution.followed_by(&scaling, offset)?;
    skip_state(reader)?;
    expect_relu(reader)?;
    skip_state(reader)?;
    Ok(folded)
}
