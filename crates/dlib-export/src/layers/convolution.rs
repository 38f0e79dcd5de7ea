//! Convolutions, and the per-channel scaling that folds into them.

use super::{expect_view, parameters, skip_multipliers};
use crate::error::ExportError;
use crate::reader::Reader;

/// The sizes of a square convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConvolutionShape {
    pub(crate) filters: usize,
    pub(crate) inputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// Zeros on each side.
    pub(crate) padding: usize,
}

impl ConvolutionShape {
    /// Rows (or columns) of the result for a picture of that many.
    pub(crate) fn output_side(self, side: usize) -> usize {
        (side + 2 * self.padding).saturating_sub(self.kernel) / self.stride.max(1) + 1
    }

    /// `[filters, inputs, rows, columns]`.
    pub(crate) fn weight_shape(self) -> [usize; 4] {
        [self.filters, self.inputs, self.kernel, self.kernel]
    }
}

/// A convolution with its weights, laid out as [`ConvolutionShape::weight_shape`] in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Convolution {
    pub(crate) shape: ConvolutionShape,
    pub(crate) weights: Vec<f32>,
    pub(crate) biases: Vec<f32>,
}

/// `y = gamma * x + beta`, a number of each for every channel: batch normalisation after training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affine {
    pub(crate) gamma: Vec<f64>,
    pub(crate) beta: Vec<f64>,
}

impl Convolution {
    /// A `con_4` layer, which must have the given sizes.
    pub(crate) fn read(reader: &mut Reader<'_>, shape: ConvolutionShape) -> Result<Self, ExportError> {
        let ConvolutionShape { filters, kernel, stride, padding, .. } = shape;
        let weight_shape = shape.weight_shape();
        let weight_count = weight_shape.iter().product::<usize>();

        reader.expect_name("con_4")?;
        let mut weights = parameters(reader, weight_count + filters, "the parameters of a convolution")?;
        reader.expect_size(filters, "the number of filters")?;
        for (size, what) in [
            (kernel, "the rows of a filter"),
            (kernel, "the columns of a filter"),
            (stride, "the vertical stride"),
            (stride, "the horizontal stride"),
            (padding, "the vertical padding"),
            (padding, "the horizontal padding"),
        ] {
            reader.expect_size(size, what)?;
        }
        expect_view(reader, weight_shape, "the filters of a convolution")?;
        expect_view(reader, [1, filters, 1, 1], "the biases of a convolution")?;
        skip_multipliers(reader)?;
        // dlib keeps both in one tensor, the biases last; the two views checked above say so.
        let biases = weights.split_off(weight_count);
        Ok(Self { shape, weights, biases })
    }

    /// A convolution by 1 that keeps the channels and appends channels of zeros.
    pub(crate) fn widening(inputs: usize, filters: usize) -> Self {
        let shape = ConvolutionShape { filters, inputs, kernel: 1, stride: 1, padding: 0 };
        let weights = (0..filters * inputs)
            .map(|index| if index / inputs == index % inputs { 1.0 } else { 0.0 })
            .collect();
        Self { shape, weights, biases: vec![0.0; filters] }
    }

    /// The convolution that computes `affine` of this one's result; an error at `offset`, where the
    /// affine layer starts, if a weight of it is too large for `f32`.
    pub(crate) fn followed_by(self, affine: &Affine, offset: usize) -> Result<Self, ExportError> {
        self.scaled(affine).ok_or_else(|| {
            ExportError::unexpected(
                offset,
                "a scaling that keeps the weights before it finite",
                "a product beyond f32",
            )
        })
    }

    /// The convolution that computes `affine` of this one's result, if its weights are finite. Products
    /// and sums are taken in double precision and rounded once.
    pub(crate) fn scaled(mut self, affine: &Affine) -> Option<Self> {
        let ConvolutionShape { inputs, kernel, .. } = self.shape;
        let filters = self.weights.chunks_exact_mut(inputs * kernel * kernel);
        let channels = affine.gamma.iter().zip(&affine.beta);
        for ((filter, bias), (&gamma, &beta)) in filters.zip(&mut self.biases).zip(channels) {
            for weight in filter {
                // The affine layer works on each channel of the result alone, which is one filter: so it
                // folds exactly, but for rounding.
                *weight = nearest_f32(f64::from(*weight) * gamma);
            }
            *bias = nearest_f32(f64::from(*bias).mul_add(gamma, beta));
        }
        // Finite factors can have a product that f32 does not hold; an infinite weight would be exported
        // unnoticed.
        self.weights.iter().chain(&self.biases).all(|value| value.is_finite()).then_some(self)
    }
}

impl Affine {
    /// An `affine_` layer after a convolution of that many filters.
    pub(crate) fn read(reader: &mut Reader<'_>, channels: usize) -> Result<Self, ExportError> {
        reader.expect_name("affine_")?;
        let values = parameters(reader, 2 * channels, "the parameters of an affine layer")?;
        expect_view(reader, [1, channels, 1, 1], "gamma")?;
        expect_view(reader, [1, channels, 1, 1], "beta")?;
        reader.expect_integer(0, "the per-channel mode")?;
        let mut gamma: Vec<f64> = values.into_iter().map(f64::from).collect();
        let beta = gamma.split_off(channels);
        Ok(Self { gamma, beta })
    }
}

/// The nearest number that 32 bits hold.
#[expect(clippy::cast_possible_truncation, reason = "rounding is the purpose")]
pub(crate) fn nearest_f32(value: f64) -> f32 {
    value as f32
}
