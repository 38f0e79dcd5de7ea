//! Choosing the face that counts when a picture shows several.

use crate::{Detection, DetectorKind, FaceError, FacePolicy};

/// A face with less than this share of the largest one's area is a bystander.
const PROMINENT: f32 = 0.25;

/// Beside a face that scores at least `STRONG`, a detection of YuNet below `GHOST` is no second person, but a
/// painted or blurred one, or none at all.
// People in a blurred background or on a painting score 0.6 to 0.8, a clear face about 0.9.
const STRONG: f32 = 0.88;
const GHOST: f32 = 0.80;

/// From this size on a score below `GHOST` tells something, as the side of a square of the face's area in
/// pixels of the copy that was searched: real faces of fewer pixels score low, too.
const GHOST_SIDE: f32 = 32.0;

/// Longest side of the largest copy that is searched of every picture.
const SEARCHED_SIDE: f32 = 640.0;

/// The detections that are people; the others are weak ones beside a strong one. The picture has that many
/// pixels on its longest side.
pub(crate) fn people(found: &[Detection], longest_side: usize) -> Vec<Detection> {
    let yunet = |face: &Detection| face.found_by == DetectorKind::Yunet;
    let strong = found.iter().any(|face| yunet(face) && face.score >= STRONG);
    let reduction = SEARCHED_SIDE / (longest_side as f32).max(SEARCHED_SIDE);
    let large = |face: &Detection| face.bounding_box.area().sqrt() * reduction >= GHOST_SIDE;
    let ghost = |face: &Detection| strong && yunet(face) && face.score < GHOST && large(face);
    found.iter().filter(|face| !ghost(face)).copied().collect()
}

/// The face that the policy chooses among those that were found, and how many others it passed over.
///
/// # Errors
/// [`FaceError::NoFace`] for none, [`FaceError::MultipleFaces`] when the policy wants fewer.
pub fn select(faces: &[Detection], policy: FacePolicy) -> Result<(Detection, usize), FaceError> {
    let area = |face: &Detection| face.bounding_box.area();
    let largest = faces.iter().max_by(|a, b| area(a).total_cmp(&area(b))).ok_or(FaceError::NoFace)?;
    let counted = match policy {
        FacePolicy::Single => faces.iter().filter(|f| area(f) >= PROMINENT * area(largest)).count(),
        FacePolicy::Strict => faces.len(),
        FacePolicy::Largest => 1,
    };
    if counted > 1 {
        return Err(FaceError::MultipleFaces { count: counted });
    }
    Ok((*largest, faces.len() - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::BoundingBox;

    fn face(width: f32) -> Detection {
        let bounding_box = BoundingBox { left: 0.0, top: 0.0, width, height: width };
        Detection { bounding_box, score: 0.9, points: None, found_by: DetectorKind::Mmod }
    }

    fn chosen(widths: &[f32], policy: FacePolicy) -> Result<(f32, usize), String> {
        let faces: Vec<Detection> = widths.iter().map(|&w| face(w)).collect();
        select(&faces, policy).map(|(f, others)| (f.bounding_box.width, others)).map_err(|e| e.to_string())
    }

    #[test]
    fn a_face_of_less_than_a_quarter_is_a_bystander() {
        assert_eq!(chosen(&[49.0, 100.0], FacePolicy::Single), Ok((100.0, 1)));
        assert!(chosen(&[50.0, 100.0], FacePolicy::Single).unwrap_err().contains("2 faces"));
    }

    #[test]
    fn strict_refuses_any_second_face_and_largest_none() {
        assert!(chosen(&[10.0, 100.0], FacePolicy::Strict).is_err());
        assert_eq!(chosen(&[99.0, 100.0, 98.0], FacePolicy::Largest), Ok((100.0, 2)));
        assert_eq!(chosen(&[7.0], FacePolicy::Strict), Ok((7.0, 0)));
    }

    #[test]
    fn an_empty_picture_has_no_face() {
        for policy in [FacePolicy::Single, FacePolicy::Strict, FacePolicy::Largest] {
            assert!(matches!(select(&[], policy), Err(FaceError::NoFace)));
        }
    }

    #[test]
    fn a_weak_detection_beside_a_strong_face_is_nobody() {
        let scored = |score, width| Detection { score, found_by: DetectorKind::Yunet, ..face(width) };
        let widths = |found: &[Detection], side| {
            people(found, side).iter().map(|f| f.bounding_box.width).collect::<Vec<_>>()
        };
        assert_eq!(widths(&[scored(0.93, 90.0), scored(0.77, 100.0)], 600), [90.0]);
        assert_eq!(widths(&[scored(0.93, 90.0), scored(0.81, 100.0)], 600), [90.0, 100.0]);
        assert_eq!(widths(&[scored(0.85, 90.0), scored(0.77, 100.0)], 600), [90.0, 100.0], "none is strong");
        assert_eq!(widths(&[scored(0.93, 90.0), scored(0.77, 31.0)], 600), [90.0, 31.0], "too small to tell");
        assert_eq!(
            widths(&[scored(0.93, 90.0), scored(0.77, 60.0)], 1280),
            [90.0, 60.0],
            "small as searched"
        );
        let dlib = [scored(0.93, 90.0), Detection { score: 0.1, ..face(100.0) }];
        assert_eq!(widths(&dlib, 600), [90.0, 100.0], "another detector's scores are others");
    }

    proptest! {
        #[test]
        fn every_policy_chooses_the_largest_face_or_says_why_not(
            widths in prop::collection::vec(1.0_f32..500.0, 1..8),
        ) {
            let largest = widths.iter().copied().fold(0.0, f32::max);
            let rivals = widths.iter().filter(|&&w| w * w >= 0.25 * largest * largest).count();
            let accepted = Ok((largest, widths.len() - 1));
            prop_assert_eq!(chosen(&widths, FacePolicy::Largest), accepted.clone());
            prop_assert_eq!(chosen(&widths, FacePolicy::Single) == accepted, rivals == 1);
            prop_assert_eq!(chosen(&widths, FacePolicy::Strict) == accepted, widths.len() == 1);
        }
    }
}
