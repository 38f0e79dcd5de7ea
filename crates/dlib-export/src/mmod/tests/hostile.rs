//! Files that are cut off, damaged or another network.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::error::ExportError;
use crate::mmod::architecture::{Architecture, halving, keeping};
use crate::mmod::mmod_to_onnx;
use crate::testing::mmod::{NetworkFile, TINY, tiny_to_onnx};
use crate::testing::{damaged, within_memory};

/// Weights, scalings in double precision, the bytes in the graph and the encoded graph.
const MEMORY_PER_BYTE: usize = 8;

#[track_caller]
fn assert_refused(file: &[u8], message: &str) {
    let error = tiny_to_onnx(file).unwrap_err().to_string();
    let (_, without_offset) = error.split_once(": ").unwrap();
    assert_eq!(without_offset, message);
}

#[track_caller]
fn refused_with(change: impl FnOnce(&mut NetworkFile), message: &str) {
    assert_refused(&NetworkFile::changed(&TINY, change), message);
}

#[test]
fn every_cut_is_noticed() {
    let file = NetworkFile::new(&TINY).bytes();
    for end in 0..file.len() {
        let result = within_memory(&file[..end], MEMORY_PER_BYTE, tiny_to_onnx);
        let noticed = matches!(result, Err(ExportError::Truncated { .. } | ExportError::TooLong { .. }));
        assert!(noticed, "cut after {end} of {} bytes: {result:?}", file.len());
    }
}

#[test]
fn what_follows_the_network_is_refused() {
    let mut file = NetworkFile::new(&TINY).bytes();
    file.push(0);
    assert_refused(&file, "expected the end of the file, found 1 more bytes");
}

#[test]
fn another_network_is_refused() {
    let refused = |architecture: Architecture, message: &str| {
        assert_refused(&NetworkFile::new(&architecture).bytes(), message);
    };
    let averages = [122.782, 117.0, 104.298];
    refused(Architecture { averages, ..TINY }, "expected 117.001 as the average of a colour, found 117");
    refused(
        Architecture { convolutions: const { &[halving(3, 5), halving(5, 4), keeping(4, 1, 3)] }, ..TINY },
        "expected 304 values as the parameters of a convolution, found 380",
    );
    refused(
        Architecture { convolutions: &TINY.convolutions[1..], ..TINY },
        "expected 2 as the version of a layer's wrapper, found 3",
    );
    assert!(mmod_to_onnx(&NetworkFile::new(&TINY).bytes()).is_err());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    refused_with(|file| file.window[0] = 4, "expected 1 as the version of the detector's options, found 4");
    refused_with(|file| file.window[1] = 0, "expected the width of the window from 1 to 4096, found 0");
    refused_with(
        |file| file.window[2] = 1 << 40,
        "expected the height of the window from 1 to 4096, found 1099511627776",
    );
    refused_with(
        |file| file.options[3] = 1.5,
        "expected the overlap at which a box is suppressed from 0 to 1, found 1.5",
    );
    refused_with(
        |file| file.options[4] = -0.5,
        "expected the cover at which a box is suppressed from 0 to 1, found -0.5",
    );
    for option in 0..7 {
        let file = NetworkFile::changed(&TINY, |file| file.options[option] = f64::NAN);
        assert!(matches!(tiny_to_onnx(&file), Err(ExportError::Unexpected { .. })), "option {option}");
    }
}

#[test]
fn statistics_that_no_training_leaves_are_refused() {
    refused_with(
        |file| file.layers[1].variances[0] = -0.5,
        "expected running variances of 0 or more, found -0.5",
    );
    refused_with(|file| file.epsilon = 0.0, "expected an epsilon above 0, found 0");
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY] {
        let changes: [fn(&mut NetworkFile) -> &mut f32; 5] = [
            |file| &mut file.layers[2].parameters.weights[1],
            |file| &mut file.layers[0].parameters.biases[0],
            |file| &mut file.layers[0].parameters.gamma[1],
            |file| &mut file.layers[1].means[0],
            |file| &mut file.layers[1].variances[1],
        ];
        for change in changes {
            let file = NetworkFile::changed(&TINY, |file| *change(file) = value);
            let error = tiny_to_onnx(&file).unwrap_err().to_string();
            assert!(error.contains("expected finite numbers in "), "{error}");
        }
    }
}

#[test]
fn weights_that_folding_makes_infinite_are_refused() {
    refused_with(
        |file| {
            file.layers[0].parameters.weights[0] = f32::MAX;
            file.layers[0].parameters.gamma[0] = 4.0;
        },
        "expected a scaling that keeps the weights before it finite, found a product beyond f32",
    );
}

proptest! {
    #[test]
    fn a_damaged_network_is_exported_or_refused(file in damaged(NetworkFile::new(&TINY).bytes())) {
        drop(within_memory(&file, MEMORY_PER_BYTE, tiny_to_onnx));
    }

    #[test]
    fn any_bytes_are_refused(file in vec(any::<u8>(), 0..512)) {
        prop_assert!(within_memory(&file, MEMORY_PER_BYTE, mmod_to_onnx).is_err());
    }
}
