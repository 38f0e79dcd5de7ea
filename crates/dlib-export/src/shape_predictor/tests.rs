//! A predictor written as dlib does it becomes the documented tensors; anything else is refused.

use ::safetensors::{Dtype, SafeTensors};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::testing::shape_predictor::{PredictorFile, Tree};

use super::*;
use crate::testing::{Writer, damaged, within_memory};

/// Arrays that grow while the file is read, the tensors and the encoded file.
const MEMORY_PER_BYTE: usize = 16;

fn numbers<const N: usize, T>(file: &SafeTensors<'_>, name: &str, read: fn([u8; N]) -> T) -> Vec<T> {
    let (words, rest) = file.tensor(name).unwrap().data().as_chunks::<N>();
    assert!(rest.is_empty());
    words.iter().map(|&word| read(word)).collect()
}

fn shorten<T>(list: &mut Vec<T>) {
    list.truncate(list.len() - 1);
}

#[track_caller]
fn assert_refused(file: &[u8], message: &str) {
    let error = shape_predictor_to_safetensors(file).unwrap_err().to_string();
    let (_, without_offset) = error.split_once(": ").unwrap();
    assert_eq!(without_offset, message);
}

#[test]
fn the_tensors_are_those_documented() {
    let bytes = shape_predictor_to_safetensors(&PredictorFile::small().bytes()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Vec<_> =
        file.iter().map(|(name, tensor)| (name, tensor.dtype(), tensor.shape().to_vec())).collect();
    tensors.sort();
    assert_eq!(
        tensors,
        [
            ("anchors", Dtype::U32, vec![2, 4]),
            ("deltas", Dtype::F32, vec![2, 4, 2]),
            ("leaves", Dtype::F32, vec![2, 3, 4, 4]),
            ("mean_shape", Dtype::F32, vec![2, 2]),
            ("split_a", Dtype::U32, vec![2, 3, 3]),
            ("split_b", Dtype::U32, vec![2, 3, 3]),
            ("thresholds", Dtype::F32, vec![2, 3, 3]),
        ]
    );
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let entries = metadata.metadata().as_ref().unwrap();
    assert_eq!(entries.iter().collect::<Vec<_>>(), [(&"format".to_owned(), &"shape-predictor-1".to_owned())]);
}

#[test]
fn every_number_is_kept_in_the_order_of_the_file() {
    let written = PredictorFile::small();
    let bytes = shape_predictor_to_safetensors(&written.bytes()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name| numbers(&file, name, f32::from_le_bytes);
    let indices = |name| numbers(&file, name, |word| i64::from(u32::from_le_bytes(word)));
    let trees: Vec<&Tree> = written.cascades.iter().flatten().collect();
    let splits: Vec<(i64, i64, f32)> = trees.iter().flat_map(|tree| tree.splits.clone()).collect();

    assert_eq!(floats("mean_shape"), written.mean_shape);
    assert_eq!(indices("anchors"), written.anchors.concat());
    assert_eq!(floats("deltas"), written.deltas.concat().as_flattened());
    assert_eq!(indices("split_a"), splits.iter().map(|split| split.0).collect::<Vec<_>>());
    assert_eq!(indices("split_b"), splits.iter().map(|split| split.1).collect::<Vec<_>>());
    assert_eq!(floats("thresholds"), splits.iter().map(|split| split.2).collect::<Vec<_>>());
    assert_eq!(floats("leaves"), trees.iter().flat_map(|tree| tree.leaves.concat()).collect::<Vec<_>>());
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = PredictorFile::small().bytes();
    let exports: Vec<_> = (0..8).map(|_| shape_predictor_to_safetensors(&file).unwrap()).collect();
    assert!(exports.iter().all(|export| export == &exports[0]));
}

#[test]
fn every_cut_is_noticed() {
    let file = PredictorFile::small().bytes();
    for end in 0..file.len() {
        let result = within_memory(&file[..end], MEMORY_PER_BYTE, shape_predictor_to_safetensors);
        let noticed = matches!(result, Err(ExportError::Truncated { .. } | ExportError::TooLong { .. }));
        assert!(noticed, "cut after {end} of {} bytes: {result:?}", file.len());
    }
}

#[test]
fn what_follows_the_predictor_is_refused() {
    let mut file = PredictorFile::small().bytes();
    file.extend([1, 0]);
    assert_refused(&file, "expected the end of the file, found 2 more bytes");
}

#[test]
fn indices_out_of_range_are_refused() {
    let refused = |change: fn(&mut PredictorFile), message: &str| {
        assert_refused(&PredictorFile::changed(change), message);
    };
    refused(|file| file.anchors[1][2] = 2, "expected the index of a landmark, found 2");
    refused(|file| file.anchors[0][0] = -1, "expected a landmark of 0 or more, found -1");
    refused(
        |file| file.cascades[1][2].splits[0].1 = 4,
        "expected the index of one of 4 feature pixels, found 4",
    );
    refused(
        |file| file.cascades[0][0].splits[0].0 = 1 << 32,
        "expected the index of the feature pixel of a split, found 4294967296",
    );
}

#[test]
fn parts_that_disagree_are_refused() {
    let refused = |change: fn(&mut PredictorFile), message: &str| {
        assert_refused(&PredictorFile::changed(change), message);
    };
    refused(|file| shorten(&mut file.cascades[1]), "expected 3 trees in each cascade, found 2");
    refused(|file| file.cascades[0].clear(), "expected one or more trees in each cascade, found 0");
    refused(|file| file.cascades.clear(), "expected at least one cascade, found none");
    refused(|file| shorten(&mut file.cascades[0][1].splits), "expected 3 splits in each tree, found 2");
    refused(
        |file| shorten(&mut file.cascades[0][0].splits),
        "expected one less than a power of two as the number of splits, found 2",
    );
    refused(|file| shorten(&mut file.cascades[0][0].leaves), "expected 4 leaves for 3 splits, found 3");
    refused(|file| shorten(&mut file.cascades[0][0].leaves[1]), "expected a leaf of 4 numbers, found 3");
    refused(|file| shorten(&mut file.anchors), "expected 2 as the number of anchor lists, found 1");
    refused(|file| shorten(&mut file.anchors[1]), "expected 4 features in each cascade, found 3");
    refused(|file| shorten(&mut file.deltas), "expected 2 as the number of delta lists, found 1");
    refused(|file| shorten(&mut file.deltas[0]), "expected 4 as the deltas of a cascade, found 3");
    refused(
        |file| shorten(&mut file.mean_shape),
        "expected an even number of coordinates in the mean shape, found 3",
    );
    refused(
        |file| file.mean_shape.clear(),
        "expected an even number of coordinates in the mean shape, found 0",
    );
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let changes: [fn(&mut PredictorFile) -> &mut f32; 4] = [
            |file| &mut file.mean_shape[1],
            |file| &mut file.cascades[0][1].splits[2].2,
            |file| &mut file.cascades[1][0].leaves[3][0],
            |file| &mut file.deltas[1][3][1],
        ];
        for change in changes {
            let result =
                shape_predictor_to_safetensors(&PredictorFile::changed(|file| *change(file) = value));
            assert!(matches!(result, Err(ExportError::Unexpected { .. })), "{value}: {result:?}");
        }
    }
}

#[test]
fn a_matrix_of_several_columns_is_refused() {
    let file = Writer::file(|file| file.integers(&[1, -2, -2]).floats(&[0.0; 4]));
    assert_refused(&file, "expected the mean shape as a column of numbers, found 2 x 2");
    let file = Writer::file(|file| file.integers(&[1, 4, -1]).floats(&[0.0; 4]));
    assert_refused(&file, "expected the mean shape as a column of numbers, found -4 x 1");
}

#[test]
fn a_hostile_length_is_refused_before_anything_is_allocated_for_it() {
    for count in [1 << 20, 1 << 40, i64::MAX] {
        let begin = |file: &mut Writer| file.integer(1).column(&[0.0; 4]).integer(2).clone();
        for file in [
            Writer::file(|file| file.integers(&[1, -count, -1])),
            Writer::file(|file| file.integer(1).column(&[0.0; 4]).integer(count)),
            begin(&mut Writer::default()).integer(count).bytes.clone(),
            begin(&mut Writer::default()).integers(&[1, count]).bytes.clone(),
            begin(&mut Writer::default()).integers(&[1, 0, count]).bytes.clone(),
        ] {
            let result = within_memory(&file, 0, shape_predictor_to_safetensors);
            assert!(result.is_err(), "{count}: {result:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_predictor_is_exported_or_refused(file in damaged(PredictorFile::small().bytes())) {
        drop(within_memory(&file, MEMORY_PER_BYTE, shape_predictor_to_safetensors));
    }

    #[test]
    fn any_bytes_after_the_version_are_exported_or_refused(rest in vec(any::<u8>(), 0..512)) {
        let file = [[1, 1].as_slice(), &rest].concat();
        drop(within_memory(&file, MEMORY_PER_BYTE, shape_predictor_to_safetensors));
    }
}
