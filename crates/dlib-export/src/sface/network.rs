//! The layers of SFace, in the order of the file, with everything folded that can be.

use super::architecture::{Architecture, LayerShape};
use super::chain::Chain;
use crate::error::ExportError;
use crate::layers::{Affine, Convolution, nearest_f32};
use crate::onnx::proto::{Dimension, GraphProto, ModelProto};
use crate::onnx::{float_shape, int, ints, shown, sizes, wrong};

const INPUT: &str = "data";
const OUTPUT: &str = "fc1";

/// The version of ONNX's operators in which the published graph is written.
const OPERATOR_SET: i64 = 11;

/// What the published graph subtracts from a value, and multiplies it by then. Here the caller does it.
const MEAN: f32 = 127.5;
const SCALE: f32 = 1.0 / 128.0;

/// The network: each batch normalisation is in the convolution, or the matrix, beside it.
#[derive(Debug, PartialEq)]
pub(super) struct SFace {
    pub(super) layers: Vec<Layer>,
    pub(super) embedding: Embedding,
}

/// A convolution, and the slopes of the activation after it where that is below 0, one a channel.
#[derive(Debug, PartialEq)]
pub(super) struct Layer {
    pub(super) shape: LayerShape,
    pub(super) convolution: Convolution,
    pub(super) slopes: Vec<f32>,
}

/// The matrix that makes the embedding: `[outputs, inputs]` in row-major order.
#[derive(Debug, PartialEq)]
pub(super) struct Embedding {
    pub(super) weights: Vec<f32>,
    pub(super) biases: Vec<f32>,
}

impl SFace {
    pub(super) fn read(mut model: ModelProto, architecture: &Architecture) -> Result<Self, ExportError> {
        match model.opset_import.as_slice() {
            [set] if set.domain() == "" && set.version == Some(OPERATOR_SET) => {}
            sets => return Err(wrong("operator set 11", format!("{} others", sets.len()))),
        }
        let graph = model.graph.as_mut().ok_or_else(|| wrong("a graph", "none"))?;
        expect_input_and_output(graph, architecture)?;

        let mut chain = Chain::new(graph, INPUT);
        for (operator, expected) in [("Sub", MEAN), ("Mul", SCALE)] {
            let mut step = chain.next(operator)?;
            step.expect(&[], 0)?;
            if step.floats(&[1])? != [expected] {
                return Err(wrong("the normalisation (value - 127.5) / 128", "another"));
            }
        }
        let layers = architecture.layers().into_iter().map(|shape| Layer::read(&mut chain, shape));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let embedding = Embedding::read(&mut chain, architecture)?;
        let last = chain.end()?;
        if last != OUTPUT {
            return Err(wrong("the result `fc1`", shown(&last)));
        }
        Ok(Self { layers, embedding })
    }
}

impl Layer {
    fn read(chain: &mut Chain, shape: LayerShape) -> Result<Self, ExportError> {
        let sizes = shape.convolution;
        let mut step = chain.next("Conv")?;
        let expected = [
            ints("dilations", &[1; 2]),
            int("group", shape.groups()),
            ints("kernel_shape", &[sizes.kernel; 2]),
            ints("pads", &[sizes.padding; 4]),
            ints("strides", &[sizes.stride; 2]),
        ];
        step.expect(&expected, expected.len())?;
        let weights = step.floats(&sizes.weight_shape())?;
        let convolution = Convolution { shape: sizes, weights, biases: vec![0.0; sizes.filters] };
        let scaling = read_batch_norm(chain, sizes.filters)?;
        let convolution = convolution.scaled(&scaling).ok_or_else(too_large)?;
        let mut step = chain.next("PRelu")?;
        step.expect(&[], 0)?;
        Ok(Self { shape, convolution, slopes: step.floats(&[sizes.filters, 1, 1])? })
    }
}

