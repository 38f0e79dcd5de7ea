//! That each kind spoils what it is named for, and takes the amounts that it can.

use face_core::{BoundingBox, DetectorKind, Point};

use super::*;

fn checkers() -> RgbImage {
    RgbImage::from_fn(40, 20, |x, y| {
        image::Rgb([if (x / 4 + y / 4).is_multiple_of(2) { 60 } else { 200 }; 3])
    })
}

fn spoilt(words: &str) -> RgbImage {
    words.parse::<Spoiling>().unwrap().apply(&checkers(), None)
}

fn mean_and_spread(picture: &RgbImage) -> (f32, f32) {
    let count = picture.len() as f32;
    let mean = picture.iter().map(|&v| f32::from(v)).sum::<f32>() / count;
    let square = picture.iter().map(|&v| (f32::from(v) - mean).powi(2)).sum::<f32>() / count;
    (mean, square.sqrt())
}

#[test]
fn each_kind_spoils_what_it_is_named_for() {
    assert_eq!(spoilt("shrink=0.5").dimensions(), (20, 10));
    assert_eq!(spoilt("cut=0.25").dimensions(), (30, 20));
    assert_eq!(spoilt("cut=0.2").get_pixel(0, 0).0, [60; 3], "8 columns, two fields, are gone");
    assert_eq!(spoilt("cut=0.1").get_pixel(0, 0).0, [200; 3], "4 columns, one field, are gone");
    let (mean, spread) = mean_and_spread(&spoilt("dark=0.5"));
    assert!((mean - 65.0).abs() < 1.0 && (spread - 35.0).abs() < 1.0, "{mean} {spread}");
    let (mean, spread) = mean_and_spread(&spoilt("flat=0.1"));
    assert!((mean - 128.0).abs() < 1.0 && (spread - 7.0).abs() < 1.0, "{mean} {spread}");
    assert!(mean_and_spread(&spoilt("bright=1.2")).0 > 150.0);
    let (mean, spread) = mean_and_spread(&spoilt("blur=3"));
    assert!((mean - 130.0).abs() < 3.0 && spread < 30.0, "{mean} {spread}");
    assert_eq!(spoilt("dark=0.5"), spoilt("dark=0.5"));
}

#[test]
fn height_is_cut_at_the_side_that_the_kind_names() {
    let (top, bottom) = (spoilt("cut-top=0.25"), spoilt("cut-bottom=0.25"));
    assert_eq!((top.dimensions(), bottom.dimensions()), ((40, 15), (40, 15)));
    let row = |y: u32| checkers().view_row(y);
    assert_eq!((top.view_row(0), bottom.view_row(0)), (row(5), row(0)));
}

trait Row {
    fn view_row(&self, y: u32) -> Vec<u8>;
}

impl Row for RgbImage {
    fn view_row(&self, y: u32) -> Vec<u8> {
        (0..self.width()).map(|x| self.get_pixel(x, y).0[0]).collect()
    }
}

#[test]
fn a_turn_moves_the_corner_clockwise_and_four_quarters_are_none() {
    assert_eq!(spoilt("turn=90").dimensions(), (20, 40));
    assert_eq!(spoilt("turn=180").get_pixel(39, 19), checkers().get_pixel(0, 0));
    let quarter = |picture: &RgbImage| "turn=90".parse::<Spoiling>().unwrap().apply(picture, None);
    assert_eq!(quarter(&quarter(&quarter(&quarter(&checkers())))), checkers());
    assert_eq!(spoilt("turn=-90"), spoilt("turn=270"));
    // A bright spot to the right of the middle is below it after nearly a quarter.
    let mut spot = RgbImage::new(41, 41);
    spot.put_pixel(30, 20, image::Rgb([255; 3]));
    let turned = "turn=89.9".parse::<Spoiling>().unwrap().apply(&spot, None);
    assert_eq!(turned.dimensions(), (41, 41));
    assert!(turned.get_pixel(20, 30).0[0] > 200, "{:?}", turned.get_pixel(20, 30));
}

