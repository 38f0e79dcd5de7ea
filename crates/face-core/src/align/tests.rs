//! Turned, shifted and scaled pictures give the same chips; nothing gives a black one.

use image::{RgbImage, imageops};
use proptest::prelude::*;

use super::*;
use crate::{BoundingBox, Detection, DetectorKind, Landmarks};

const SIDE: u32 = 150;
const DLIB: Alignment = Alignment::Dlib { padding: 0.25 };

/// An alignment by points that puts the mean shape where dlib's does; those of YuNet are SFace's.
fn by_points() -> Alignment {
    let place = |v: f64| (0.25 + v) / 1.5 * f64::from(SIDE);
    Alignment::Points {
        yunet: [
            [38.2946, 51.6963],
            [73.5318, 51.5014],
            [56.0252, 71.7366],
            [41.5493, 92.3655],
            [70.7299, 92.2041],
        ],
        dlib: MEAN_SHAPE.map(|p| p.map(place)),
    }
}

fn alignments() -> impl Strategy<Value = Alignment> {
    prop_oneof![Just(DLIB), Just(by_points())]
}

/// Smooth in both axes, another pattern in each channel.
fn waves(width: u32, height: u32, period: f64) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / period, f64::from(y) / period);
        let wave = |value: f64| (127.5 + 120.0 * value.sin()) as u8;
        image::Rgb([wave(x + 0.3 * y), wave(y - 0.2 * x), wave(x * 0.7 + y + 1.0)])
    })
}

/// Landmarks of a face whose mean shape spans `size` pixels, turned by `angle`.
fn face(center: P2, size: f64, angle: f64) -> Landmarks {
    let (a, b) = (size * angle.cos(), size * angle.sin());
    let [x, y] = center;
    let around = Similarity { a, b, tx: x, ty: y };
    Landmarks(MEAN_SHAPE.map(|[x, y]| point(around.apply([x - 0.5, y - 0.5]))))
}

fn point([x, y]: P2) -> Point {
    Point { x: x as f32, y: y as f32 }
}

