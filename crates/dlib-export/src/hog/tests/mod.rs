//! A detector written as dlib does it becomes the documented tensors; anything else is refused.

mod hostile;

use ::safetensors::{Dtype, SafeTensors};

use crate::testing::hog::{COLUMNS, DetectorFile, ROWS};

use super::*;

fn numbers<const N: usize, T>(file: &SafeTensors<'_>, name: &str, read: fn([u8; N]) -> T) -> Vec<T> {
    let (words, rest) = file.tensor(name).unwrap().data().as_chunks::<N>();
    assert!(rest.is_empty());
    words.iter().map(|&word| read(word)).collect()
}

fn tensors(bytes: &[u8]) -> Vec<(String, Dtype, Vec<usize>)> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut tensors: Vec<_> = file
        .iter()
        .map(|(name, tensor)| (name.to_owned(), tensor.dtype(), tensor.shape().to_vec()))
        .collect();
    tensors.sort();
    tensors
}

/// The tensors documented, for filters of that shape.
fn documented(filters: [usize; 4]) -> Vec<(String, Dtype, Vec<usize>)> {
    [
        ("cell", Dtype::U32, vec![1]),
        ("filters", Dtype::F32, filters.to_vec()),
        ("max_levels", Dtype::U32, vec![1]),
        ("min_level", Dtype::U32, vec![2]),
        ("overlap", Dtype::F64, vec![2]),
        ("padding", Dtype::U32, vec![1]),
        ("thresholds", Dtype::F64, vec![filters[0]]),
        ("window", Dtype::U32, vec![2]),
    ]
    .map(|(name, dtype, shape)| (name.to_owned(), dtype, shape))
    .to_vec()
}

#[test]
fn the_tensors_are_those_documented() {
    let bytes = hog_to_safetensors(&DetectorFile::small().bytes()).unwrap();
    assert_eq!(tensors(&bytes), documented([2, 31, ROWS, COLUMNS]));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let entries = metadata.metadata().as_ref().unwrap();
    assert_eq!(entries.iter().collect::<Vec<_>>(), [(&"format".to_owned(), &"hog-detector-1".to_owned())]);
}

#[test]
fn every_number_is_kept_in_the_order_of_the_file() {
    let written = DetectorFile::small();
    let bytes = hog_to_safetensors(&written.bytes()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let integers = |name| numbers(&file, name, |word| i64::from(u32::from_le_bytes(word)));
    let doubles = |name| numbers(&file, name, f64::from_le_bytes);

    // Tenths have no exact binary form: a weight is the nearest f32, a threshold is unchanged.
    #[expect(clippy::cast_possible_truncation, reason = "rounding is the purpose")]
    let filters: Vec<f32> =
        written.weights.iter().flat_map(|w| w.split_last().unwrap().1).map(|&weight| weight as f32).collect();
    assert_eq!(numbers(&file, "filters", f32::from_le_bytes), filters);
    let thresholds: Vec<f64> = written.weights.iter().map(|weights| *weights.last().unwrap()).collect();
    assert_eq!(doubles("thresholds"), thresholds);
    assert_eq!(doubles("overlap"), written.overlap);
    assert_eq!(integers("cell"), [written.cell]);
    assert_eq!(integers("padding"), [written.padding]);
    assert_eq!(integers("window"), written.window);
    assert_eq!(integers("max_levels"), [written.max_levels]);
    assert_eq!(integers("min_level"), written.min_level);
}

#[test]
fn a_filter_covers_the_cells_of_the_window_and_its_padding() {
    let shape = |cell, padding, window| {
        Scan { cell, padding, window, max_levels: 1, min_level: [1, 1] }.filter_shape()
    };
    assert_eq!(shape(8, 0, [80, 80]), [10, 10]);
    assert_eq!(shape(8, 1, [80, 64]), [10, 12]);
    assert_eq!(shape(4, 0, [8, 4]), [ROWS, COLUMNS]);
    // The corners fall into the same cell, since integers are rounded towards zero.
    assert_eq!(shape(8, 0, [1, 1]), [1, 1]);
    assert_eq!(shape(4096, 2, [4096, 4096]), [5, 5]);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = DetectorFile::small().bytes();
    let exports: Vec<_> = (0..8).map(|_| hog_to_safetensors(&file).unwrap()).collect();
    assert!(exports.iter().all(|export| export == &exports[0]));
}
