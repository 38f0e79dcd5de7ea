//! Any numbers from YuNet's network: finite faces, apart from each other, and a chip of each.
#![no_main]

use face_core::fuzzing::{chip, overlap, yunet};
use face_core::{Landmarks, RgbView};
use face_fuzz::{Seeds, prepare};
use libfuzzer_sys::fuzz_target;

/// Numbers of one cell: class, object, box, points.
const NUMBERS: usize = 1 + 1 + 4 + 10;

const PICTURE: [u8; 64 * 48 * 3] = [200; 64 * 48 * 3];

fn seeds() -> Seeds {
    let cell = |score: f32| {
        let mut numbers = [0.5; NUMBERS];
        numbers[..2].copy_from_slice(&[score; 2]);
        numbers.map(f32::to_le_bytes).as_flattened().to_vec()
    };
    let wild = [f32::NAN, f32::INFINITY, f32::MAX, -0.0].repeat(4).into_iter().flat_map(f32::to_le_bytes);
    vec![
        ("one-face".to_owned(), [vec![0, 1, 1], cell(0.9)].concat()),
        (
            "six-cells".to_owned(),
            [vec![1, 3, 2], cell(0.9), cell(0.1), cell(1.0), cell(0.7), cell(0.9), cell(0.8)].concat(),
        ),
        ("wild".to_owned(), [vec![2, 1, 1]].concat().into_iter().chain(wild).collect()),
    ]
}

fuzz_target!(init: prepare(seeds), |bytes: &[u8]| {
    let Some((&[level, columns, rows], numbers)) = bytes.split_first_chunk() else { return };
    let stride = 8 << (level % 3);
    let size = [columns, rows].map(|cells| usize::from(cells) * stride);
    let numbers: Vec<f32> = numbers.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let cells = numbers.len() / NUMBERS;
    let (class, rest) = numbers.split_at(cells);
    let (object, rest) = rest.split_at(cells);
    let (boxes, points) = rest.split_at(4 * cells);
    let Some(faces) = yunet(&[class, object, boxes, points], stride, size, 2.5, 0.6) else { return };
    let picture = RgbView::new(&PICTURE, 64, 48, 64 * 3).expect("it is as long as it says");
    for (index, face) in faces.iter().enumerate() {
        assert!((0.6..=1.0).contains(&face.score), "{face:?}");
        for kept in &faces[..index] {
            assert!(kept.score >= face.score, "the best score comes first");
            assert!(overlap(&kept.bounding_box, &face.bounding_box) <= 0.3, "{kept:?} {face:?}");
        }
        let points = face.points.expect("YuNet gives points");
        assert_eq!(chip(picture, &Landmarks(points), 1.08).pixels().dimensions(), (150, 150));
    }
});