fn found(landmarks: Landmarks, points: Option<[Point; 5]>) -> Face {
    let bounding_box = BoundingBox { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
    let detection = Detection { bounding_box, score: 1.0, points, found_by: DetectorKind::Yunet };
    Face { detection, landmarks }
}

fn chip(alignment: &Alignment, picture: &RgbImage, landmarks: &Landmarks) -> Chip {
    align(RgbView::from_image(picture).unwrap(), &found(*landmarks, None), alignment, SIDE, 1.0)
}

fn differences<'a>(a: &'a Chip, b: &'a Chip) -> impl Iterator<Item = f64> + 'a {
    a.pixels().iter().zip(b.pixels().iter()).map(|(a, b)| f64::from(a.abs_diff(*b)))
}

fn worst(a: &Chip, b: &Chip) -> f64 {
    differences(a, b).fold(0.0, f64::max)
}

fn mean(a: &Chip, b: &Chip) -> f64 {
    differences(a, b).sum::<f64>() / f64::from(SIDE * SIDE * 3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn turning_the_picture_with_its_landmarks_keeps_the_chip(
        alignment in alignments(),
        x in 150.0_f64..170.0, y in 140.0_f64..160.0, size in 40.0_f64..90.0, angle in -3.1_f64..3.1,
    ) {
        let picture = waves(320, 300, 23.0);
        let landmarks = face([x, y], size, angle);
        let upright = chip(&alignment, &picture, &landmarks);
        let turned = |turn: fn(Point) -> Point| Landmarks(landmarks.0.map(turn));
        let quarter = turned(|p| Point { x: 299.0 - p.y, y: p.x });
        let half = turned(|p| Point { x: 319.0 - p.x, y: 299.0 - p.y });
        let three_quarters = turned(|p| Point { x: p.y, y: 319.0 - p.x });
        prop_assert!(worst(&upright, &chip(&alignment, &imageops::rotate90(&picture), &quarter)) <= 1.0);
        prop_assert!(worst(&upright, &chip(&alignment, &imageops::rotate180(&picture), &half)) <= 1.0);
        prop_assert!(worst(&upright, &chip(&alignment, &imageops::rotate270(&picture), &three_quarters)) <= 1.0);
    }

    #[test]
    fn a_wider_margin_around_the_face_keeps_the_chip(
        alignment in alignments(),
        left in 0_u32..40, top in 0_u32..40, size in 40.0_f64..220.0, angle in -3.1_f64..3.1,
    ) {
        // Halving keeps every second pixel, so only even shifts keep the grid.
        let (left, top) = (left / 2 * 2, top / 2 * 2);
        let picture = waves(700, 680, 41.0);
        let part = imageops::crop_imm(&picture, left, top, 700 - left, 680 - top).to_image();
        let (x, y) = (350.0, 340.0);
        let there = face([x, y], size, angle);
        let here = face([x - f64::from(left), y - f64::from(top)], size, angle);
        let (whole, part) = (chip(&alignment, &picture, &there), chip(&alignment, &part, &here));
        prop_assert!(mean(&whole, &part) < 2.0, "{}", mean(&whole, &part));
    }

    #[test]
    fn a_face_twice_as_large_gives_nearly_the_same_chip(
        alignment in alignments(), size in 60.0_f64..250.0, angle in -3.1_f64..3.1,
    ) {
        let (small, large) = (waves(800, 800, 60.0), waves(1600, 1600, 120.0));
        let (here, there) = (face([400.0, 400.0], size, angle), face([800.0, 800.0], 2.0 * size, angle));
        let off = mean(&chip(&alignment, &small, &here), &chip(&alignment, &large, &there));
        prop_assert!(off < 6.0, "{off}");
    }

    #[test]
    fn landmarks_anywhere_give_a_chip_of_the_asked_size(
        alignment in alignments(),
        points in prop::array::uniform5((prop::num::f32::ANY, prop::num::f32::ANY)),
        detected in any::<bool>(),
    ) {
        let points = points.map(|(x, y)| Point { x, y });
        let face = found(Landmarks(points), detected.then_some(points));
        let chip = align(RgbView::from_image(&waves(64, 48, 9.0)).unwrap(), &face, &alignment, SIDE, 1.0);
        prop_assert_eq!(chip.pixels().dimensions(), (150, 150));
    }
}

#[test]
fn what_lies_outside_the_picture_is_black() {
    let white = RgbImage::from_pixel(100, 100, image::Rgb([255; 3]));
    let inside = chip(&DLIB, &white, &face([50.0, 50.0], 30.0, 0.0));
    assert!(inside.pixels().iter().all(|&value| value == 255));
    let at_the_edge = chip(&DLIB, &white, &face([0.0, 50.0], 30.0, 0.0));
    assert_eq!(at_the_edge.pixels().get_pixel(10, 75).0, [0; 3]);
    assert_eq!(at_the_edge.pixels().get_pixel(140, 75).0, [255; 3]);
    assert!(chip(&DLIB, &white, &face([900.0, 50.0], 30.0, 0.0)).pixels().iter().all(|&value| value == 0));
}

#[test]
fn a_picture_whose_detected_points_are_in_place_is_cut_as_it_is() {
    let picture = waves(300, 280, 23.0);
    let Alignment::Points { yunet, .. } = by_points() else { unreachable!() };
    let points = yunet.map(|[x, y]| point([x + 31.0, y + 17.0]));
    let elsewhere = face([200.0, 200.0], 30.0, 0.1);
    let view = RgbView::from_image(&picture).unwrap();
    let chip = align(view, &found(elsewhere, Some(points)), &by_points(), 112, 1.0);
    assert_eq!(*chip.pixels(), imageops::crop_imm(&picture, 31, 17, 112, 112).to_image());
}

#[test]
fn a_larger_zoom_shows_more_around_the_same_middle() {
    let picture = waves(300, 280, 23.0);
    for alignment in [DLIB, by_points()] {
        let face = found(face([150.0, 140.0], 75.0, 0.0), None);
        let view = RgbView::from_image(&picture).unwrap();
        // An odd number of pixels has one in the middle.
        let [near, wide] = [1.0, 1.2].map(|zoom| align(view, &face, &alignment, 151, zoom));
        let off = |x, y| near.pixels().get_pixel(x, y).0[0].abs_diff(wide.pixels().get_pixel(x, y).0[0]);
        assert!(off(75, 75) <= 8, "{alignment:?}: {}", off(75, 75));
        let corner = near.pixels().get_pixel(0, 0).0[0].abs_diff(wide.pixels().get_pixel(13, 13).0[0]);
        assert!(corner <= 8, "{alignment:?}: {corner}");
    }
}

#[test]
fn detected_points_do_not_move_dlibs_chip() {
    let picture = waves(300, 280, 23.0);
    let landmarks = face([150.0, 140.0], 75.0, 0.3);
    let view = RgbView::from_image(&picture).unwrap();
    let points = Some([Point { x: 3.0, y: 4.0 }; 5]);
    assert_eq!(align(view, &found(landmarks, points), &DLIB, SIDE, 1.0), chip(&DLIB, &picture, &landmarks));
}
