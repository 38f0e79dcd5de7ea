//! SFace as an ONNX graph of operators that ONNX Runtime keeps in the blocked layout of its convolutions.

use prost::Message;

use super::architecture::Architecture;
use super::network::{Layer, SFace};
use crate::layers::nearest_f32;
use crate::onnx::GraphBuilder;
use crate::onnx::proto::Dimension;

const INPUT: &str = "chips";
const OUTPUT: &str = "embeddings";

/// The bytes of the model.
pub(super) fn model(network: &SFace, architecture: &Architecture) -> Vec<u8> {
    let mut graph = GraphBuilder::default();
    let mut features = INPUT.to_owned();
    for (index, layer) in network.layers.iter().enumerate() {
        features = add_layer(&mut graph, layer, &features, &format!("layer{}", index + 1));
    }
    let flat = graph.apply("Flatten", &[&features], "flat");
    graph.dense(&flat, OUTPUT, &network.embedding.weights, &network.embedding.biases);

    let fixed = |size: usize| Dimension::fixed(i64::try_from(size).unwrap_or(i64::MAX));
    let batch = || Dimension::named("batch");
    let input = vec![batch(), fixed(3), fixed(architecture.side), fixed(architecture.side)];
    let output = vec![batch(), fixed(architecture.embedding_size)];
    graph.build("face-embedder", (INPUT, input), (OUTPUT, output)).encode_to_vec()
}

/// The activation is `x` above 0 and `a x` below: `(1 - a) relu(x) + a x`.
fn add_layer(graph: &mut GraphBuilder, layer: &Layer, input: &str, name: &str) -> String {
    let convolved = if layer.shape.depthwise {
        graph.depthwise(input, name, &layer.convolution)
    } else {
        graph.convolution(input, name, &layer.convolution)
    };
    let above: Vec<f32> = layer.slopes.iter().map(|&a| nearest_f32(1.0 - f64::from(a))).collect();
    let relu = graph.apply("Relu", &[&convolved], &format!("{name}.relu"));
    let above = graph.scale_channels(&relu, &format!("{name}.above"), &above);
    // Of the value before the relu, which has lost what is below 0.
    let slope = graph.scale_channels(&convolved, &format!("{name}.slope"), &layer.slopes);
    graph.apply("Add", &[&above, &slope], &format!("{name}.sum"))
}
