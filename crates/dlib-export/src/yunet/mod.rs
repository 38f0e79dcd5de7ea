//! Frees the YuNet face detector from the fixed picture size of its published graph.
//!
//! The network is fully convolutional; only the declared shapes and three reshape targets of the
//! published file (opset 11, 640 x 640, batch of one) tie it to one size.

use std::collections::HashSet;

use prost::Message;

use crate::error::ExportError;
use crate::onnx::proto::{
    self, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TENSOR_INT64,
};
use crate::onnx::{SHOWN_NUMBERS, float_shape, shown, sizes, wrong};

/// The version of ONNX's operators in which the published graph is written.
const OPERATOR_SET: i64 = 11;
const STRIDES: [u32; 3] = [8, 16, 32];
/// Outputs of each stride, and how many numbers each has for a cell.
const OUTPUTS: [(&str, i64); 4] = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)];

/// Operators whose result follows the size of their input, whatever it is.
const SIZELESS_OPERATORS: [&str; 6] = ["Conv", "Relu", "MaxPool", "Add", "Transpose", "Sigmoid"];

/// More than four times the published file. Protobuf has no counts to check: two bytes can stand for
/// a message that takes a hundred in memory, so the size of the file is what bounds it.
const LARGEST_FILE: usize = 1 << 20;

/// Makes batch, height and width of YuNet (2023mar) free.
///
/// The input `input` becomes f32 `[batch, 3, height, width]` (BGR, 0 to 255; height and width must be
/// multiples of 32, which the graph cannot express). The outputs keep their names, for the strides
/// s = 8, 16 and 32: `cls_s` and `obj_s` f32 `[batch, cells_s, 1]`, `bbox_s` `[batch, cells_s, 4]`,
/// `kps_s` `[batch, cells_s, 10]`, with `cells_s = height / s * width / s` in row-major order.
/// Weights and operators stay as they are.
///
/// # Errors
/// [`ExportError`] if the file is not an ONNX model of at most 1 MiB, has parts that would be lost, or
/// is a graph in which something other than the known places depends on the size.
pub fn yunet_with_dynamic_size(onnx: &[u8]) -> Result<Vec<u8>, ExportError> {
    if onnx.len() > LARGEST_FILE {
        return Err(wrong("a file of at most 1 MiB", format!("{} bytes", onnx.len())));
    }
    let mut model = proto::decode(onnx)?;
    expect_operator_set(&model)?;
    let graph = model.graph.as_mut().ok_or_else(|| wrong("a graph", "none"))?;
    free_input(graph)?;
    free_outputs(graph)?;
    let targets = reshape_targets(graph)?;
    free_reshapes(graph, targets)?;
    // The shapes of intermediate values would contradict the free ones; runtimes infer them.
    graph.value_info.clear();
    Ok(model.encode_to_vec())
}

/// The last field of the file, so that this notices one that was cut off before it.
fn expect_operator_set(model: &ModelProto) -> Result<(), ExportError> {
    match model.opset_import.as_slice() {
        [set] if set.domain() == "" && set.version == Some(OPERATOR_SET) => Ok(()),
        sets => {
            let found: Vec<_> = sets.iter().take(SHOWN_NUMBERS).map(OperatorSetIdProto::version).collect();
            Err(wrong("operator set 11", format!("{found:?}")))
        }
    }
}

fn free_input(graph: &mut GraphProto) -> Result<(), ExportError> {
    let [input] = graph.input.as_mut_slice() else {
        return Err(wrong("one input", graph.input.len().to_string()));
    };
    if input.name() != "input" {
        return Err(wrong("an input named `input`", shown(input.name())));
    }
    match float_shape(input)? {
        [batch, channels, height, width] if channels.dim_value == Some(3) => {
            *batch = Dimension::named("batch");
            *height = Dimension::named("height");
            *width = Dimension::named("width");
            Ok(())
        }
        shape => Err(wrong("an input of 4 dimensions, the second 3", sizes(shape))),
    }
}

fn free_outputs(graph: &mut GraphProto) -> Result<(), ExportError> {
    let expected = OUTPUTS.len() * STRIDES.len();
    if graph.output.len() != expected {
        return Err(wrong("12 outputs", graph.output.len().to_string()));
    }
    let names =
        OUTPUTS.iter().flat_map(|&(kind, numbers)| STRIDES.map(move |stride| (kind, numbers, stride)));
    for (output, (kind, numbers, stride)) in graph.output.iter_mut().zip(names) {
        let name = format!("{kind}_{stride}");
        if output.name() != name {
            return Err(wrong(format!("the output {name}"), shown(output.name())));
        }
        match float_shape(output)? {
            [batch, cells, last] if last.dim_value == Some(numbers) => {
                *batch = Dimension::named("batch");
                *cells = Dimension::named(&format!("cells_{stride}"));
            }
            shape => {
                return Err(wrong(format!("{name} of 3 dimensions, the last {numbers}"), sizes(shape)));
            }
        }
    }
    Ok(())
}

/// The names of the constants that reshapes take as their target; checks on the way that no other
/// operator ties the graph to a size.
fn reshape_targets(graph: &GraphProto) -> Result<HashSet<String>, ExportError> {
    let mut targets = HashSet::new();
    let mut others = HashSet::new();
    for node in &graph.node {
        match (node.op_type(), node.input.as_slice()) {
            // An attribute could give the 0 in a target another meaning.
            ("Reshape", [data, target]) if node.attribute.is_empty() => {
                targets.insert(target.clone());
                others.insert(data.clone());
            }
            // A fourth input would be the size of the result; the third is a factor.
            ("Resize", [_, _, _]) => others.extend(node.input.iter().cloned()),
            ("Resize" | "Reshape", _) => return Err(size_dependent(node)),
            (operator, inputs) if SIZELESS_OPERATORS.contains(&operator) => {
                others.extend(inputs.iter().cloned());
            }
            _ => return Err(size_dependent(node)),
        }
    }
    // A constant that is also read as data would be changed for that operator as well. The least of
    // several, since the order of a set differs from run to run.
    match targets.intersection(&others).min() {
        None => Ok(targets),
        Some(shared) => {
            Err(wrong("reshape targets of their own", format!("{} in use elsewhere", shown(shared))))
        }
    }
}

fn size_dependent(node: &NodeProto) -> ExportError {
    wrong(
        "operators that follow the size of their input",
        format!("{} with {} inputs", shown(node.op_type()), node.input.len()),
    )
}

/// Turns the targets `[1, -1, n]` into `[0, -1, n]`: 0 takes over the batch of the reshaped tensor.
fn free_reshapes(graph: &mut GraphProto, mut targets: HashSet<String>) -> Result<(), ExportError> {
    for tensor in &mut graph.initializer {
        if !targets.remove(tensor.name()) {
            continue;
        }
        // Nothing but the batch is fixed in such a target: -1 already takes the cells of any size.
        let is_list = tensor.dims == [3] && tensor.data_type == Some(TENSOR_INT64);
        match tensor.raw_data.as_deref_mut().unwrap_or_default().as_chunks_mut::<8>() {
            ([batch, cells, _], [])
                if is_list && *batch == 1_i64.to_le_bytes() && *cells == (-1_i64).to_le_bytes() =>
            {
                *batch = 0_i64.to_le_bytes();
            }
            _ => return Err(wrong("a reshape to [1, -1, n]", shown(tensor.name()))),
        }
    }
    match targets.iter().min() {
        None => Ok(()),
        Some(computed) => {
            Err(wrong("constant reshape targets", format!("{}, which is computed", shown(computed))))
        }
    }
}

#[cfg(test)]
mod tests;
