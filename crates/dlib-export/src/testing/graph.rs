//! What a model says, in a form that tests can compare.

use crate::onnx::proto::{self, Dimension, GraphProto, ModelProto, NodeProto, TensorProto};

pub(crate) fn graph_of(onnx: &[u8]) -> (ModelProto, GraphProto) {
    let mut model = proto::decode(onnx).unwrap();
    let graph = model.graph.take().unwrap();
    (model, graph)
}

/// One line for a node: what it is called, what it computes from what, and its sizes.
pub(crate) fn line(node: &NodeProto) -> String {
    assert_eq!(node.output, [node.name()]);
    let attributes = node.attribute.iter().map(|attribute| match attribute.i {
        Some(value) => format!(" {}={value}", attribute.name()),
        None => format!(" {}={:?}", attribute.name(), attribute.ints),
    });
    format!(
        "{} = {}({}){}",
        node.name(),
        node.op_type(),
        node.input.join(", "),
        attributes.collect::<String>()
    )
}

pub(crate) fn values(graph: &GraphProto, name: &str) -> (Vec<i64>, Vec<f32>) {
    let named: Vec<&TensorProto> = graph.initializer.iter().filter(|tensor| tensor.name() == name).collect();
    let [tensor] = named.as_slice() else { panic!("{} tensors {name}", named.len()) };
    assert_eq!(tensor.data_type, Some(proto::TENSOR_FLOAT));
    let (words, rest) = tensor.raw_data.as_deref().unwrap().as_chunks::<4>();
    assert!(rest.is_empty());
    (tensor.dims.clone(), words.iter().map(|&word| f32::from_le_bytes(word)).collect())
}

pub(crate) fn shape_of(value: &proto::ValueInfoProto) -> (&str, &[Dimension]) {
    let tensor = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
    assert_eq!(tensor.elem_type, Some(proto::TENSOR_FLOAT));
    (value.name(), &tensor.shape.as_ref().unwrap().dim)
}
