//! Builds an ONNX graph node by node.

use super::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TENSOR_FLOAT,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::layers::{Convolution, PoolShape};

/// `AttributeProto.AttributeType`.
const ATTRIBUTE_INT: i32 = 2;
const ATTRIBUTE_INTS: i32 = 7;

/// ONNX 1.12: understood by every ONNX Runtime since 1.12.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// The sizes of a convolution that is not square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernel {
    /// `[filters, inputs, rows, columns]`.
    pub(crate) shape: [usize; 4],
    /// Zeros above and below, and at either side.
    pub(crate) padding: [usize; 2],
}

/// A graph under construction. Each operator takes the names of its inputs and returns the name of
/// its output; nodes stay in the order they are added in, which must be one they can run in.
#[derive(Debug, Default)]
pub(crate) struct GraphBuilder {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
}

impl GraphBuilder {
    /// A convolution with bias.
    pub(crate) fn convolution(&mut self, input: &str, name: &str, convolution: &Convolution) -> String {
        let shape = convolution.shape;
        let weights = self.floats(format!("{name}.weight"), &shape.weight_shape(), &convolution.weights);
        let biases = self.floats(format!("{name}.bias"), &[shape.filters], &convolution.biases);
        let attributes = vec![
            ints("kernel_shape", &[shape.kernel; 2]),
            ints("pads", &[shape.padding; 4]),
            ints("strides", &[shape.stride; 2]),
        ];
        self.operator("Conv", vec![input.to_owned(), weights, biases], name, attributes)
    }

    /// A convolution of stride 1 whose kernel need not be square.
    pub(crate) fn convolution_by(
        &mut self,
        input: &str,
        name: &str,
        kernel: Kernel,
        weights: &[f32],
        biases: Option<&[f32]>,
    ) -> String {
        let [filters, _, rows, columns] = kernel.shape;
        let [vertical, horizontal] = kernel.padding;
        let mut inputs =
            vec![input.to_owned(), self.floats(format!("{name}.weight"), &kernel.shape, weights)];
        inputs.extend(biases.map(|biases| self.floats(format!("{name}.bias"), &[filters], biases)));
        let attributes = vec![
            ints("kernel_shape", &[rows, columns]),
            // ONNX lists pads as all beginnings, then all ends: top, left, bottom, right.
            ints("pads", &[vertical, horizontal, vertical, horizontal]),
        ];
        self.operator("Conv", inputs, name, attributes)
    }

    /// A convolution of each channel by itself, with bias: its filters have one input.
    pub(crate) fn depthwise(&mut self, input: &str, name: &str, convolution: &Convolution) -> String {
        let output = self.convolution(input, name, convolution);
        if let Some(node) = self.nodes.last_mut() {
            node.attribute.insert(0, int("group", convolution.shape.filters));
        }
        output
    }

    /// Multiplies each channel by a number of its own, as a convolution by 1: see
    /// [`pad_bottom_right`](Self::pad_bottom_right).
    pub(crate) fn scale_channels(&mut self, input: &str, name: &str, factors: &[f32]) -> String {
        let channels = factors.len();
        // With as many groups as channels each filter has a single input.
        let weights = self.floats(format!("{name}.weight"), &[channels, 1, 1, 1], factors);
        let attributes = vec![int("group", channels), ints("kernel_shape", &[1, 1])];
        self.operator("Conv", vec![input.to_owned(), weights], name, attributes)
    }

    /// A matrix `[outputs, inputs]` times each row of the input, with bias.
    pub(crate) fn dense(&mut self, input: &str, name: &str, weights: &[f32], biases: &[f32]) -> String {
        let inputs = weights.len() / biases.len().max(1);
        let matrix = self.floats(format!("{name}.weight"), &[biases.len(), inputs], weights);
        let biases = self.floats(format!("{name}.bias"), &[biases.len()], biases);
        self.operator("Gemm", vec![input.to_owned(), matrix, biases], name, vec![int("transB", 1)])
    }

