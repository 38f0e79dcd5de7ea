//! Other graphs, and files that are cut off, damaged or hostile.

use proptest::collection::vec;
use proptest::prelude::*;

use super::published::{Published, float, value};
use super::{TINY, tiny_to_onnx};
use crate::onnx::proto::OperatorSetIdProto;
use crate::onnx::{int, ints};
use crate::testing::{damaged, within_memory};

/// Two bytes can be a node, which takes 120, in a list that doubles while it grows.
const MEMORY_PER_BYTE: usize = 400;

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Published), message: &str) {
    let mut published = Published::new(&TINY);
    change(&mut published);
    let error = tiny_to_onnx(&published.bytes()).unwrap_err();
    assert_eq!(error.to_string(), format!("in the ONNX model: expected {message}"));
}

#[test]
fn other_inputs_outputs_and_operator_sets_are_refused() {
    assert_refused(|p| p.graph().input.clear(), "a first input named `data`, found 0 inputs");
    assert_refused(
        |p| p.graph().input[0] = value("data", &[1, 3, 5, 4]),
        "a chip of 3 channels and the network's size, found [1, 3, 5, 4]",
    );
    assert_refused(|p| p.graph().output.clear(), "one output named `fc1`, found 0 outputs");
    assert_refused(
        |p| p.graph().output[0] = value("fc1", &[1, 4]),
        "an embedding of the network's size, found [1, 4]",
    );
    let set = |version| OperatorSetIdProto { domain: None, version: Some(version) };
    assert_refused(|p| p.model.opset_import = vec![set(12)], "operator set 11, found 1 others");
    assert_refused(|p| p.model.graph = None, "a graph, found none");
}

#[test]
fn other_operators_are_refused() {
    let node = |p: &mut Published, operator: &str| {
        p.graph().node.iter().position(|node| node.op_type() == operator).unwrap()
    };
    assert_refused(|p| p.graph().node[4].op_type = Some("Relu".to_owned()), "PRelu, found Relu");
    assert_refused(|p| p.graph().node.truncate(6), "BatchNormalization, found the end of the graph");
    assert_refused(
        |p| {
            let last = p.graph().node.last().unwrap().clone();
            p.graph().node.push(last);
        },
        "the end of the graph, found BatchNormalization",
    );
    assert_refused(|p| p.graph().node[3].input[0] = "data".to_owned(), "operators in a chain, found data");
    assert_refused(
        |p| p.graph().node[3].input[1] = "mean".to_owned(),
        "a constant for each operator, found mean",
    );
    let attributes = "the attributes of the published network, found";
    assert_refused(
        |p| p.graph().node[2].attribute[4] = ints("strides", &[2; 2]),
        &format!("{attributes} another strides"),
    );
    assert_refused(|p| p.graph().node[2].attribute.push(int("more", 1)), &format!("{attributes} 6"));
    assert_refused(
        |p| {
            let gemm = node(p, "Gemm");
            p.graph().node[gemm].attribute[0] = float("alpha", 2.0);
        },
        "a matrix without factors, found another",
    );
    assert_refused(
        |p| p.graph().node.last_mut().unwrap().output = vec!["other".to_owned()],
        "the result `fc1`, found other",
    );
}

#[test]
fn other_constants_are_refused() {
    let constant = |p: &mut Published, name: &str| {
        p.graph().initializer.iter().position(|tensor| tensor.name() == name).unwrap()
    };
    assert_refused(
        |p| p.graph().initializer[0].float_data = vec![0.0],
        "the normalisation (value - 127.5) / 128, found another",
    );
    assert_refused(
        |p| {
            p.graph().initializer[2].float_data.pop();
        },
        "a constant of [2, 3, 3, 3] floats, found conv0.weight of 53",
    );
    assert_refused(
        |p| p.graph().initializer[2].raw_data = Some(Vec::new()),
        "a constant of [2, 3, 3, 3] floats, found conv0.weight of 54",
    );
    for value in [f32::NAN, f32::INFINITY] {
        assert_refused(
            |p| p.graph().initializer[2].float_data[7] = value,
            "finite weights, found conv0.weight",
        );
    }
    assert_refused(
        |p| {
            let at = constant(p, "conv1.gamma");
            p.graph().initializer[at].float_data = vec![f32::MAX; 2];
        },
        "a scaling that keeps the weights before it finite, found a product beyond f32",
    );
    assert_refused(
        |p| {
            let at = constant(p, "bn1.var");
            p.graph().initializer[at].float_data[1] = -1.0;
        },
        "an epsilon above 0 and variances of 0 or more, found others",
    );
    assert_refused(
        |p| {
            let mut spare = p.graph().initializer[0].clone();
            spare.name = Some("spare".to_owned());
            p.graph().initializer.push(spare);
        },
        "constants that are used, found spare",
    );
}

#[test]
fn every_cut_is_noticed() {
    let file = Published::new(&TINY).bytes();
    for end in 0..file.len() {
        assert!(within_memory(&file[..end], MEMORY_PER_BYTE, tiny_to_onnx).is_err(), "{end}");
    }
}

#[test]
fn a_file_of_small_parts_is_refused_before_it_is_decoded() {
    // Empty nodes: the most memory that a byte can take.
    let nodes = [0x0a, 0x00].repeat(1 << 18);
    let graph = [&[0x3a, 0x80, 0x80, 0x20], nodes.as_slice()].concat();
    let error = within_memory(&graph, 0, tiny_to_onnx).unwrap_err();
    assert_eq!(
        error.to_string(),
        "in the ONNX model: expected at most 256 KiB beside the weights, found 524292 bytes"
    );
}

proptest! {
    #[test]
    fn a_damaged_model_is_read_or_refused(file in damaged(Published::new(&TINY).bytes())) {
        drop(within_memory(&file, MEMORY_PER_BYTE, tiny_to_onnx));
    }

    #[test]
    fn any_bytes_are_refused(file in vec(any::<u8>(), 0..512)) {
        prop_assert!(within_memory(&file, MEMORY_PER_BYTE, tiny_to_onnx).is_err());
    }
}
