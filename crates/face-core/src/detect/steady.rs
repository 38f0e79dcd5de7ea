//! Steadier points: a face is looked at once more, in a small mirror image, and both answers are averaged; one that
//! leans is looked at in a part of the picture that is turned upright.
//!
//! An embedding depends on where the points are to a pixel, and YuNet errs by about that much, to one side and to
//! the other: what it errs by in the mirror image is mostly another error. Measured on Labeled Faces in the Wild,
//! the mean of both takes a third off the refusals of rightful people by SFace (docs/ACCURACY.md).

use image::RgbImage;
use image::imageops::{flip_horizontal, flip_horizontal_in_place};

use super::resize::shrink;
use super::yunet::Yunet;
use crate::align::{lean_of, upright_part};
use crate::nms::suppress;
use crate::{BoundingBox, Detection, InferenceError, Point, RgbView};

/// Side of the part that is looked at, as a factor of the longer side of the face's box.
const AROUND: f32 = 1.8;

/// Longest side of the copy of it, in pixels: a run over it takes a thirtieth of one over the picture.
// A large face is about 71 pixels long in it (128 / 1.8), amid the sizes that YuNet was trained on.
const SIDE: usize = 128;

/// What is found in the mirror image is the same face when the boxes overlap by more than this.
const SAME: f32 = 0.5;

/// Detections that overlap by more than this are one face (YuNet's own value).
const OVERLAP: f32 = 0.3;

/// The detection with the mean of its own points and of those in the mirror image; as it is where it has none,
/// or is not found again.
pub(super) fn steadied(
    yunet: &Yunet,
    picture: RgbView<'_>,
    found: Detection,
    min_score: f32,
) -> Result<Detection, InferenceError> {
    let (Some(points), Some((part, left, top))) = (found.points, surroundings(picture, &found.bounding_box))
    else {
        return Ok(found);
    };
    let Some(mut copy) = shrink(part, &[SIDE]).into_iter().next() else { return Ok(found) };
    let scale = [part.width() as f32 / copy.width() as f32, part.height() as f32 / copy.height() as f32];
    flip_horizontal_in_place(&mut copy);
    // A copy has at least one pixel a side.
    let Ok(view) = RgbView::from_image(&copy) else { return Ok(found) };
    let mirrored = suppress(yunet.detect(view, min_score)?, OVERLAP).into_iter();
    let faces =
        mirrored.map(|face| back(face, view.width() as f32).scaled(scale[0], scale[1]).shifted(left, top));
    let overlap = |face: &Detection| face.bounding_box.iou(&found.bounding_box);
    let again = faces.filter(|face| overlap(face) > SAME).max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
    let steadied = again.and_then(|again| again.points).map(|again| mean(points, again));
    // Box and score stay: the face was chosen, and its landmarks placed, by those of the first look.
    Ok(Detection { points: steadied.or(found.points), ..found })
}

/// From this lean on, in degrees to either side, a face is looked at in a part that is turned upright.
pub(super) const LEANING: f64 = 10.0;

/// How far a face leans, of what YuNet's points and dlib's landmarks say, in degrees: either may miss it, and neither
/// makes it up.
pub(super) fn larger_lean(own: f64, landmarks: f64) -> f64 {
    if own.abs() > landmarks.abs() { own } else { landmarks }
}

/// Whether YuNet's points follow a lean: those of a leaning face lean half as much, and a chip cut by them would show it
/// leaning.
pub(super) fn follow(own: f64, lean: f64) -> bool {
    let apart = (own - lean).rem_euclid(360.0);
    apart.min(360.0 - apart) < LEANING
}

/// How often the part is turned anew, when the points found in it still lean.
const TURNS: usize = 3;

/// How far from the middle of the part a face may be found, as a share of its side, to be the same one.
const FROM_MIDDLE: f32 = 0.2;

/// The points of a face that leans by so many degrees, found where it stands upright: YuNet was trained on upright
/// faces, and its points of a leaning one lean half as much. `None` when it is not found there.
pub(super) fn upright_points(
    yunet: &Yunet,
    picture: RgbView<'_>,
    around: &BoundingBox,
    lean: f64,
    min_score: f32,
) -> Result<Option<[Point; 5]>, InferenceError> {
    let reach = AROUND / 2.0 * around.width.max(around.height);
    let mut lean = lean;
    for turn in 1..=TURNS {
        let (part, to_picture) = upright_part(picture, around.center(), reach, lean, SIDE as u32);
        let Some(points) = points_in_the_middle(yunet, &part, min_score)? else { return Ok(None) };
        let left = lean_of(&points);
        if left.abs() >= LEANING / 2.0 && turn < TURNS {
            lean += left;
            continue;
        }
        // Without a second answer the first one counts: it is from an upright face already.
        let mirrored = flip_horizontal(&part);
        let again = points_in_the_middle(yunet, &mirrored, min_score)?;
        let points = again.map_or(points, |again| mean(points, mirrored_points(again, SIDE as f32)));
        return Ok(Some(points.map(|point| {
            let [x, y] = to_picture.apply([f64::from(point.x), f64::from(point.y)]);
            Point { x: x as f32, y: y as f32 }
        })));
    }
    Ok(None)
}

