//! Non-maximum suppression: of overlapping detections the best-scored one stays.

use crate::Detection;

/// Keeps, from the best score down, each detection that overlaps none kept before it by an intersection
/// over union of more than `overlap`. The result is in the order of scores.
pub(crate) fn suppress(mut detections: Vec<Detection>, overlap: f32) -> Vec<Detection> {
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for detection in detections {
        if kept.iter().all(|k| k.bounding_box.iou(&detection.bounding_box) <= overlap) {
            kept.push(detection);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{BoundingBox, DetectorKind, Point};

    fn detection() -> impl Strategy<Value = Detection> {
        (0.0_f32..100.0, 0.0_f32..100.0, 1.0_f32..60.0, 1.0_f32..60.0, 0.0_f32..1.0).prop_map(
            |(left, top, width, height, score)| Detection {
                bounding_box: BoundingBox { left, top, width, height },
                score,
                points: Some([Point { x: left, y: top }; 5]),
                found_by: DetectorKind::Yunet,
            },
        )
    }

    proptest! {
        #[test]
        fn what_stays_is_apart_and_what_goes_had_a_better_neighbour(
            all in prop::collection::vec(detection(), 0..40),
        ) {
            let kept = suppress(all.clone(), 0.3);
            for (i, a) in kept.iter().enumerate() {
                prop_assert!(all.contains(a));
                for b in &kept[i + 1..] {
                    prop_assert!(a.bounding_box.iou(&b.bounding_box) <= 0.3);
                    prop_assert!(a.score >= b.score);
                }
            }
            for gone in all.iter().filter(|d| !kept.contains(d)) {
                let rival = |k: &Detection| {
                    k.score >= gone.score && k.bounding_box.iou(&gone.bounding_box) > 0.3
                };
                prop_assert!(kept.iter().any(rival));
            }
            prop_assert_eq!(suppress(kept.clone(), 0.3), kept, "a second pass changes nothing");
        }
    }
}
