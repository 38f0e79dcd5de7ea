//! Files that are cut off, damaged or disagree with themselves.

use proptest::collection::vec;
use proptest::prelude::*;

use super::hog_to_safetensors;
use crate::error::ExportError;
use crate::testing::hog::DetectorFile;
use crate::testing::{Writer, damaged, within_memory};

/// Arrays that grow while the file is read, the tensors and the encoded file.
const MEMORY_PER_BYTE: usize = 16;

#[track_caller]
fn assert_refused(file: &[u8], message: &str) {
    let error = hog_to_safetensors(file).unwrap_err().to_string();
    let (_, without_offset) = error.split_once(": ").unwrap();
    assert_eq!(without_offset, message);
}

#[track_caller]
fn refused_with(change: impl FnOnce(&mut DetectorFile), message: &str) {
    assert_refused(&DetectorFile::changed(change), message);
}

#[test]
fn every_cut_is_noticed() {
    let file = DetectorFile::small().bytes();
    for end in 0..file.len() {
        let result = within_memory(&file[..end], MEMORY_PER_BYTE, hog_to_safetensors);
        let noticed = matches!(result, Err(ExportError::Truncated { .. } | ExportError::TooLong { .. }));
        assert!(noticed, "cut after {end} of {} bytes: {result:?}", file.len());
    }
}

#[test]
fn what_follows_the_detector_is_refused() {
    let mut file = DetectorFile::small().bytes();
    file.extend([1, 0]);
    assert_refused(&file, "expected the end of the file, found 2 more bytes");
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    refused_with(|file| file.cell = 1, "expected the side of a cell from 2 to 4096, found 1");
    refused_with(|file| file.padding = 4097, "expected the padding of the window from 0 to 4096, found 4097");
    refused_with(|file| file.window[0] = 0, "expected the width of the window from 1 to 4096, found 0");
    refused_with(|file| file.window[1] = -8, "expected the height of the window of 0 or more, found -8");
    refused_with(
        |file| file.max_levels = 0,
        "expected the most levels of the pyramid from 1 to 4096, found 0",
    );
    refused_with(
        |file| file.min_level[1] = i64::MAX,
        "expected the height of the last level from 1 to 4096, found 9223372036854775807",
    );
    refused_with(
        |file| file.overlap[0] = 1.25,
        "expected the overlap at which a box is suppressed from 0 to 1, found 1.25",
    );
    refused_with(
        |file| file.overlap[1] = -0.25,
        "expected the cover at which a box is suppressed from 0 to 1, found -0.25",
    );
}

#[test]
fn parts_that_disagree_are_refused() {
    refused_with(
        |file| file.window[0] = 16,
        "expected 124 as the number of weights that fit the window, found 62",
    );
    refused_with(|file| file.weights.clear(), "expected at least one detector, found none");
    refused_with(
        |file| file.weights[1].truncate(62),
        "expected 62 weights and a threshold, found 62 numbers",
    );
    refused_with(|file| file.versions[0] = 1, "expected 2 as the version of an object detector, found 1");
    refused_with(|file| file.versions[1] = 2, "expected 1 as the version of a scanner, found 2");
    refused_with(|file| file.versions[3] = 1, "expected 0 as the number of feature pictures, found 1");
}

#[test]
fn numbers_that_cannot_be_held_are_refused() {
    refused_with(
        |file| file.weights[0][3] = 1e39,
        "expected a weight within the range of f32, found 1000000000000000000000000000000000000000",
    );
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let changes: [fn(&mut DetectorFile) -> &mut f64; 4] = [
            |file| &mut file.weights[1][5],
            |file| &mut file.weights[0][62],
            |file| &mut file.overlap[0],
            |file| &mut file.regulariser,
        ];
        for change in changes {
            let result = hog_to_safetensors(&DetectorFile::changed(|file| *change(file) = value));
            assert!(matches!(result, Err(ExportError::Unexpected { .. })), "{value}: {result:?}");
        }
    }
}

#[test]
fn a_hostile_length_is_refused_before_anything_is_allocated_for_it() {
    let beginning = DetectorFile::changed(|file| file.weights.clear());
    // All but the number of detectors, 0.
    let beginning = &beginning[..beginning.len() - 2];
    for count in [1 << 20, 1 << 40, i64::MAX] {
        for end in [
            Writer::file(|file| file.integer(count)),
            Writer::file(|file| file.integers(&[1, -count, -1])),
            Writer::file(|file| file.integers(&[1, count, 1])),
        ] {
            let file = [beginning, &end].concat();
            let result = within_memory(&file, 0, hog_to_safetensors);
            assert!(matches!(result, Err(ExportError::TooLong { .. })), "{count}: {result:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_detector_is_exported_or_refused(file in damaged(DetectorFile::small().bytes())) {
        drop(within_memory(&file, MEMORY_PER_BYTE, hog_to_safetensors));
    }

    #[test]
    fn any_bytes_after_the_versions_are_exported_or_refused(rest in vec(any::<u8>(), 0..512)) {
        let file = [[1, 2, 1, 1, 1, 0, 1, 0].as_slice(), &rest].concat();
        drop(within_memory(&file, MEMORY_PER_BYTE, hog_to_safetensors));
    }
}