impl Embedding {
    /// The matrix between two batch normalisations: the one before it has a scale for each channel, of
    /// which the matrix has several pixels.
    fn read(chain: &mut Chain, architecture: &Architecture) -> Result<Self, ExportError> {
        let (channels, pixels) = (architecture.channels(), architecture.pixels());
        let outputs = architecture.embedding_size;
        let before = read_batch_norm(chain, channels)?;
        // Outside of training it passes its input on.
        let dropout = chain.next("Dropout")?;
        dropout.float("ratio")?;
        dropout.expect(&[], 1)?;
        chain.next("Flatten")?.expect(&[], 0)?;
        let mut step = chain.next("Gemm")?;
        step.expect(&[int("transA", 0), int("transB", 1)], 4)?;
        if [step.float("alpha")?, step.float("beta")?] != [1.0; 2] {
            return Err(wrong("a matrix without factors", "another"));
        }
        let mut weights = step.floats(&[outputs, channels * pixels])?;
        let mut biases = step.floats(&[outputs])?;
        let after = read_batch_norm(chain, outputs)?;

        let rows = weights.chunks_exact_mut((channels * pixels).max(1)).zip(&mut biases);
        for ((row, bias), (&gamma, &beta)) in rows.zip(after.gamma.iter().zip(&after.beta)) {
            let mut shifted = f64::from(*bias);
            // `Flatten` puts the pixels of a channel next to each other, so a row of the matrix has them in
            // a block.
            let channels = row.chunks_exact_mut(pixels.max(1));
            for (channel, (&scale, &shift)) in channels.zip(before.gamma.iter().zip(&before.beta)) {
                for weight in channel {
                    let value = f64::from(*weight);
                    // By the weight as it was: what the normalisation before adds goes through the matrix,
                    // not through its scale.
                    shifted += value * shift;
                    *weight = nearest_f32(value * scale * gamma);
                }
            }
            *bias = nearest_f32(shifted * gamma + beta);
        }
        if weights.iter().chain(&biases).all(|value| value.is_finite()) {
            Ok(Self { weights, biases })
        } else {
            Err(too_large())
        }
    }
}

fn read_batch_norm(chain: &mut Chain, channels: usize) -> Result<Affine, ExportError> {
    let mut step = chain.next("BatchNormalization")?;
    step.expect(&[], 2)?;
    // Used in training alone; read by name, so that the two attributes counted above are these.
    step.float("momentum")?;
    let epsilon = step.float("epsilon")?;
    let [gamma, beta, means, variances] = [(); 4].map(|()| step.floats(&[channels]));
    let (gamma, beta, means, variances) = (gamma?, beta?, means?, variances?);
    if epsilon <= 0.0 || variances.iter().any(|&variance| variance < 0.0) {
        return Err(wrong("an epsilon above 0 and variances of 0 or more", "others"));
    }
    Ok(Affine::of_batch_norm([&gamma, &beta, &means, &variances], f64::from(epsilon)))
}

fn too_large() -> ExportError {
    wrong("a scaling that keeps the weights before it finite", "a product beyond f32")
}

/// Exporters of that time listed the constants among the inputs too.
fn expect_input_and_output(graph: &mut GraphProto, architecture: &Architecture) -> Result<(), ExportError> {
    let size = |size: usize| Dimension::fixed(i64::try_from(size).unwrap_or(i64::MAX));
    let side = architecture.side;
    match graph.input.as_mut_slice() {
        [input, ..] if input.name() == INPUT => {
            let shape = float_shape(input)?;
            if *shape != [size(1), size(3), size(side), size(side)] {
                return Err(wrong("a chip of 3 channels and the network's size", sizes(shape)));
            }
        }
        inputs => return Err(wrong("a first input named `data`", format!("{} inputs", inputs.len()))),
    }
    match graph.output.as_mut_slice() {
        [output] if output.name() == OUTPUT => {
            let shape = float_shape(output)?;
            if *shape != [size(1), size(architecture.embedding_size)] {
                return Err(wrong("an embedding of the network's size", sizes(shape)));
            }
        }
        outputs => return Err(wrong("one output named `fc1`", format!("{} outputs", outputs.len()))),
    }
    Ok(())
}