#[test]
fn a_mask_covers_below_the_eyes_and_follows_their_line() {
    let grey = RgbImage::from_pixel(100, 100, image::Rgb([100; 3]));
    let eyes = [Point { x: 40.0, y: 40.0 }, Point { x: 60.0, y: 40.0 }];
    let rest = Point { x: 50.0, y: 60.0 };
    let face = |points| Detection {
        bounding_box: BoundingBox { left: 30.0, top: 20.0, width: 40.0, height: 50.0 },
        score: 0.9,
        points,
        found_by: DetectorKind::Yunet,
    };
    let mask: Spoiling = "mask=white".parse().unwrap();
    let masked = mask.apply(&grey, Some(&face(Some([eyes[0], eyes[1], rest, rest, rest]))));
    let at = |picture: &RgbImage, x, y| picture.get_pixel(x, y).0[0];
    assert_eq!((at(&masked, 50, 60), at(&masked, 40, 40), at(&masked, 50, 90)), (235, 100, 100));
    // Turned by a quarter: the eyes are above each other, the mouth is at their left.
    let upright = [Point { x: 60.0, y: 40.0 }, Point { x: 60.0, y: 60.0 }];
    let masked = mask.apply(&grey, Some(&face(Some([upright[0], upright[1], rest, rest, rest]))));
    assert_eq!((at(&masked, 40, 50), at(&masked, 80, 50)), (235, 100));
    assert!(at(&mask.apply(&grey, Some(&face(None))), 50, 60) == 235, "a box without points will do");
    assert_eq!(mask.apply(&grey, None), grey);
}

#[test]
fn the_other_kinds_lose_detail_or_change_values() {
    assert_eq!(spoilt("negative").get_pixel(0, 0).0, [195; 3]);
    let (_, before) = mean_and_spread(&checkers());
    for kind in ["mosaic=8", "motion=8"] {
        let (mean, spread) = mean_and_spread(&spoilt(kind));
        assert!((mean - 130.0).abs() < 8.0 && spread < before / 2.0, "{kind}: {mean} {spread}");
    }
    assert_eq!(spoilt("mosaic=8").get_pixel(1, 1), spoilt("mosaic=8").get_pixel(6, 6));
    let (mean, spread) = mean_and_spread(&spoilt("noise=20"));
    let expected = before.hypot(20.0);
    assert!((mean - 130.0).abs() < 2.0 && (spread - expected).abs() < 3.0, "{mean} {spread}");
    let coarse = spoilt("jpeg=5");
    assert!(coarse != checkers() && (mean_and_spread(&coarse).0 - 130.0).abs() < 5.0);
    assert_eq!(coarse.dimensions(), (40, 20));
}

#[test]
fn an_amount_that_does_not_fit_its_kind_is_refused() {
    for words in [
        "shrink=0",
        "shrink=1",
        "cut=1.5",
        "cut-top=1",
        "blur=NaN",
        "bright=0.9",
        "dark=x",
        "blur=inf",
        "turn=0",
        "turn=360",
        "jpeg=0",
        "mask=red",
        "mask=256",
        "negative=2",
    ] {
        assert_eq!(words.parse::<Spoiling>(), Err(SpoilError::Amount), "{words}");
    }
    for words in ["turned=30", "blur", "=2", ""] {
        assert_eq!(words.parse::<Spoiling>(), Err(SpoilError::Kind), "{words}");
    }
    assert!(SpoilError::Kind.to_string().contains("cut-top"));
}

#[test]
fn a_spoiling_is_shown_as_it_is_written() {
    for words in ["blur=2", "cut-top=0.4", "turn=-30", "mask=white", "mask=dark", "mask=100", "negative"] {
        assert_eq!(words.parse::<Spoiling>().unwrap().to_string(), words);
    }
}
