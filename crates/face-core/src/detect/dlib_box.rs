//! Boxes as dlib's detectors handle them: whole pixels, moved up a pyramid, suppressed where they overlap.
//!
//! The arithmetic is that of dlib/geometry/rectangle.h, dlib/image_transforms/image_pyramid.h and
//! dlib/image_processing/box_overlap_testing.h.

use crate::{BoundingBox, Detection, DetectorKind};

/// No coordinate is further from the origin, so that none overflows.
const FURTHEST: f64 = 1e9;

/// A rectangle of whole pixels; the right column and the bottom row belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DlibBox {
    pub(super) left: i64,
    pub(super) top: i64,
    pub(super) right: i64,
    pub(super) bottom: i64,
}

/// A box with its score, a margin above the detector's threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) place: DlibBox,
    pub(super) score: f64,
}

/// When two boxes are taken for one face. The published detectors bring their own limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OverlapLimits {
    /// Of the intersection to the smallest rectangle around both: not to their union.
    pub(super) shared: f64,
    /// Of the intersection to either box.
    pub(super) covered: f64,
}

impl DlibBox {
    /// Corners `left, top, right, bottom` that were found `levels` below the picture in a pyramid of 5/6,
    /// in the picture; rounded once, at the end.
    pub(super) fn from_level(corners: [f64; 4], levels: usize) -> Self {
        // dlib shifts by 0.3 at each level, on both axes (`pyramid_down<6>::point_up`).
        Self::rounded(corners.map(|corner| (0..levels).fold(corner, |v, _| v * (6.0 / 5.0) + 0.3)))
    }

    /// Halves are rounded away from zero.
    pub(super) fn rounded(corners: [f64; 4]) -> Self {
        let [left, top, right, bottom] =
            corners.map(|corner| corner.round().clamp(-FURTHEST, FURTHEST) as i64);
        Self { left, top, right, bottom }
    }

    pub(super) fn corners(&self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom].map(|corner| corner as f64)
    }

    fn area(&self) -> f64 {
        let side = |first: i64, last: i64| (last - first + 1).max(0) as f64;
        side(self.left, self.right) * side(self.top, self.bottom)
    }

    fn overlaps(&self, other: &Self, limits: OverlapLimits) -> bool {
        let inner = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
        .area();
        let outer = Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
        .area();
        // Multiplied where dlib divides, because a box may have no area.
        inner > 0.0
            && (inner > limits.shared * outer
                || inner > limits.covered * self.area()
                || inner > limits.covered * other.area())
    }
}

impl Scored {
    pub(super) fn detection(&self, found_by: DetectorKind) -> Detection {
        let [left, top, right, bottom] = self.place.corners();
        let bounding_box = BoundingBox {
            left: left as f32,
            top: top as f32,
            width: (right - left + 1.0) as f32,
            height: (bottom - top + 1.0) as f32,
        };
        Detection { bounding_box, score: self.score as f32, points: None, found_by }
    }
}

/// Keeps, from the best score down, each box that overlaps none kept before it.
pub(super) fn suppress(mut found: Vec<Scored>, limits: OverlapLimits) -> Vec<Scored> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Scored> = Vec::new();
    for scored in found {
        if !kept.iter().any(|k| k.place.overlaps(&scored.place, limits)) {
            kept.push(scored);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: OverlapLimits = OverlapLimits { shared: 0.33, covered: 0.79 };

    fn boxes() -> impl Strategy<Value = DlibBox> {
        (-50_i64..100, -50_i64..100, 0_i64..60, 0_i64..60).prop_map(|(left, top, width, height)| DlibBox {
            left,
            top,
            right: left + width,
            bottom: top + height,
        })
    }

    #[test]
    fn the_intersection_is_compared_with_the_rectangle_around_both() {
        let a = DlibBox { left: 0, top: 0, right: 9, bottom: 9 };
        let diagonal = DlibBox { left: 3, top: 3, right: 12, bottom: 12 };
        // 49 of 13 * 13; of the union it would be 49 of 151.
        assert!(a.overlaps(&diagonal, OverlapLimits { shared: 0.289, covered: 1.0 }));
        assert!(!a.overlaps(&diagonal, OverlapLimits { shared: 0.291, covered: 1.0 }));
    }

    #[test]
    fn a_small_box_within_a_large_one_is_covered() {
        let large = DlibBox { left: 0, top: 0, right: 99, bottom: 99 };
        let small = DlibBox { left: 10, top: 10, right: 14, bottom: 14 };
        assert!(large.overlaps(&small, LIMITS) && small.overlaps(&large, LIMITS));
        assert!(!large.overlaps(&small, OverlapLimits { covered: 1.0, ..LIMITS }));
    }

    #[test]
    fn corners_are_rounded_once_and_away_from_zero() {
        assert_eq!(DlibBox::rounded([-0.5, 0.5, 1.4, -1.5]).corners(), [-1.0, 1.0, 1.0, -2.0]);
        // 10 * 1.2 + 0.3 = 12.3, then 15.06.
        assert_eq!(DlibBox::from_level([10.0; 4], 2).corners(), [15.0; 4]);
        assert!(DlibBox::from_level([f64::NAN, f64::MAX, -f64::MAX, 0.0], 3).area() >= 0.0);
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_a_box_overlaps_itself(a in boxes(), b in boxes()) {
            prop_assert_eq!(a.overlaps(&b, LIMITS), b.overlaps(&a, LIMITS));
            prop_assert!(a.overlaps(&a, LIMITS));
        }

        #[test]
        fn what_stays_is_apart_and_what_goes_had_a_better_neighbour(
            all in prop::collection::vec((boxes(), 0.0_f64..2.0), 0..40),
        ) {
            let all: Vec<Scored> = all.into_iter().map(|(place, score)| Scored { place, score }).collect();
            let kept = suppress(all.clone(), LIMITS);
            for (i, a) in kept.iter().enumerate() {
                for b in &kept[i + 1..] {
                    prop_assert!(!a.place.overlaps(&b.place, LIMITS) && a.score >= b.score);
                }
            }
            for gone in all.iter().filter(|s| !kept.contains(s)) {
                prop_assert!(kept.iter().any(|k| k.score >= gone.score && k.place.overlaps(&gone.place, LIMITS)));
            }
        }
    }
}
