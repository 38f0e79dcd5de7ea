//! Which face counts where a picture shows several.

use face_core::{BoundingBox, Detection};

use crate::arguments::Choice;

/// The face that counts in a picture of that size in pixels; `None` when there is none.
#[must_use]
pub fn choose(faces: &[Detection], choice: Choice, width: f32, height: f32) -> Option<&Detection> {
    match choice {
        Choice::Largest => {
            faces.iter().max_by(|a, b| a.bounding_box.area().total_cmp(&b.bounding_box.area()))
        }
        Choice::Central => {
            let off = |face: &BoundingBox| {
                let middle = face.center();
                (middle.x - width / 2.0).hypot(middle.y - height / 2.0)
            };
            faces.iter().min_by(|a, b| off(&a.bounding_box).total_cmp(&off(&b.bounding_box)))
        }
    }
}

#[cfg(test)]
mod tests {
    use face_core::DetectorKind;

    use super::*;

    #[test]
    fn the_largest_and_the_most_central_face_can_be_two() {
        let face = |left, width| Detection {
            bounding_box: BoundingBox { left, top: 40.0, width, height: width },
            score: 0.9,
            points: None,
            found_by: DetectorKind::Yunet,
        };
        let faces = [face(40.0, 20.0), face(70.0, 30.0)];
        let chosen = |choice| choose(&faces, choice, 100.0, 100.0).unwrap().bounding_box.left;
        assert_eq!(chosen(Choice::Largest), 70.0);
        assert_eq!(chosen(Choice::Central), 40.0);
        assert!(choose(&[], Choice::Central, 100.0, 100.0).is_none());
    }
}
