//! Writes the layers that networks of dlib have in common.
#![expect(clippy::unwrap_used, reason = "what it writes is known, and no product code uses it")]

use super::Writer;

/// A convolution and the scaling after it.
#[derive(Debug, Clone)]
pub(crate) struct ConvolutionParameters {
    /// Filters, inputs, rows, columns.
    pub(crate) shape: [usize; 4],
    pub(crate) weights: Vec<f32>,
    pub(crate) biases: Vec<f32>,
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
}

/// Eighths between -4 and 4, whose products and sums `f32` holds exactly.
pub(crate) struct Numbers(pub(crate) u32);

impl Numbers {
    pub(crate) fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let eighths = i16::try_from(self.0 >> 26).unwrap() - 32;
                f32::from(eighths) / 8.0
            })
            .collect()
    }

    pub(crate) fn convolution(
        &mut self,
        filters: usize,
        inputs: usize,
        kernel: usize,
    ) -> ConvolutionParameters {
        ConvolutionParameters {
            shape: [filters, inputs, kernel, kernel],
            weights: self.take(filters * inputs * kernel * kernel),
            biases: self.take(filters),
            gamma: self.take(filters),
            beta: self.take(filters),
        }
    }
}

pub(crate) fn convolution(file: &mut Writer, parameters: &ConvolutionParameters, stride: i64, padding: i64) {
    let ConvolutionParameters { shape, weights, biases, .. } = parameters;
    let [filters, _, rows, columns] = *shape;
    let values = [weights.as_slice(), biases].concat();
    file.name("con_4").tensor([values.len(), 1, 1, 1], &values).size(filters).size(rows).size(columns);
    file.integers(&[stride, stride, padding, padding]);
    view(file, *shape);
    view(file, [1, filters, 1, 1]);
    state(multipliers(file));
}

pub(crate) fn relu(file: &mut Writer) {
    state(file.name("relu_"));
}

pub(crate) fn view(file: &mut Writer, shape: [usize; 4]) {
    file.integer(1);
    for size in shape {
        file.size(size);
    }
}

pub(crate) fn multipliers(file: &mut Writer) -> &mut Writer {
    file.floats(&[1.0, 1.0, 1.0, 0.0])
}

/// What training leaves behind; the cached output is not empty here, to be passed over.
pub(crate) fn state(file: &mut Writer) {
    file.boolean(true).boolean(false).boolean(false);
    file.tensor([0; 4], &[]).tensor([1, 1, 1, 2], &[0.5, -0.5]).tensor([0; 4], &[]);
}
