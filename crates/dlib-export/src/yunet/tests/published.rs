//! The graph of the published YuNet in small.

use crate::onnx::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TENSOR_FLOAT,
    TENSOR_INT64, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

fn node(operator: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        input: input.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        op_type: Some(operator.to_owned()),
        ..NodeProto::default()
    }
}

pub(super) fn constant(name: &str, data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
    let (name, data_type) = (Some(name.to_owned()), Some(data_type));
    TensorProto { dims: dims.to_vec(), data_type, name, raw_data: Some(raw_data), ..TensorProto::default() }
}

pub(super) fn target(name: &str, sizes: [i64; 3]) -> TensorProto {
    constant(name, TENSOR_INT64, &[3], sizes.iter().flat_map(|size| size.to_le_bytes()).collect())
}

pub(super) fn value(name: &str, sizes: &[i64]) -> ValueInfoProto {
    let shape = TensorShapeProto { dim: sizes.iter().map(|&size| Dimension::fixed(size)).collect() };
    let tensor_type = TensorTypeProto { elem_type: Some(TENSOR_FLOAT), shape: Some(shape) };
    let value_type = TypeProto { tensor_type: Some(tensor_type) };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(value_type) }
}

/// Its operators, heads and constants, with one feature map for all.
pub(super) fn published() -> ModelProto {
    let mut nodes = vec![
        node("Conv", &["input", "weight"], "convolved"),
        node("Relu", &["convolved"], "features"),
        node("MaxPool", &["features"], "pooled"),
        node("Resize", &["pooled", "region", "factor"], "resized"),
        node("Add", &["features", "resized"], "sum"),
    ];
    let mut outputs = Vec::new();
    for (kind, numbers) in [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)] {
        for stride in [8, 16, 32] {
            let name = format!("{kind}_{stride}");
            let [transposed, reshaped] = ["transposed", "reshaped"].map(|step| format!("{name}.{step}"));
            nodes.push(node("Transpose", &["sum"], &transposed));
            nodes.push(node("Reshape", &[&transposed, &format!("target_{numbers}")], &reshaped));
            nodes.push(node("Sigmoid", &[&reshaped], &name));
            outputs.push(value(&name, &[1, 640 / stride * (640 / stride), numbers]));
        }
    }
    if let [convolution, ..] = nodes.as_mut_slice() {
        convolution.attribute.push(AttributeProto {
            name: Some("pads".to_owned()),
            ints: vec![1; 4],
            r#type: Some(7),
            ..AttributeProto::default()
        });
    }
    let graph = GraphProto {
        node: nodes,
        name: Some("published".to_owned()),
        initializer: vec![
            constant(
                "weight",
                TENSOR_FLOAT,
                &[1, 3, 1, 1],
                [1.0_f32, 2.0, 3.0].map(f32::to_le_bytes).concat(),
            ),
            constant("region", TENSOR_FLOAT, &[0], Vec::new()),
            constant("factor", TENSOR_FLOAT, &[4], [1.0_f32, 1.0, 2.0, 2.0].map(f32::to_le_bytes).concat()),
            target("target_1", [1, -1, 1]),
            target("target_4", [1, -1, 4]),
            target("target_10", [1, -1, 10]),
        ],
        input: vec![value("input", &[1, 3, 640, 640])],
        output: outputs,
        value_info: vec![value("features", &[1, 16, 320, 320])],
    };
    ModelProto {
        ir_version: Some(6),
        producer_name: Some("trainer".to_owned()),
        producer_version: Some("1.9".to_owned()),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(11) }],
        metadata_props: Vec::new(),
    }
}
