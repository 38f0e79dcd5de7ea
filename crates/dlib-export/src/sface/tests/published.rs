//! The graph of the published SFace, of any size, with made-up weights.

use prost::Message;

use crate::onnx::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TENSOR_FLOAT,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::onnx::{int, ints};
use crate::sface::architecture::Architecture;
use crate::testing::layers::Numbers;

pub(super) const EPSILON: f32 = 1e-3;

/// `AttributeProto.AttributeType`.
const ATTRIBUTE_FLOAT: i32 = 1;

pub(super) struct Published {
    pub(super) model: ModelProto,
    numbers: Numbers,
    value: String,
}

impl Published {
    pub(super) fn new(architecture: &Architecture) -> Self {
        let mut this = Self { model: empty(architecture), numbers: Numbers(1), value: "data".to_owned() };
        this.constant("mean", &[1], vec![127.5]);
        this.operator("Sub", &["mean"], "centred", Vec::new());
        this.constant("scale", &[1], vec![1.0 / 128.0]);
        this.operator("Mul", &["scale"], "scaled", Vec::new());
        for (index, shape) in architecture.layers().iter().enumerate() {
            let (name, sizes) = (format!("conv{index}"), shape.convolution);
            let weight = this.random(&format!("{name}.weight"), &sizes.weight_shape());
            let attributes = vec![
                ints("dilations", &[1; 2]),
                int("group", shape.groups()),
                ints("kernel_shape", &[sizes.kernel; 2]),
                ints("pads", &[sizes.padding; 4]),
                ints("strides", &[sizes.stride; 2]),
            ];
            this.operator("Conv", &[&weight], &name, attributes);
            this.batch_norm(&name, sizes.filters);
            let slopes = this.random(&format!("{name}.slope"), &[sizes.filters, 1, 1]);
            this.operator("PRelu", &[&slopes], &format!("{name}.prelu"), Vec::new());
        }
        this.batch_norm("bn1", architecture.channels());
        this.operator("Dropout", &[], "dropout", vec![float("ratio", 0.4)]);
        this.operator("Flatten", &[], "flat", Vec::new());
        let outputs = architecture.embedding_size;
        let weight = this.random("fc.weight", &[outputs, architecture.channels() * architecture.pixels()]);
        let bias = this.random("fc.bias", &[outputs]);
        let attributes = vec![float("alpha", 1.0), float("beta", 1.0), int("transA", 0), int("transB", 1)];
        this.operator("Gemm", &[&weight, &bias], "pre_fc1", attributes);
        this.batch_norm("fc1", outputs);
        this.graph().node.last_mut().unwrap().output = vec!["fc1".to_owned()];
        this
    }

    pub(super) fn graph(&mut self) -> &mut GraphProto {
        self.model.graph.as_mut().unwrap()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.model.encode_to_vec()
    }

    /// The numbers of a constant.
    pub(super) fn values(&self, name: &str) -> Vec<f32> {
        let constants = &self.model.graph.as_ref().unwrap().initializer;
        constants.iter().find(|tensor| tensor.name() == name).unwrap().float_data.clone()
    }

    fn constant(&mut self, name: &str, shape: &[usize], float_data: Vec<f32>) -> String {
        let tensor = TensorProto {
            dims: shape.iter().map(|&size| i64::try_from(size).unwrap()).collect(),
            data_type: Some(TENSOR_FLOAT),
            float_data,
            name: Some(name.to_owned()),
            raw_data: None,
        };
        self.graph().initializer.push(tensor);
        name.to_owned()
    }

    fn random(&mut self, name: &str, shape: &[usize]) -> String {
        let values = self.numbers.take(shape.iter().product());
        self.constant(name, shape, values)
    }

    fn operator(&mut self, operator: &str, constants: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        let input = std::iter::once(self.value.as_str()).chain(constants.iter().copied());
        let node = NodeProto {
            input: input.map(str::to_owned).collect(),
            output: vec![output.to_owned()],
            name: Some(output.to_owned()),
            op_type: Some(operator.to_owned()),
            attribute,
        };
        self.graph().node.push(node);
        self.value = output.to_owned();
    }

    fn batch_norm(&mut self, name: &str, channels: usize) {
        let [gamma, beta, mean] =
            ["gamma", "beta", "mean"].map(|part| self.random(&format!("{name}.{part}"), &[channels]));
        let variances = self.numbers.take(channels).into_iter().map(f32::abs).collect();
        let variance = self.constant(&format!("{name}.var"), &[channels], variances);
        let attributes = vec![float("epsilon", EPSILON), float("momentum", 0.9)];
        let output = format!("{name}.normalised");
        self.operator("BatchNormalization", &[&gamma, &beta, &mean, &variance], &output, attributes);
    }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        f: Some(value),
        r#type: Some(ATTRIBUTE_FLOAT),
        ..AttributeProto::default()
    }
}

fn empty(architecture: &Architecture) -> ModelProto {
    let graph = GraphProto {
        name: Some("published".to_owned()),
        input: vec![value("data", &[1, 3, architecture.side, architecture.side])],
        output: vec![value("fc1", &[1, architecture.embedding_size])],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: Some(6),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(11) }],
        ..ModelProto::default()
    }
}

pub(super) fn value(name: &str, sizes: &[usize]) -> ValueInfoProto {
    let dim = sizes.iter().map(|&size| Dimension::fixed(i64::try_from(size).unwrap())).collect();
    let tensor_type =
        TensorTypeProto { elem_type: Some(TENSOR_FLOAT), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}
