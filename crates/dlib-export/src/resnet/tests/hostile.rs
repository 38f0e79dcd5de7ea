//! Files that are cut off, damaged or another network.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::error::ExportError;
use crate::resnet::architecture::Architecture;
use crate::resnet::resnet_to_onnx;
use crate::testing::resnet::{NetworkFile, TINY, tiny_to_onnx};
use crate::testing::{damaged, within_memory};

/// Weights, their bytes in the graph and the encoded graph; the rest is names.
const MEMORY_PER_BYTE: usize = 8;

#[track_caller]
fn assert_refused(file: &[u8], message: &str) {
    let error = tiny_to_onnx(file).unwrap_err().to_string();
    let (_, without_offset) = error.split_once(": ").unwrap();
    assert_eq!(without_offset, message);
}

#[test]
fn every_cut_is_noticed() {
    let file = NetworkFile::new(&TINY).bytes;
    for end in 0..file.len() {
        let result = within_memory(&file[..end], MEMORY_PER_BYTE, tiny_to_onnx);
        let noticed = matches!(result, Err(ExportError::Truncated { .. } | ExportError::TooLong { .. }));
        assert!(noticed, "cut after {end} of {} bytes: {result:?}", file.len());
    }
}

#[test]
fn what_follows_the_network_is_refused() {
    let mut file = NetworkFile::new(&TINY).bytes;
    file.push(0);
    assert_refused(&file, "expected the end of the file, found 1 more bytes");
}

#[test]
fn another_network_is_refused() {
    let refused = |architecture: Architecture, message: &str| {
        assert_refused(&NetworkFile::new(&architecture).bytes, message);
    };
    let averages = [122.782, 117.0, 104.298];
    refused(Architecture { averages, ..TINY }, "expected 117.001 as the average of a colour, found 117");
    refused(Architecture { side: 150, ..TINY }, "expected 43 as the rows of the input, found 150");
    refused(
        Architecture { stem_filters: 3, ..TINY },
        "expected 296 values as the parameters of a convolution, found 444",
    );
    refused(Architecture { embedding_size: 5, ..TINY }, "expected 4 as the number of outputs, found 5");
    let fewer = &TINY.stages[..2];
    refused(
        Architecture { stages: fewer, ..TINY },
        "expected 1 as the version of a layer's wrapper, found 2",
    );
    assert!(resnet_to_onnx(&NetworkFile::new(&TINY).bytes).is_err());
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY] {
        let file = NetworkFile::changed(&TINY, |convolutions| convolutions[3].weights[1] = value);
        assert_refused(
            &file.bytes,
            "expected finite numbers in the parameters of a convolution, found infinity or NaN",
        );
    }
}

#[test]
fn weights_that_folding_makes_infinite_are_refused() {
    let file = NetworkFile::changed(&TINY, |convolutions| {
        convolutions[0].weights[0] = f32::MAX;
        convolutions[0].gamma[0] = 2.0;
    });
    assert_refused(
        &file.bytes,
        "expected a scaling that keeps the weights before it finite, found a product beyond f32",
    );
}

proptest! {
    #[test]
    fn a_damaged_network_is_exported_or_refused(file in damaged(NetworkFile::new(&TINY).bytes)) {
        drop(within_memory(&file, MEMORY_PER_BYTE, tiny_to_onnx));
    }

    #[test]
    fn any_bytes_are_refused(file in vec(any::<u8>(), 0..512)) {
        prop_assert!(within_memory(&file, MEMORY_PER_BYTE, resnet_to_onnx).is_err());
    }
}