/// The points of the face that is found in the middle of a part, in its pixels.
fn points_in_the_middle(
    yunet: &Yunet,
    part: &RgbImage,
    min_score: f32,
) -> Result<Option<[Point; 5]>, InferenceError> {
    // A part has at least one pixel a side.
    let Ok(view) = RgbView::from_image(part) else { return Ok(None) };
    let middle = SIDE as f32 / 2.0;
    let off = |face: &Detection| {
        let Point { x, y } = face.bounding_box.center();
        (x - middle).hypot(y - middle)
    };
    let faces = suppress(yunet.detect(view, min_score)?, OVERLAP).into_iter();
    let same = faces.filter(|face| off(face) <= FROM_MIDDLE * SIDE as f32);
    Ok(same.max_by(|a, b| a.score.total_cmp(&b.score)).and_then(|face| face.points))
}

fn mean(one: [Point; 5], other: [Point; 5]) -> [Point; 5] {
    let mut mean = one;
    for (point, other) in mean.iter_mut().zip(other) {
        *point = Point { x: (point.x + other.x) / 2.0, y: (point.y + other.y) / 2.0 };
    }
    mean
}

/// Points of a mirror image of that width in the image itself. The right eye is the left one's mirror image.
fn mirrored_points(points: [Point; 5], width: f32) -> [Point; 5] {
    let [right_eye, left_eye, nose, right_mouth, left_mouth] = points;
    let over = |point: Point| Point { x: width - 1.0 - point.x, ..point };
    [left_eye, right_eye, nose, left_mouth, right_mouth].map(over)
}

/// The part of the picture around a face, and where it starts; `None` when nothing of it is inside.
fn surroundings<'a>(picture: RgbView<'a>, around: &BoundingBox) -> Option<(RgbView<'a>, f32, f32)> {
    let center = around.center();
    let reach = AROUND / 2.0 * around.width.max(around.height);
    let within = |at: f32, length: usize| at.clamp(0.0, length as f32);
    let (left, right) = (
        within((center.x - reach).floor(), picture.width()),
        within((center.x + reach).ceil(), picture.width()),
    );
    let (top, bottom) = (
        within((center.y - reach).floor(), picture.height()),
        within((center.y + reach).ceil(), picture.height()),
    );
    let part = picture.part(left as usize, top as usize, (right - left) as usize, (bottom - top) as usize)?;
    Some((part, left, top))
}

/// A face of a mirror image of that width in the image itself.
fn back(face: Detection, width: f32) -> Detection {
    let BoundingBox { left, width: wide, .. } = face.bounding_box;
    let bounding_box = BoundingBox { left: width - left - wide, ..face.bounding_box };
    Detection { bounding_box, points: face.points.map(|points| mirrored_points(points, width)), ..face }
}

#[cfg(test)]
mod tests {
    use image::RgbImage;
    use proptest::prelude::*;

    use super::*;
    use crate::DetectorKind;

    fn detection(bounding_box: BoundingBox) -> Detection {
        let at = |x: f32, y: f32| Point {
            x: bounding_box.left + x * bounding_box.width,
            y: bounding_box.top + y * bounding_box.height,
        };
        let points = Some([at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)]);
        Detection { bounding_box, score: 0.9, points, found_by: DetectorKind::Yunet }
    }

    #[test]
    fn points_are_used_where_they_follow_the_face() {
        for (points, landmarks, used) in [
            (0.0, 3.0, true),
            (28.0, 30.0, true),
            (-175.0, 178.0, true),
            // Half the lean, as YuNet sees it; and landmarks that missed it.
            (14.0, 30.0, false),
            (-14.0, -30.0, false),
            (28.0, -2.0, true),
        ] {
            let lean = larger_lean(points, landmarks);
            assert_eq!(follow(points, lean), used, "{points} and {landmarks}");
        }
    }

    #[test]
    fn a_symmetric_face_in_the_middle_of_an_image_is_its_own_mirror_image() {
        let face = detection(BoundingBox { left: 29.5, top: 10.0, width: 40.0, height: 50.0 });
        let mirrored = back(face, 100.0);
        for (own, other) in face.points.unwrap().iter().zip(mirrored.points.unwrap()) {
            assert!((own.x - other.x).abs() < 1e-4 && own.y == other.y, "{own:?} {other:?}");
        }
    }

    proptest! {
        #[test]
        fn mirrored_twice_is_where_it_was(left in -50.0_f32..200.0, wide in 1.0_f32..200.0) {
            let face = detection(BoundingBox { left, top: 3.0, width: wide, height: 40.0 });
            let twice = back(back(face, 137.0), 137.0);
            prop_assert!((twice.bounding_box.left - left).abs() < 1e-3);
            for (own, other) in face.points.unwrap().iter().zip(twice.points.unwrap()) {
                prop_assert!((own.x - other.x).abs() < 1e-3 && own.y == other.y);
            }
        }

        #[test]
        fn the_part_around_any_box_lies_in_the_picture(
            left in prop::num::f32::ANY, top in -900.0_f32..900.0, side in prop::num::f32::ANY,
        ) {
            let picture = RgbImage::new(120, 80);
            let around = BoundingBox { left, top, width: side, height: 30.0 };
            if let Some((part, left, top)) = surroundings(RgbView::from_image(&picture).unwrap(), &around) {
                prop_assert!(left as usize + part.width() <= 120 && top as usize + part.height() <= 80);
            }
        }
    }
}
