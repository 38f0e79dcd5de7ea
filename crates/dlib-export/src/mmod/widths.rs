//! The same network in sizes that runtimes are fast at: channels in fours, and the last filter row by row.
//!
//! ONNX Runtime keeps blocks of channels together only where their number is a multiple of four, and works on
//! eight or sixteen filters at once, however few there are. The published detector has 45 channels, and one
//! filter of 9 x 9 at its output, which would take a fifth of the time.

use crate::layers::{Convolution, ConvolutionShape};

/// Channels come in multiples of this.
const MULTIPLE: usize = 4;

/// A convolution with channels of zeros appended: to `inputs` of them, and filters to the next multiple.
pub(super) fn widened(convolution: &Convolution, inputs: usize) -> Convolution {
    let ConvolutionShape { filters, kernel, .. } = convolution.shape;
    let shape = ConvolutionShape { filters: filters.next_multiple_of(MULTIPLE), inputs, ..convolution.shape };
    let weights = resized(&convolution.weights, inputs_of(convolution), inputs * kernel * kernel);
    Convolution {
        shape,
        weights: followed_by_zeros(weights, shape.weight_shape().iter().product()),
        biases: followed_by_zeros(convolution.biases.clone(), shape.filters),
    }
}

/// The weights of one filter over `inputs` channels as one filter a row: `[rows, inputs, 1, columns]`.
pub(super) fn by_row(convolution: &Convolution, inputs: usize) -> Vec<f32> {
    let kernel = convolution.shape.kernel;
    let planes = convolution.weights.chunks_exact(kernel * kernel);
    let rows = (0..kernel).flat_map(|row| {
        let of_row =
            planes.clone().flat_map(move |plane| plane.chunks_exact(kernel).nth(row).unwrap_or_default());
        // The input has the channels of zeros that were appended before, which no filter of the file knows.
        let zeros = std::iter::repeat_n(&0.0, inputs.saturating_sub(convolution.shape.inputs) * kernel);
        of_row.chain(zeros)
    });
    rows.copied().collect()
}

/// What adds up the rows, each from its place: `[1, rows, rows, 1]`, ones on the diagonal.
pub(super) fn diagonal(rows: usize) -> Vec<f32> {
    (0..rows * rows).map(|index| if index / rows == index % rows { 1.0 } else { 0.0 }).collect()
}

/// Weights of one filter.
fn inputs_of(convolution: &Convolution) -> usize {
    convolution.shape.inputs * convolution.shape.kernel * convolution.shape.kernel
}

/// Each piece of `length` values followed by zeros up to `wanted`.
fn resized(values: &[f32], length: usize, wanted: usize) -> Vec<f32> {
    values.chunks_exact(length).flat_map(|piece| followed_by_zeros(piece.to_vec(), wanted)).collect()
}

fn followed_by_zeros(mut values: Vec<f32>, wanted: usize) -> Vec<f32> {
    values.resize(wanted.max(values.len()), 0.0);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convolution(filters: usize, inputs: usize, kernel: usize) -> Convolution {
        let shape = ConvolutionShape { filters, inputs, kernel, stride: 1, padding: kernel / 2 };
        let count = shape.weight_shape().iter().product::<usize>();
        let numbers = |count: usize| (0_u8..).map(|n| f32::from(n) + 1.0).take(count).collect();
        Convolution { shape, weights: numbers(count), biases: numbers(filters) }
    }

    #[test]
    fn channels_of_zeros_are_appended() {
        let widened = widened(&convolution(3, 1, 1), 2);
        assert_eq!(widened.shape.weight_shape(), [4, 2, 1, 1]);
        assert_eq!(widened.weights, [1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
        assert_eq!(widened.biases, [1.0, 2.0, 3.0, 0.0]);
        let whole = convolution(4, 4, 3);
        assert_eq!(super::widened(&whole, 4), whole);
    }

    #[test]
    fn a_filter_is_taken_apart_into_its_rows() {
        let rows = by_row(&convolution(1, 2, 2), 3);
        assert_eq!(rows, [1.0, 2.0, 5.0, 6.0, 0.0, 0.0, 3.0, 4.0, 7.0, 8.0, 0.0, 0.0]);
        assert_eq!(diagonal(2), [1.0, 0.0, 0.0, 1.0]);
    }
}
