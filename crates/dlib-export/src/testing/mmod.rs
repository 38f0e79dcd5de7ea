//! Writes a detector with made-up weights as dlib does, for tests and fuzz targets.
#![expect(clippy::unwrap_used, reason = "what it writes is known, and no product code uses it")]

use super::Writer;
use super::layers::{ConvolutionParameters, Numbers, convolution, multipliers, relu, state, view};
use crate::error::ExportError;
use crate::mmod::architecture::{Architecture, FACE_DETECTOR, halving, keeping};
use crate::mmod::to_onnx;

/// A convolution of each kind, and the one at the output.
pub(crate) const TINY: Architecture = Architecture {
    averages: FACE_DETECTOR.averages,
    convolutions: &[halving(3, 4), halving(4, 4), keeping(4, 1, 3)],
};

/// The file of the tiny network.
#[cfg(fuzzing)]
pub(crate) fn tiny() -> Vec<u8> {
    NetworkFile::new(&TINY).bytes()
}

/// [`mmod_to_onnx`](crate::mmod_to_onnx) for the tiny network.
pub(crate) fn tiny_to_onnx(dat: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(dat, &TINY)
}

/// What a file says, free to be something else than a detector.
#[derive(Debug, Clone)]
pub(crate) struct NetworkFile {
    /// Version of the options, width and height of the window.
    pub(crate) window: [i64; 3],
    /// The losses, the overlap with a truth, then the limits of two tests of overlap.
    pub(crate) options: [f64; 7],
    pub(crate) averages: [f32; 3],
    /// In the order of the layers; the scaling of the last is not written.
    pub(crate) layers: Vec<Layer>,
    pub(crate) epsilon: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) parameters: ConvolutionParameters,
    pub(crate) means: Vec<f32>,
    pub(crate) variances: Vec<f32>,
    stride: i64,
    padding: i64,
}

impl NetworkFile {
    pub(crate) fn new(architecture: &Architecture) -> Self {
        let mut numbers = Numbers(1);
        let layer = |shape: &crate::layers::ConvolutionShape| Layer {
            parameters: numbers.convolution(shape.filters, shape.inputs, shape.kernel),
            means: numbers.take(shape.filters),
            // Roots that are exact: with an epsilon of 0.25, 1 / sqrt(variance + epsilon) is a half.
            variances: vec![3.75; shape.filters],
            stride: i64::try_from(shape.stride).unwrap(),
            padding: i64::try_from(shape.padding).unwrap(),
        };
        Self {
            window: [1, 80, 60],
            options: [1.0, 1.0, 0.5, 0.375, 0.875, 0.5, 1.0],
            averages: architecture.averages,
            layers: architecture.convolutions.iter().map(layer).collect(),
            epsilon: 0.25,
        }
    }

    /// The file after `change`.
    #[cfg(test)]
    pub(crate) fn changed(architecture: &Architecture, change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut file = Self::new(architecture);
        change(&mut file);
        file.bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = Writer::default();
        file.integer(1).name("loss_mmod_").integers(&self.window);
        for &option in &self.options {
            file.float(option);
        }
        // From the output down: a convolution, then relu, normalisation and convolution of each other.
        let (last, others) = self.layers.split_last().unwrap();
        for _ in others {
            file.integers(&[2, 2, 2]);
        }
        file.integer(3);
        file.name("input_rgb_image_pyramid").floats(&self.averages);
        for (index, layer) in others.iter().enumerate() {
            convolution(&mut file, &layer.parameters, layer.stride, layer.padding);
            if index == 0 {
                // How many crops of a picture were one sample in training.
                file.integer(1);
            }
            self.batch_norm(&mut file, layer);
            relu(&mut file);
        }
        convolution(&mut file, &last.parameters, last.stride, last.padding);
        file.bytes
    }

    fn batch_norm(&self, file: &mut Writer, layer: &Layer) {
        let ConvolutionParameters { gamma, beta, .. } = &layer.parameters;
        let values = [gamma.as_slice(), beta].concat();
        let shape = [1, gamma.len(), 1, 1];
        file.name("bn_con2").tensor([values.len(), 1, 1, 1], &values);
        view(file, shape);
        view(file, shape);
        // Statistics of a batch, to be passed over.
        file.tensor(shape, gamma).tensor([0; 4], &[]);
        file.tensor(shape, &layer.means).tensor(shape, &layer.variances).integers(&[100, 100]);
        state(multipliers(file).float(self.epsilon));
    }
}
