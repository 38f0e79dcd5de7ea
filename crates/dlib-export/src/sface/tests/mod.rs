//! A graph of SFace's kind becomes the network that it describes; other graphs are refused.

mod hostile;
mod published;

use published::Published;

use super::architecture::Pair;
use super::*;
use crate::onnx::proto::Dimension;
use crate::testing::graph::{graph_of, line, shape_of, values};

/// A pair of each kind; 4 rows become 2.
const TINY: Architecture = Architecture {
    side: 4,
    stem_filters: 2,
    pairs: &[Pair { filters: 3, halves: false }, Pair { filters: 2, halves: true }],
    embedding_size: 3,
};

/// [`sface_to_onnx`] for the tiny network.
fn tiny_to_onnx(onnx: &[u8]) -> Result<Vec<u8>, ExportError> {
    to_onnx(onnx, &TINY)
}

#[test]
fn every_layer_becomes_its_operators() {
    let onnx = tiny_to_onnx(&Published::new(&TINY).bytes()).unwrap();
    let (_, graph) = graph_of(&onnx);
    let lines: Vec<String> = graph.node.iter().map(line).collect();
    let expected = "\
layer1 = Conv(chips, layer1.weight, layer1.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
layer1.relu = Relu(layer1)
layer1.above = Conv(layer1.relu, layer1.above.weight) group=2 kernel_shape=[1, 1]
layer1.slope = Conv(layer1, layer1.slope.weight) group=2 kernel_shape=[1, 1]
layer1.sum = Add(layer1.above, layer1.slope)
layer2 = Conv(layer1.sum, layer2.weight, layer2.bias) group=2 kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
layer2.relu = Relu(layer2)
layer2.above = Conv(layer2.relu, layer2.above.weight) group=2 kernel_shape=[1, 1]
layer2.slope = Conv(layer2, layer2.slope.weight) group=2 kernel_shape=[1, 1]
layer2.sum = Add(layer2.above, layer2.slope)
layer3 = Conv(layer2.sum, layer3.weight, layer3.bias) kernel_shape=[1, 1] pads=[0, 0, 0, 0] strides=[1, 1]
layer3.relu = Relu(layer3)
layer3.above = Conv(layer3.relu, layer3.above.weight) group=3 kernel_shape=[1, 1]
layer3.slope = Conv(layer3, layer3.slope.weight) group=3 kernel_shape=[1, 1]
layer3.sum = Add(layer3.above, layer3.slope)
layer4 = Conv(layer3.sum, layer4.weight, layer4.bias) group=3 kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[2, 2]
layer4.relu = Relu(layer4)
layer4.above = Conv(layer4.relu, layer4.above.weight) group=3 kernel_shape=[1, 1]
layer4.slope = Conv(layer4, layer4.slope.weight) group=3 kernel_shape=[1, 1]
layer4.sum = Add(layer4.above, layer4.slope)
layer5 = Conv(layer4.sum, layer5.weight, layer5.bias) kernel_shape=[1, 1] pads=[0, 0, 0, 0] strides=[1, 1]
layer5.relu = Relu(layer5)
layer5.above = Conv(layer5.relu, layer5.above.weight) group=2 kernel_shape=[1, 1]
layer5.slope = Conv(layer5, layer5.slope.weight) group=2 kernel_shape=[1, 1]
layer5.sum = Add(layer5.above, layer5.slope)
flat = Flatten(layer5.sum)
embeddings = Gemm(flat, embeddings.weight, embeddings.bias) transB=1";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn batch_normalisations_are_folded_into_the_convolutions_before_them() {
    let published = Published::new(&TINY);
    let (_, graph) = graph_of(&tiny_to_onnx(&published.bytes()).unwrap());
    for (index, shape) in TINY.layers().iter().enumerate() {
        let (name, shape) = (format!("layer{}", index + 1), shape.convolution);
        let [weights, gamma, beta, means, variances, slopes] =
            ["weight", "gamma", "beta", "mean", "var", "slope"]
                .map(|part| published.values(&format!("conv{index}.{part}")));
        let scales: Vec<f64> = gamma
            .iter()
            .zip(&variances)
            .map(|(&g, &v)| f64::from(g) / (f64::from(v) + f64::from(published::EPSILON)).sqrt())
            .collect();
        let filter = weights.len() / shape.filters;
        let expected: Vec<f32> = weights
            .iter()
            .enumerate()
            .map(|(i, &weight)| nearest(f64::from(weight) * scales[i / filter]))
            .collect();
        let dims: Vec<i64> = shape.weight_shape().iter().map(|&size| size as i64).collect();
        assert_eq!(values(&graph, &format!("{name}.weight")), (dims, expected), "{name}");
        let biases: Vec<f32> = (0..shape.filters)
            .map(|i| nearest(f64::from(beta[i]) - f64::from(means[i]) * scales[i]))
            .collect();
        assert_eq!(values(&graph, &format!("{name}.bias")).1, biases, "{name}");
        assert_eq!(values(&graph, &format!("{name}.slope.weight")).1, slopes, "{name}");
        let above: Vec<f32> = slopes.iter().map(|a| 1.0 - a).collect();
        assert_eq!(values(&graph, &format!("{name}.above.weight")).1, above, "{name}");
    }
}

