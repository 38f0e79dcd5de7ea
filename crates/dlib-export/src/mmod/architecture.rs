//! The shape of a detector of dlib's kind: its convolutions and their sizes, without weights.

use crate::layers::ConvolutionShape;

/// What such detectors differ in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Architecture {
    /// Averages of red, green and blue over the training pictures.
    pub(crate) averages: [f32; 3],
    /// From the input up; each but the last is normalised and rectified.
    pub(crate) convolutions: &'static [ConvolutionShape],
}

/// The published face detector.
pub(crate) const FACE_DETECTOR: Architecture = Architecture {
    averages: [122.782, 117.001, 104.298],
    convolutions: &[
        halving(3, 16),
        halving(16, 32),
        halving(32, 32),
        keeping(32, 45, 5),
        keeping(45, 45, 5),
        keeping(45, 45, 5),
        keeping(45, 1, 9),
    ],
};

/// A convolution by 5 that halves the picture; dlib pads a convolution only when its stride is 1.
pub(crate) const fn halving(inputs: usize, filters: usize) -> ConvolutionShape {
    ConvolutionShape { filters, inputs, kernel: 5, stride: 2, padding: 0 }
}

/// A convolution that keeps the size of the picture.
pub(crate) const fn keeping(inputs: usize, filters: usize, kernel: usize) -> ConvolutionShape {
    ConvolutionShape { filters, inputs, kernel, stride: 1, padding: kernel / 2 }
}

/// Where the cells of the output lie in the input: the centre of cell `i` is at `stride * i + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellGrid {
    pub(crate) stride: usize,
    pub(crate) offset: usize,
}

impl Architecture {
    /// The maps of all convolutions after each other, from the output down (dlib's
    /// `con_::map_output_to_input`).
    pub(crate) fn cells(&self) -> CellGrid {
        let at_output = CellGrid { stride: 1, offset: 0 };
        self.convolutions.iter().rev().fold(at_output, |CellGrid { stride, offset }, shape| CellGrid {
            stride: stride * shape.stride,
            // No padding exceeds half the kernel.
            offset: offset * shape.stride + (shape.kernel / 2).saturating_sub(shape.padding),
        })
    }
}
