//! The detector as an ONNX graph, with what else there is to know of it as metadata.

use prost::Message;

use super::architecture::{Architecture, CellGrid};
use super::network::Mmod;
use super::options::DetectionOptions;
use super::widths::{by_row, diagonal, widened};
use crate::layers::Convolution;
use crate::onnx::proto::{Dimension, StringStringEntryProto};
use crate::onnx::{GraphBuilder, Kernel};

const INPUT: &str = "pictures";
const OUTPUT: &str = "scores";

/// Name and version of the metadata keys.
const FORMAT: &str = "mmod-1";

/// The pyramid of the published network's type, `input_rgb_image_pyramid<pyramid_down<6>>`.
const PYRAMID_NUMERATOR: usize = 5;
const PYRAMID_DENOMINATOR: usize = 6;
/// Distances in pixels that dlib uses where a file does not have them (dlib/dnn/input.h).
const PYRAMID_PADDING: usize = 10;
const PYRAMID_OUTER_PADDING: usize = 11;
/// Rows of the smallest picture in a pyramid (dlib/image_transforms/image_pyramid.h).
const PYRAMID_MIN_ROWS: usize = 5;
/// What dlib compares a score with (`loss_mmod_::to_label`).
const SCORE_THRESHOLD: usize = 0;

/// The bytes of the model.
pub(super) fn model(network: &Mmod, architecture: &Architecture) -> Vec<u8> {
    let mut graph = GraphBuilder::default();
    let mut tensor = INPUT.to_owned();
    let mut channels = 3;
    if let Some((last, convolutions)) = network.convolutions.split_last() {
        for (number, convolution) in (1..).zip(convolutions) {
            // Appended channels are zeros after the relu, too, and the next convolution has weights of zero
            // for them.
            let convolution = widened(convolution, channels);
            channels = convolution.shape.filters;
            let name = format!("convolution{number}");
            let convolved = graph.convolution(&tensor, &name, &convolution);
            tensor = graph.apply("Relu", &[&convolved], &format!("{name}.relu"));
        }
        scores(&mut graph, &tensor, channels, last);
    }

    let named = Dimension::named;
    let input = vec![named("batch"), Dimension::fixed(3), named("height"), named("width")];
    let output = vec![named("batch"), Dimension::fixed(1), named("rows"), named("columns")];
    let mut model = graph.build("face-detector", (INPUT, input), (OUTPUT, output));
    // Whoever runs the network needs these, and nothing of a graph can express them.
    model.metadata_props = metadata(&network.options, architecture.cells());
    model.encode_to_vec()
}

/// The one filter at the output, over so many channels: a filter for each of its rows, then their sum.
fn scores(graph: &mut GraphBuilder, input: &str, channels: usize, filter: &Convolution) {
    let (kernel, padding) = (filter.shape.kernel, filter.shape.padding);
    let rows = Kernel { shape: [kernel, channels, 1, kernel], padding: [0, padding] };
    let rows = graph.convolution_by(input, "rows", rows, &by_row(filter, channels), None);
    let sum = Kernel { shape: [1, kernel, kernel, 1], padding: [padding, 0] };
    // The bias belongs to the sum: with the rows it would be added once for each.
    graph.convolution_by(&rows, OUTPUT, sum, &diagonal(kernel), Some(&filter.biases));
}

/// In a fixed order, so that the same file gives the same bytes.
fn metadata(options: &DetectionOptions, cells: CellGrid) -> Vec<StringStringEntryProto> {
    [
        ("format", FORMAT.to_owned()),
        ("window_width", options.window_width.to_string()),
        ("window_height", options.window_height.to_string()),
        ("cell_stride", cells.stride.to_string()),
        ("cell_offset", cells.offset.to_string()),
        ("score_threshold", SCORE_THRESHOLD.to_string()),
        ("nms_iou", options.nms_iou.to_string()),
        ("nms_covered", options.nms_covered.to_string()),
        ("pyramid_numerator", PYRAMID_NUMERATOR.to_string()),
        ("pyramid_denominator", PYRAMID_DENOMINATOR.to_string()),
        ("pyramid_padding", PYRAMID_PADDING.to_string()),
        ("pyramid_outer_padding", PYRAMID_OUTER_PADDING.to_string()),
        ("pyramid_min_rows", PYRAMID_MIN_ROWS.to_string()),
    ]
    .map(|(key, value)| StringStringEntryProto { key: Some(key.to_owned()), value: Some(value) })
    .to_vec()
}
