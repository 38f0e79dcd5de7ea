//! Writes a network with made-up weights as dlib does, for tests and fuzz targets.
#![cfg_attr(fuzzing, expect(dead_code, reason = "the tests alone compare the parameters"))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what it writes is known, and no product code uses it"
)]

use super::Writer;
use super::layers::{ConvolutionParameters, Numbers, convolution, multipliers, relu, state, view};
use crate::error::ExportError;
use crate::resnet::architecture::{Architecture, Stage};
use crate::resnet::to_onnx;

/// A block of each kind: the picture kept; halved to the same size on both ways, and widened; halved
/// with a row and a column lost on the main way.
pub(crate) const TINY: Architecture = Architecture {
    side: 43,
    averages: [122.782, 117.001, 104.298],
    stem_filters: 2,
    stages: &[
        Stage { filters: 2, halves: false, blocks: 1 },
        Stage { filters: 3, halves: true, blocks: 2 },
        Stage { filters: 3, halves: true, blocks: 1 },
    ],
    embedding_size: 4,
};

/// The file of the tiny network.
#[cfg(fuzzing)]
pub(crate) fn tiny() -> Vec<u8> {
    NetworkFile::new(&TINY).bytes
}

/// [`resnet_to_onnx`](crate::resnet_to_onnx) for the tiny network.
pub(crate) fn tiny_to_onnx(dat: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(dat, &TINY)
}

/// A file, and the parameters in it in the order of the layers.
pub(crate) struct NetworkFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) convolutions: Vec<ConvolutionParameters>,
    pub(crate) embedding: Vec<f32>,
}

impl NetworkFile {
    pub(crate) fn new(architecture: &Architecture) -> Self {
        Self::changed(architecture, |_| {})
    }

    /// The file after `change` was made to the parameters of the convolutions.
    pub(crate) fn changed(
        architecture: &Architecture,
        change: impl FnOnce(&mut [ConvolutionParameters]),
    ) -> Self {
        let mut numbers = Numbers(1);
        let mut convolutions = vec![numbers.convolution(architecture.stem_filters, 3, 7)];
        // Whether each block halves the picture.
        let mut blocks = Vec::new();
        let mut inputs = architecture.stem_filters;
        for stage in architecture.stages {
            for index in 0..stage.blocks {
                blocks.push(stage.halves && index == 0);
                convolutions.push(numbers.convolution(stage.filters, inputs, 3));
                convolutions.push(numbers.convolution(stage.filters, stage.filters, 3));
                inputs = stage.filters;
            }
        }
        let embedding = numbers.take(inputs * architecture.embedding_size);
        change(&mut convolutions);

        let mut file = Writer::default();
        loss_and_versions(&mut file, &blocks);
        file.name("input_rgb_image_sized").floats(&architecture.averages);
        file.size(architecture.side).size(architecture.side);
        let (stem, pairs) = convolutions.split_first().unwrap();
        convolution(&mut file, stem, 2, 0);
        // How many crops of a picture were one sample in training.
        file.integer(1);
        affine(&mut file, stem);
        relu(&mut file);
        pool(&mut file, "max_pool_2", 3, 2);
        for (pair, &halves) in pairs.chunks_exact(2).zip(&blocks) {
            let (stride, padding) = if halves { (2, 0) } else { (1, 1) };
            convolution(&mut file, &pair[0], stride, padding);
            affine(&mut file, &pair[0]);
            relu(&mut file);
            convolution(&mut file, &pair[1], 1, 1);
            affine(&mut file, &pair[1]);
            if halves {
                pool(&mut file, "avg_pool_2", 2, 2);
            }
            state(file.name("add_prev_"));
            relu(&mut file);
        }
        pool(&mut file, "avg_pool_2", 0, 1);
        dense(&mut file, &embedding, inputs, architecture.embedding_size);
        Self { bytes: file.bytes, convolutions, embedding }
    }
}

/// From the output down: 2 for a layer, 1 for a tag or a skip, 3 for the layer at the input.
fn loss_and_versions(file: &mut Writer, blocks: &[bool]) {
    file.integer(1).name("loss_metric_2").floats(&[0.04, 0.6]);
    file.integers(&[2, 2]);
    for &halves in blocks.iter().rev() {
        file.integers(if halves { &[2, 2, 2, 1, 1, 2, 2, 2, 2, 2, 1] } else { &[2, 2, 2, 2, 2, 2, 2, 1] });
    }
    file.integers(&[2, 2, 2, 3]);
}

fn affine(file: &mut Writer, ConvolutionParameters { gamma, beta, .. }: &ConvolutionParameters) {
    let values = [gamma.as_slice(), beta].concat();
    file.name("affine_").tensor([values.len(), 1, 1, 1], &values);
    view(file, [1, gamma.len(), 1, 1]);
    view(file, [1, beta.len(), 1, 1]);
    state(file.integer(0));
}

fn pool(file: &mut Writer, name: &str, window: i64, stride: i64) {
    state(file.name(name).integers(&[window, window, stride, stride, 0, 0]));
}

fn dense(file: &mut Writer, weights: &[f32], inputs: usize, outputs: usize) {
    file.name("fc_2").size(outputs).size(inputs).tensor([weights.len(), 1, 1, 1], weights);
    view(file, [inputs, outputs, 1, 1]);
    view(file, [0; 4]);
    file.integer(1);
    state(multipliers(file));
}
