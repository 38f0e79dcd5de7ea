//! A graph of YuNet's kind is freed from its size, and from nothing else; other graphs are refused.

mod published;

use proptest::collection::vec;
use proptest::prelude::*;

use published::{constant, published, target, value};

use super::*;
use crate::onnx::proto::{TENSOR_FLOAT, TensorProto, ValueInfoProto};
use crate::testing::{damaged, within_memory};

/// Two bytes can be a node, which takes 120, in a list that doubles while it grows.
const MEMORY_PER_BYTE: usize = 400;

fn changed(change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let mut model = published();
    change(model.graph.as_mut().unwrap());
    model.encode_to_vec()
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut GraphProto), message: &str) {
    let error = yunet_with_dynamic_size(&changed(change)).unwrap_err();
    assert_eq!(error.to_string(), format!("in the ONNX model: expected {message}"));
}

fn dimensions(value: &mut ValueInfoProto) -> &mut Vec<Dimension> {
    &mut value.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap().dim
}

#[test]
fn batch_height_and_width_become_free_and_nothing_else_changes() {
    let mut expected = published();
    let graph = expected.graph.as_mut().unwrap();
    let named = Dimension::named;
    *dimensions(&mut graph.input[0]) =
        vec![named("batch"), Dimension::fixed(3), named("height"), named("width")];
    for output in &mut graph.output {
        let cells = format!("cells_{}", output.name().split_once('_').unwrap().1);
        let shape = dimensions(output);
        shape[0] = named("batch");
        shape[1] = named(&cells);
    }
    for (constant, numbers) in graph.initializer[3..].iter_mut().zip([1, 4, 10]) {
        *constant = target(&format!("target_{numbers}"), [0, -1, numbers]);
    }
    graph.value_info.clear();
    let freed = yunet_with_dynamic_size(&published().encode_to_vec()).unwrap();
    assert_eq!(ModelProto::decode(freed.as_slice()).unwrap(), expected);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = published().encode_to_vec();
    let edits: Vec<_> = (0..8).map(|_| yunet_with_dynamic_size(&file).unwrap()).collect();
    assert!(edits.iter().all(|edit| edit == &edits[0]));
}

#[test]
fn a_graph_that_is_free_already_is_refused() {
    let freed = yunet_with_dynamic_size(&published().encode_to_vec()).unwrap();
    let error = yunet_with_dynamic_size(&freed).unwrap_err().to_string();
    assert_eq!(error, "in the ONNX model: expected a reshape to [1, -1, n], found target_1");
}

#[test]
fn other_inputs_and_outputs_are_refused() {
    assert_refused(|graph| graph.input.clear(), "one input, found 0");
    assert_refused(|graph| graph.input[0].name = Some("data".into()), "an input named `input`, found data");
    assert_refused(
        |graph| graph.input[0] = value("input", &[1, 1, 640, 640]),
        "an input of 4 dimensions, the second 3, found [1, 1, 640, 640]",
    );
    assert_refused(
        |graph| graph.input[0].r#type = None,
        "a tensor of floats with a shape, found another type",
    );
    assert_refused(|graph| graph.output.truncate(11), "12 outputs, found 11");
    assert_refused(|graph| graph.output.swap(0, 1), "the output cls_8, found cls_16");
    assert_refused(
        |graph| dimensions(&mut graph.output[6])[2] = Dimension::named("numbers"),
        "bbox_8 of 3 dimensions, the last 4, found [1, 6400, ?]",
    );
}

#[test]
fn other_operator_sets_are_refused() {
    for (sets, found) in [(vec![], "[]"), (vec![17], "[17]"), (vec![11, 1], "[11, 1]")] {
        let set = |version| OperatorSetIdProto { domain: Some(String::new()), version: Some(version) };
        let model = ModelProto { opset_import: sets.into_iter().map(set).collect(), ..published() };
        let error = yunet_with_dynamic_size(&model.encode_to_vec()).unwrap_err().to_string();
        assert_eq!(error, format!("in the ONNX model: expected operator set 11, found {found}"));
    }
}

