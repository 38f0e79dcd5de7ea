//! The sizes of the pyramid: how many levels there are, each 5/6 of the one before, and up-sampling by two.
//!
//! dlib/image_transforms/image_pyramid.h, `pyramid_down<6>` and `pyramid_up`.

use super::planes::Planes;
use super::resize::resized;

/// Where the doubled picture's first pixel lies, in pixels of the picture.
// Those of dlib's `pyramid_down<2>`, in which the two axes differ.
pub(super) const SHIFT_X: f64 = 1.25;
pub(super) const SHIFT_Y: f64 = 0.75;

/// How far down the pyramid goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) least_width: usize,
    pub(super) least_height: usize,
    pub(super) most_levels: usize,
}

/// How many levels are searched, the picture itself among them: its rectangle is moved down until it is
/// smaller than the least level.
pub(super) fn levels(width: usize, height: usize, limits: &Limits) -> usize {
    let mut corners = [0.0, 0.0, width as f64 - 1.0, height as f64 - 1.0];
    let mut count = 0;
    loop {
        corners = corners.map(|corner| ((corner - 0.3) * (5.0 / 6.0)).round());
        count += 1;
        let [left, top, right, bottom] = corners;
        let large_enough = right - left + 1.0 >= limits.least_width as f64
            && bottom - top + 1.0 >= limits.least_height as f64;
        // A rectangle of a few pixels stays as it is: limits of nothing must end, too.
        if !large_enough || count >= limits.most_levels || right - left < 6.0 || bottom - top < 6.0 {
            return count;
        }
    }
}

/// The next level.
pub(super) fn next(level: &Planes) -> Planes {
    let smaller = |side: usize| (5 * side / 6).max(1);
    resized(level, smaller(level.width()), smaller(level.height()))
}

/// The picture at about twice its size.
pub(super) fn doubled(picture: &Planes) -> Planes {
    // As `pyramid_up` sizes it: by where the last pixel comes to lie, rounded.
    let larger = |side: usize, shift: f64| (((side as f64 - 1.0 + shift) * 2.0).round() + 1.0) as usize;
    resized(picture, larger(picture.width(), SHIFT_X), larger(picture.height(), SHIFT_Y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { least_width: 64, least_height: 64, most_levels: 1000 };

    #[test]
    fn levels_end_where_a_window_no_longer_fits() {
        assert_eq!(levels(640, 480, &LIMITS), 12);
        assert_eq!((levels(1, 1, &LIMITS), levels(80, 76, &LIMITS), levels(80, 80, &LIMITS)), (1, 1, 2));
        assert_eq!(levels(640, 480, &Limits { most_levels: 3, ..LIMITS }), 3);
        assert!(levels(640, 480, &Limits { least_width: 0, least_height: 0, ..LIMITS }) < 40);
    }

    #[test]
    fn doubling_adds_a_margin() {
        let planes = Planes::from_channels(3, 2, [0, 1, 2].map(|c| vec![c; 6]));
        let doubled = doubled(&planes);
        // (2 + 1.25) * 2 = 6.5 and (1 + 0.75) * 2 = 3.5, halves away from zero, and one.
        assert_eq!((doubled.width(), doubled.height()), (8, 5));
        assert_eq!(doubled.row(4), [0, 1, 2].map(|c| [c; 8]));
    }
}