    /// Adds a row of zeros below and a column of zeros at the right.
    ///
    /// It is a convolution of each channel by 1, which runtimes keep in the layout of the
    /// convolutions around it, and fuse with the sum that follows; `Pad` costs two conversions.
    pub(crate) fn pad_bottom_right(&mut self, input: &str, name: &str, channels: usize) -> String {
        let ones = self.floats(format!("{name}.weight"), &[channels, 1, 1, 1], &vec![1.0; channels]);
        let attributes =
            vec![int("group", channels), ints("kernel_shape", &[1, 1]), ints("pads", &[0, 0, 1, 1])];
        self.operator("Conv", vec![input.to_owned(), ones], name, attributes)
    }

    /// The maximum over windows that lie within the picture.
    pub(crate) fn max_pool(&mut self, input: &str, name: &str, shape: PoolShape) -> String {
        self.operator("MaxPool", vec![input.to_owned()], name, window(shape))
    }

    /// The mean over windows that lie within the picture.
    pub(crate) fn average_pool(&mut self, input: &str, name: &str, shape: PoolShape) -> String {
        self.operator("AveragePool", vec![input.to_owned()], name, window(shape))
    }

    /// An operator without constants or attributes.
    pub(crate) fn apply(&mut self, operator: &str, inputs: &[&str], name: &str) -> String {
        self.operator(operator, inputs.iter().map(|&input| input.to_owned()).collect(), name, Vec::new())
    }

    /// A constant of floats; returns its name.
    pub(crate) fn floats(&mut self, name: String, shape: &[usize], values: &[f32]) -> String {
        self.initializers.push(TensorProto {
            dims: sizes(shape),
            data_type: Some(TENSOR_FLOAT),
            float_data: Vec::new(),
            name: Some(name.clone()),
            // Raw data is little-endian by ONNX's schema, whatever the machine.
            raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        });
        name
    }

    /// The model with the given input and output, both of floats. The last operator must have been
    /// named like the output.
    pub(crate) fn build(
        self,
        name: &str,
        input: (&str, Vec<Dimension>),
        output: (&str, Vec<Dimension>),
    ) -> ModelProto {
        let graph = GraphProto {
            node: self.nodes,
            name: Some(name.to_owned()),
            initializer: self.initializers,
            input: vec![float_tensor(input)],
            output: vec![float_tensor(output)],
            value_info: Vec::new(),
        };
        ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some(env!("CARGO_PKG_NAME").to_owned()),
            // The same weights must give the same bytes, also from another version of this crate: the
            // set-up compares hashes.
            producer_version: None,
            graph: Some(graph),
            opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
            metadata_props: Vec::new(),
        }
    }

    fn operator(
        &mut self,
        operator: &str,
        input: Vec<String>,
        name: &str,
        attribute: Vec<AttributeProto>,
    ) -> String {
        self.nodes.push(NodeProto {
            input,
            output: vec![name.to_owned()],
            name: Some(name.to_owned()),
            op_type: Some(operator.to_owned()),
            attribute,
        });
        name.to_owned()
    }
}

fn window(shape: PoolShape) -> Vec<AttributeProto> {
    vec![ints("kernel_shape", &[shape.window; 2]), ints("strides", &[shape.stride; 2])]
}

/// An attribute that is an integer.
pub(crate) fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        i: sizes(&[value]).first().copied(),
        r#type: Some(ATTRIBUTE_INT),
        ..AttributeProto::default()
    }
}

/// An attribute that is a list of integers.
pub(crate) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        ints: sizes(values),
        r#type: Some(ATTRIBUTE_INTS),
        ..AttributeProto::default()
    }
}

/// Sizes of layers that were in memory, so far below the limit of i64.
fn sizes(values: &[usize]) -> Vec<i64> {
    values.iter().map(|&value| i64::try_from(value).unwrap_or(i64::MAX)).collect()
}

fn float_tensor((name, dim): (&str, Vec<Dimension>)) -> ValueInfoProto {
    let tensor_type =
        TensorTypeProto { elem_type: Some(TENSOR_FLOAT), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}