#[test]
fn the_matrix_takes_in_the_normalisations_before_and_after_it() {
    let published = Published::new(&TINY);
    let (_, graph) = graph_of(&tiny_to_onnx(&published.bytes()).unwrap());
    let features: Vec<f64> = (0..8).map(|i| f64::from(i) - 3.5).collect();
    let norm = |name: &str, values: &[f64], repeat: usize| -> Vec<f64> {
        let [gamma, beta, mean, var] =
            ["gamma", "beta", "mean", "var"].map(|part| published.values(&format!("{name}.{part}")));
        let one = |(i, &x): (usize, &f64)| {
            let c = i / repeat;
            let deviation = (f64::from(var[c]) + f64::from(published::EPSILON)).sqrt();
            (x - f64::from(mean[c])) / deviation * f64::from(gamma[c]) + f64::from(beta[c])
        };
        values.iter().enumerate().map(one).collect()
    };
    let multiply = |weights: &[f32], biases: &[f32], x: &[f64]| -> Vec<f64> {
        let row = |(row, &bias): (&[f32], &f32)| {
            row.iter().zip(x).map(|(&w, &x)| f64::from(w) * x).sum::<f64>() + f64::from(bias)
        };
        weights.chunks_exact(x.len()).zip(biases).map(row).collect()
    };
    let before = norm("bn1", &features, 4);
    let expected =
        norm("fc1", &multiply(&published.values("fc.weight"), &published.values("fc.bias"), &before), 1);
    let (dims, weights) = values(&graph, "embeddings.weight");
    assert_eq!(dims, [3, 8]);
    let folded = multiply(&weights, &values(&graph, "embeddings.bias").1, &features);
    for (folded, expected) in folded.iter().zip(&expected) {
        assert!((folded - expected).abs() < 1e-5 * expected.abs().max(1.0), "{folded} {expected}");
    }
}

#[test]
fn the_published_architecture_becomes_a_model_with_a_free_batch() {
    let onnx = sface_to_onnx(&Published::new(&SFACE).bytes()).unwrap();
    let (model, graph) = graph_of(&onnx);
    assert_eq!(model.ir_version, Some(8));
    let (batch, fixed) = (Dimension::named("batch"), Dimension::fixed);
    assert_eq!(
        graph.input.iter().map(shape_of).collect::<Vec<_>>(),
        [("chips", [batch.clone(), fixed(3), fixed(112), fixed(112)].as_slice())]
    );
    assert_eq!(
        graph.output.iter().map(shape_of).collect::<Vec<_>>(),
        [("embeddings", [batch, fixed(128)].as_slice())]
    );
    assert_eq!(graph.node.len(), 27 * 5 + 2);
    assert_eq!(values(&graph, "embeddings.weight").0, [128, 1024 * 7 * 7]);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = Published::new(&TINY).bytes();
    assert_eq!(tiny_to_onnx(&file).unwrap(), tiny_to_onnx(&file).unwrap());
}

fn nearest(value: f64) -> f32 {
    crate::layers::nearest_f32(value)
}