#[test]
fn graphs_that_depend_on_the_size_elsewhere_are_refused() {
    let operators = "operators that follow the size of their input, found";
    assert_refused(
        |graph| graph.node[1].op_type = Some("Flatten".to_owned()),
        &format!("{operators} Flatten with 1 inputs"),
    );
    // A fourth input of a resize is the size of its result.
    assert_refused(
        |graph| graph.node[3].input.push("size".to_owned()),
        &format!("{operators} Resize with 4 inputs"),
    );
    assert_refused(
        |graph| graph.node[6].attribute = graph.node[0].attribute.clone(),
        &format!("{operators} Reshape with 2 inputs"),
    );
    assert_refused(
        |graph| graph.node[4].input[1] = "target_4".to_owned(),
        "reshape targets of their own, found target_4 in use elsewhere",
    );
}

#[test]
fn other_reshape_targets_are_refused() {
    let refused = |tensor: TensorProto, message: &str| {
        assert_refused(|graph| graph.initializer[3] = tensor, message);
    };
    let other = "a reshape to [1, -1, n], found target_1";
    refused(target("target_1", [1, 6400, 1]), other);
    refused(target("target_1", [2, -1, 1]), other);
    refused(constant("target_1", TENSOR_INT64, &[3], vec![0; 23]), other);
    refused(constant("target_1", TENSOR_FLOAT, &[3], target("", [1, -1, 1]).raw_data.unwrap()), other);
    let longer = [target("", [1, -1, 1]).raw_data.unwrap(), vec![0]].concat();
    refused(constant("target_1", TENSOR_INT64, &[3], longer), other);
    refused(target("other", [1, -1, 1]), "constant reshape targets, found target_1, which is computed");
}

#[test]
fn names_from_the_file_are_shortened_and_escaped_in_errors() {
    let name = format!("\u{1b}[2J{}", "x".repeat(1000));
    let error = yunet_with_dynamic_size(&changed(|graph| graph.input[0].name = Some(name))).unwrap_err();
    let shown = format!("\\u{{1b}}[2J{}", "x".repeat(60));
    assert_eq!(
        error.to_string(),
        format!("in the ONNX model: expected an input named `input`, found {shown}")
    );
}

#[test]
fn a_model_with_fields_that_would_be_lost_is_refused() {
    // Field 6 of the model, its documentation.
    let documented = [published().encode_to_vec(), vec![0x32, 0x02, b'h', b'i']].concat();
    let error = yunet_with_dynamic_size(&documented).unwrap_err();
    assert!(error.to_string().contains("only fields that this exporter can carry over"), "{error}");
}

#[test]
fn files_that_are_not_onnx_are_refused() {
    assert!(matches!(yunet_with_dynamic_size(b"no model"), Err(ExportError::NotOnnx(_))));
    assert!(matches!(yunet_with_dynamic_size(b""), Err(ExportError::Model { .. })));
}

#[test]
fn every_cut_is_noticed() {
    let file = published().encode_to_vec();
    for end in 0..file.len() {
        assert!(within_memory(&file[..end], MEMORY_PER_BYTE, yunet_with_dynamic_size).is_err(), "{end}");
    }
}

#[test]
fn a_file_too_large_to_be_yunet_is_refused_before_it_is_decoded() {
    // Empty nodes: the most memory that a byte can take.
    let nodes = [0x0a, 0x00].repeat(4 << 10);
    let length = [0x80, 0x40];
    let graph = [&[0x3a], length.as_slice(), &nodes].concat();
    assert!(within_memory(&graph, MEMORY_PER_BYTE, yunet_with_dynamic_size).is_err());

    let error = within_memory(&vec![0x0a; LARGEST_FILE + 1], 0, yunet_with_dynamic_size).unwrap_err();
    assert_eq!(error.to_string(), "in the ONNX model: expected a file of at most 1 MiB, found 1048577 bytes");
}

proptest! {
    #[test]
    fn a_damaged_model_is_edited_or_refused(file in damaged(published().encode_to_vec())) {
        drop(within_memory(&file, MEMORY_PER_BYTE, yunet_with_dynamic_size));
    }

    #[test]
    fn any_bytes_are_refused(file in vec(any::<u8>(), 0..512)) {
        prop_assert!(within_memory(&file, MEMORY_PER_BYTE, yunet_with_dynamic_size).is_err());
    }
}
