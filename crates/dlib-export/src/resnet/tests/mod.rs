//! A network written by dlib's rules becomes the graph it describes; anything else is refused.

mod hostile;

use crate::testing::resnet::{NetworkFile, TINY, tiny_to_onnx};

use super::*;
use crate::onnx::proto::{self, Dimension};
use crate::testing::graph::{graph_of, line, shape_of, values};

#[test]
fn every_layer_becomes_its_operator() {
    let onnx = tiny_to_onnx(&NetworkFile::new(&TINY).bytes).unwrap();
    let (_, graph) = graph_of(&onnx);
    let lines: Vec<String> = graph.node.iter().map(line).collect();
    let expected = "\
stem = Conv(chips, stem.weight, stem.bias) kernel_shape=[7, 7] pads=[0, 0, 0, 0] strides=[2, 2]
stem.relu = Relu(stem)
stem.pool = MaxPool(stem.relu) kernel_shape=[3, 3] strides=[2, 2]
block1.first = Conv(stem.pool, block1.first.weight, block1.first.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block1.first.relu = Relu(block1.first)
block1.second = Conv(block1.first.relu, block1.second.weight, block1.second.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block1.sum = Add(block1.second, stem.pool)
block1.relu = Relu(block1.sum)
block2.first = Conv(block1.relu, block2.first.weight, block2.first.bias) kernel_shape=[3, 3] pads=[0, 0, 0, 0] strides=[2, 2]
block2.first.relu = Relu(block2.first)
block2.second = Conv(block2.first.relu, block2.second.weight, block2.second.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block2.shortcut = AveragePool(block1.relu) kernel_shape=[2, 2] strides=[2, 2]
block2.widened = Conv(block2.shortcut, block2.widened.weight, block2.widened.bias) kernel_shape=[1, 1] pads=[0, 0, 0, 0] strides=[1, 1]
block2.sum = Add(block2.second, block2.widened)
block2.relu = Relu(block2.sum)
block3.first = Conv(block2.relu, block3.first.weight, block3.first.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block3.first.relu = Relu(block3.first)
block3.second = Conv(block3.first.relu, block3.second.weight, block3.second.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block3.sum = Add(block3.second, block2.relu)
block3.relu = Relu(block3.sum)
block4.first = Conv(block3.relu, block4.first.weight, block4.first.bias) kernel_shape=[3, 3] pads=[0, 0, 0, 0] strides=[2, 2]
block4.first.relu = Relu(block4.first)
block4.second = Conv(block4.first.relu, block4.second.weight, block4.second.bias) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[1, 1]
block4.shortcut = AveragePool(block3.relu) kernel_shape=[2, 2] strides=[2, 2]
block4.padded = Conv(block4.second, block4.padded.weight) group=3 kernel_shape=[1, 1] pads=[0, 0, 1, 1]
block4.sum = Add(block4.padded, block4.shortcut)
block4.relu = Relu(block4.sum)
pool = GlobalAveragePool(block4.relu)
flat = Flatten(pool)
embeddings = MatMul(flat, embedding.weight)";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn affine_layers_are_folded_into_the_convolutions_before_them() {
    let file = NetworkFile::new(&TINY);
    let (_, graph) = graph_of(&tiny_to_onnx(&file.bytes).unwrap());
    let blocks = (1..=4).flat_map(|block| ["first", "second"].map(|part| format!("block{block}.{part}")));
    let names = std::iter::once("stem".to_owned()).chain(blocks);
    for (name, layer) in names.zip(&file.convolutions) {
        let filter = layer.weights.len() / layer.shape[0];
        let gammas = layer.gamma.iter().flat_map(|&gamma| std::iter::repeat_n(gamma, filter));
        let weights: Vec<f32> =
            layer.weights.iter().zip(gammas).map(|(weight, gamma)| weight * gamma).collect();
        let scales = layer.gamma.iter().zip(&layer.beta);
        let biases: Vec<f32> =
            layer.biases.iter().zip(scales).map(|(bias, (gamma, beta))| bias * gamma + beta).collect();
        let shape = layer.shape.map(|size| i64::try_from(size).unwrap());
        assert_eq!(values(&graph, &format!("{name}.weight")), (shape.to_vec(), weights), "{name}");
        assert_eq!(values(&graph, &format!("{name}.bias")), (vec![shape[0]], biases), "{name}");
    }
    assert_eq!(values(&graph, "embedding.weight"), (vec![3, 4], file.embedding));
}

#[test]
fn filling_with_zeros_is_a_convolution_by_one() {
    let (_, graph) = graph_of(&tiny_to_onnx(&NetworkFile::new(&TINY).bytes).unwrap());
    let widening = vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    assert_eq!(values(&graph, "block2.widened.weight"), (vec![3, 2, 1, 1], widening));
    assert_eq!(values(&graph, "block2.widened.bias"), (vec![3], vec![0.0; 3]));
    assert_eq!(values(&graph, "block4.padded.weight"), (vec![3, 1, 1, 1], vec![1.0; 3]));
}

#[test]
fn the_published_architecture_becomes_a_model_with_a_free_batch() {
    let file = NetworkFile::new(&FACE_EMBEDDER);
    assert_eq!(file.convolutions.len(), 29);
    let onnx = resnet_to_onnx(&file.bytes).unwrap();
    let (model, graph) = graph_of(&onnx);
    assert_eq!(model.ir_version, Some(8));
    assert_eq!(
        model.opset_import,
        [proto::OperatorSetIdProto { domain: Some(String::new()), version: Some(17) }]
    );

    let batch = Dimension::named("batch");
    let fixed = Dimension::fixed;
    assert_eq!(
        graph.input.iter().map(shape_of).collect::<Vec<_>>(),
        [("chips", [batch.clone(), fixed(3), fixed(150), fixed(150)].as_slice())]
    );
    assert_eq!(
        graph.output.iter().map(shape_of).collect::<Vec<_>>(),
        [("embeddings", [batch, fixed(128)].as_slice())]
    );

    let named = |suffix: &str| graph.node.iter().filter(|node| node.name().ends_with(suffix)).count();
    // 8 rows become 3 beside 4, and 4 become 1 beside 2, in the last two stages.
    let counts = [".first", ".second", ".shortcut", ".widened", ".padded", ".sum"].map(named);
    assert_eq!(counts, [14, 14, 4, 3, 2, 14]);
    assert_eq!(values(&graph, "embedding.weight"), (vec![256, 128], file.embedding));
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = NetworkFile::new(&TINY);
    assert_eq!(tiny_to_onnx(&file.bytes).unwrap(), tiny_to_onnx(&file.bytes).unwrap());
}
