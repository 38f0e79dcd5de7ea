//! A detector written by dlib's rules becomes the graph it describes; anything else is refused.

mod hostile;

use crate::testing::mmod::{NetworkFile, TINY, tiny_to_onnx};

use super::architecture::CellGrid;
use super::*;
use crate::onnx::proto::Dimension;
use crate::testing::graph::{graph_of, line, shape_of, values};

#[test]
fn every_layer_becomes_its_operator() {
    let (_, graph) = graph_of(&tiny_to_onnx(&NetworkFile::new(&TINY).bytes()).unwrap());
    let lines: Vec<String> = graph.node.iter().map(line).collect();
    let expected = "\
convolution1 = Conv(pictures, convolution1.weight, convolution1.bias) kernel_shape=[5, 5] pads=[0, 0, 0, 0] strides=[2, 2]
convolution1.relu = Relu(convolution1)
convolution2 = Conv(convolution1.relu, convolution2.weight, convolution2.bias) kernel_shape=[5, 5] pads=[0, 0, 0, 0] strides=[2, 2]
convolution2.relu = Relu(convolution2)
rows = Conv(convolution2.relu, rows.weight) kernel_shape=[1, 3] pads=[0, 1, 0, 1]
scores = Conv(rows, scores.weight, scores.bias) kernel_shape=[3, 1] pads=[1, 0, 1, 0]";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn batch_normalisations_are_folded_into_the_convolutions_before_them() {
    let file = NetworkFile::new(&TINY);
    let (_, graph) = graph_of(&tiny_to_onnx(&file.bytes()).unwrap());
    for (number, layer) in (1..).zip(&file.layers[..2]) {
        // 1 / sqrt(3.75 + 0.25), as the file has it.
        let parameters = &layer.parameters;
        let scales: Vec<f32> = parameters.gamma.iter().map(|gamma| gamma / 2.0).collect();
        let filter = parameters.weights.len() / parameters.shape[0];
        let weights: Vec<f32> = parameters
            .weights
            .iter()
            .zip(0..)
            .map(|(weight, index)| weight * scales[index / filter])
            .collect();
        let biases: Vec<f32> = (0..parameters.shape[0])
            .map(|index| {
                (parameters.biases[index] - layer.means[index]) * scales[index] + parameters.beta[index]
            })
            .collect();
        let shape = parameters.shape.map(|size| i64::try_from(size).unwrap());
        let name = format!("convolution{number}");
        assert_eq!(values(&graph, &format!("{name}.weight")), (shape.to_vec(), weights), "{name}");
        assert_eq!(values(&graph, &format!("{name}.bias")), (vec![shape[0]], biases), "{name}");
    }
    let last = &file.layers[2].parameters;
    let (shape, rows) = values(&graph, "rows.weight");
    assert_eq!(shape, [3, 4, 1, 3]);
    for (at, weight) in rows.iter().enumerate() {
        let (row, channel, column) = (at / 12, at / 3 % 4, at % 3);
        assert_eq!(*weight, last.weights[channel * 9 + row * 3 + column]);
    }
    let diagonal = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(values(&graph, "scores.weight"), (vec![1, 3, 3, 1], diagonal));
    assert_eq!(values(&graph, "scores.bias"), (vec![1], last.biases.clone()));
}

#[test]
fn the_published_architecture_becomes_a_model_for_pictures_of_any_size() {
    let (_, graph) = graph_of(&mmod_to_onnx(&NetworkFile::new(&FACE_DETECTOR).bytes()).unwrap());
    let named = Dimension::named;
    assert_eq!(
        graph.input.iter().map(shape_of).collect::<Vec<_>>(),
        [("pictures", [named("batch"), Dimension::fixed(3), named("height"), named("width")].as_slice())]
    );
    assert_eq!(
        graph.output.iter().map(shape_of).collect::<Vec<_>>(),
        [("scores", [named("batch"), Dimension::fixed(1), named("rows"), named("columns")].as_slice())]
    );
    let operators = |kind| graph.node.iter().filter(|node| node.op_type() == kind).count();
    assert_eq!([operators("Conv"), operators("Relu")], [8, 6]);
    let (shape, _) = values(&graph, "convolution5.weight");
    assert_eq!(shape, [48, 48, 5, 5], "45 channels and three of zeros");
}

#[test]
fn the_metadata_say_what_a_detection_is() {
    let (model, _) = graph_of(&mmod_to_onnx(&NetworkFile::new(&FACE_DETECTOR).bytes()).unwrap());
    let entries: Vec<_> = model.metadata_props.iter().map(|entry| (entry.key(), entry.value())).collect();
    assert_eq!(
        entries,
        [
            ("format", "mmod-1"),
            ("window_width", "80"),
            ("window_height", "60"),
            ("cell_stride", "8"),
            ("cell_offset", "14"),
            ("score_threshold", "0"),
            ("nms_iou", "0.375"),
            ("nms_covered", "0.875"),
            ("pyramid_numerator", "5"),
            ("pyramid_denominator", "6"),
            ("pyramid_padding", "10"),
            ("pyramid_outer_padding", "11"),
            ("pyramid_min_rows", "5"),
        ]
    );
}

#[test]
fn a_cell_lies_at_the_centre_of_the_pixels_it_depends_on() {
    assert_eq!(TINY.cells(), CellGrid { stride: 4, offset: 6 });
    for architecture in [TINY, FACE_DETECTOR] {
        let CellGrid { stride, offset } = architecture.cells();
        // The first and the last pixel of cell 3, layer by layer from the output down.
        let (mut first, mut last) = (3_i64, 3_i64);
        for shape in architecture.convolutions.iter().rev() {
            let [step, padding, kernel] =
                [shape.stride, shape.padding, shape.kernel].map(|size| i64::try_from(size).unwrap());
            first = first * step - padding;
            last = last * step - padding + kernel - 1;
        }
        assert_eq!(i64::try_from(3 * stride + offset).unwrap() * 2, first + last);
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = NetworkFile::new(&TINY).bytes();
    assert_eq!(tiny_to_onnx(&file).unwrap(), tiny_to_onnx(&file).unwrap());
}
