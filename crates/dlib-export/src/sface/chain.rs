//! The operators of a graph without branches, one after the other, with the constants that they use.

use std::collections::HashMap;
use std::vec::IntoIter;

use crate::error::ExportError;
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto, TENSOR_FLOAT, TensorProto};
use crate::onnx::{shown, wrong};

/// The part of a graph that was not taken yet.
#[derive(Debug)]
pub(super) struct Chain {
    nodes: IntoIter<NodeProto>,
    constants: HashMap<String, TensorProto>,
    /// What the next operator works on.
    value: String,
}

/// One operator, with its constants in the order of its inputs.
#[derive(Debug)]
pub(super) struct Step {
    attributes: Vec<AttributeProto>,
    constants: IntoIter<TensorProto>,
}

impl Chain {
    /// The operators that start at the input of that name.
    pub(super) fn new(graph: &mut GraphProto, input: &str) -> Self {
        let constants = std::mem::take(&mut graph.initializer);
        Self {
            nodes: std::mem::take(&mut graph.node).into_iter(),
            constants: constants.into_iter().map(|tensor| (tensor.name().to_owned(), tensor)).collect(),
            value: input.to_owned(),
        }
    }

    /// The next operator, which must be of the given kind and work on the result of the last one and on
    /// constants of its own.
    pub(super) fn next(&mut self, operator: &'static str) -> Result<Step, ExportError> {
        let node = self.nodes.next().ok_or_else(|| wrong(operator, "the end of the graph"))?;
        if node.op_type() != operator {
            return Err(wrong(operator, shown(node.op_type())));
        }
        let ([input, constants @ ..], [output]) = (node.input.as_slice(), node.output.as_slice()) else {
            return Err(wrong("operators of one result", shown(operator)));
        };
        if *input != self.value {
            return Err(wrong("operators in a chain", shown(input)));
        }
        let constants: Result<Vec<_>, ExportError> = constants
            .iter()
            .map(|name| {
                // Taken out: what is left at the end was used by no operator, and folding changes a
                // constant for one operator alone.
                let constant = self.constants.remove(name);
                constant.ok_or_else(|| wrong("a constant for each operator", shown(name)))
            })
            .collect();
        self.value.clone_from(output);
        Ok(Step { attributes: node.attribute, constants: constants?.into_iter() })
    }

    /// The name of the last result, once nothing of the graph is left.
    pub(super) fn end(mut self) -> Result<String, ExportError> {
        if let Some(node) = self.nodes.next() {
            return Err(wrong("the end of the graph", shown(node.op_type())));
        }
        // The least, because the order of a hash map would make the message differ from run to run.
        match self.constants.into_keys().min() {
            None => Ok(self.value),
            Some(name) => Err(wrong("constants that are used", shown(&name))),
        }
    }
}

impl Step {
    /// The next constant, of the given shape and of finite numbers.
    pub(super) fn floats(&mut self, shape: &[usize]) -> Result<Vec<f32>, ExportError> {
        let tensor = self.constants.next().ok_or_else(|| wrong("another constant", "none"))?;
        let expected: Option<Vec<_>> = shape.iter().map(|&size| i64::try_from(size).ok()).collect();
        let count = tensor.float_data.len();
        let is_it = tensor.data_type == Some(TENSOR_FLOAT)
            // One form only: a tensor with both would mean whichever a runtime reads first.
            && tensor.raw_data.is_none()
            && Some(&tensor.dims) == expected.as_ref()
            && count == shape.iter().product::<usize>();
        if !is_it {
            return Err(wrong(
                format!("a constant of {shape:?} floats"),
                format!("{} of {count}", shown(tensor.name())),
            ));
        }
        if tensor.float_data.iter().all(|value| value.is_finite()) {
            Ok(tensor.float_data)
        } else {
            Err(wrong("finite weights", shown(tensor.name())))
        }
    }

    /// A float of the operator.
    pub(super) fn float(&self, name: &'static str) -> Result<f32, ExportError> {
        let attribute = self.attributes.iter().find(|attribute| attribute.name() == name);
        let value = attribute.and_then(|attribute| attribute.f).filter(|value| value.is_finite());
        value.ok_or_else(|| wrong(name, "none"))
    }

    /// Whether the operator has these integers, and as many attributes as are `counted` in all.
    pub(super) fn expect(&self, integers: &[AttributeProto], counted: usize) -> Result<(), ExportError> {
        let lacking = integers.iter().find(|attribute| !self.attributes.contains(attribute));
        match lacking {
            Some(attribute) => {
                Err(wrong("the attributes of the published network", format!("another {}", attribute.name())))
            }
            // Any further attribute could change what the operator computes.
            None if self.attributes.len() != counted => {
                Err(wrong("the attributes of the published network", self.attributes.len().to_string()))
            }
            None => Ok(()),
        }
    }
}
