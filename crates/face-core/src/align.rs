//! From landmarks to the chip: dlib's `get_face_chip` geometry, pixel for pixel.
//!
//! The chip is the square that a least-squares similarity fits around the landmarks. A face much larger
//! than the chip is halved first, as often as needed, so that bilinear sampling does not alias.

use image::RgbImage;

use crate::halve::halve;
use crate::similarity::{P2, Similarity};
use crate::{Chip, Landmarks, RgbView};

/// Places of dlib's five landmarks in the unit square around a mean face, in the predictor's order
/// (dlib's `get_face_chip_details`).
const MEAN_SHAPE: [P2; 5] = [
    [0.859_567_459_599_2, 0.213_498_153_801_4],
    [0.646_060_476_410_4, 0.228_967_438_767_7],
    [0.120_575_062_078_9, 0.213_727_452_684_8],
    [0.334_085_061_371_2, 0.229_064_240_324_2],
    [0.490_112_313_567_9, 0.627_797_531_647_5],
];

/// Space around the mean shape, as a share of its side, that the reference trained the embedder with.
const PADDING: f64 = 0.25;

/// Cuts the chip of `side` pixels out of a picture. With a `zoom` of 1 it is dlib's chip, byte for byte;
/// a larger one shows that much more of the surroundings. What lies outside the picture is black.
pub(crate) fn align(picture: RgbView<'_>, landmarks: &Landmarks, side: u32, zoom: f64) -> Chip {
    let square = Square::around(landmarks, side, zoom);
    Chip::from_aligned(square.cut(picture, side))
}

/// The share of the square around the mean shape (brows to chin, cheek to cheek) that lies inside a
/// picture of that size, 0 to 1.
pub(crate) fn share_inside(width: usize, height: usize, landmarks: &Landmarks) -> f32 {
    /// Places looked at along each side of the square.
    const STEPS: u32 = 20;
    let square = Square::around(landmarks, 150, 1.0 / (1.0 + 2.0 * PADDING));
    let (last_x, last_y) = (width as f64 - 1.0, height as f64 - 1.0);
    let offset = |step: u32| (f64::from(step) + 0.5) / f64::from(STEPS) * 2.0 - 1.0;
    let places = (0..STEPS * STEPS).map(|place| square.corner(offset(place % STEPS), offset(place / STEPS)));
    let inside = places.filter(|&[x, y]| x >= 0.0 && y >= 0.0 && x <= last_x && y <= last_y).count();
    inside as f32 / (STEPS * STEPS) as f32
}

/// A rotated square in the picture. As in dlib its corners are centres of pixels, so that a square of
/// width `w` reaches from `-(w - 1) / 2` to `(w - 1) / 2` around its centre.
#[derive(Clone, Copy)]
struct Square {
    center: P2,
    /// Distance from the centre to an edge, along the square's own axes.
    reach: f64,
    angle: f64,
}

impl Square {
    fn around(landmarks: &Landmarks, side: u32, zoom: f64) -> Self {
        let side = f64::from(side);
        let in_chip = MEAN_SHAPE.map(|p| p.map(|v| (PADDING + v) / (2.0 * PADDING + 1.0) * side));
        let in_picture = landmarks.0.map(|p| [f64::from(p.x), f64::from(p.y)]);
        let to_picture = Similarity::fit(in_chip.into_iter().zip(in_picture));
        Self {
            center: to_picture.apply([side / 2.0, side / 2.0]),
            reach: (side * to_picture.scale() * zoom - 1.0) / 2.0,
            angle: to_picture.angle(),
        }
    }

    /// Width times height with both edges counted, negative extents counting as nothing.
    fn area(&self) -> f64 {
        (2.0 * self.reach + 1.0).max(0.0).powi(2)
    }

    /// The same square in the picture that [`halve`] makes. The shift differs from x to y in dlib, and
    /// the embedder was trained with it.
    fn halved(&self) -> Self {
        let [x, y] = self.center;
        Self { center: [x / 2.0 - 1.25, y / 2.0 - 0.75], reach: self.reach / 2.0, angle: self.angle }
    }

    /// A point given along the square's axes, as a place in the picture.
    fn corner(&self, right: f64, down: f64) -> P2 {
        let (sin, cos) = self.angle.sin_cos();
        let [x, y] = self.center;
        let (right, down) = (right * self.reach, down * self.reach);
        [cos * right - sin * down + x, sin * right + cos * down + y]
    }

    fn corners(&self) -> [P2; 4] {
        [self.corner(-1.0, -1.0), self.corner(1.0, -1.0), self.corner(-1.0, 1.0), self.corner(1.0, 1.0)]
    }

    fn cut(mut self, picture: RgbView<'_>, side: u32) -> RgbImage {
        let wanted = f64::from(side).powi(2);
        let mut halvings = 0_u32;
        let mut margin = 2.0;
        let mut smaller = self.halved();
        while smaller.area() > wanted && halvings < 16 {
            smaller = smaller.halved();
            halvings += 1;
            margin = margin * 2.0 + 2.0;
        }
        let Some((part, left, top)) = self.surroundings(picture, margin) else {
            return RgbImage::new(side, side);
        };
        self.center = [self.center[0] - left, self.center[1] - top];
        let mut level: Option<RgbImage> = None;
        for _ in 0..halvings {
            let next = match &level {
                None => halve(part),
                Some(level) => RgbView::of(level).ok().and_then(halve),
            };
            let Some(next) = next else { return RgbImage::new(side, side) };
            level = Some(next);
            self = self.halved();
        }
        match level.as_ref().map(RgbView::of) {
            Some(Ok(level)) => self.sample(level, side),
            Some(Err(_)) => RgbImage::new(side, side),
            None => self.sample(part, side),
        }
    }

    /// The part of the picture that the square can draw from, and where it starts.
    fn surroundings<'a>(&self, picture: RgbView<'a>, margin: f64) -> Option<(RgbView<'a>, f64, f64)> {
        let corners = self.corners();
        let edge = |pick: fn(f64, f64) -> f64, axis: fn(&P2) -> f64, start: f64| {
            corners.iter().map(axis).fold(start, pick)
        };
        let left = (edge(f64::min, |p| p[0], f64::INFINITY) - margin).max(0.0).round();
        let top = (edge(f64::min, |p| p[1], f64::INFINITY) - margin).max(0.0).round();
        let right =
            (edge(f64::max, |p| p[0], f64::NEG_INFINITY) + margin).min(picture.width() as f64 - 1.0).round();
        let bottom =
            (edge(f64::max, |p| p[1], f64::NEG_INFINITY) + margin).min(picture.height() as f64 - 1.0).round();
        if !(left <= right && top <= bottom) {
            return None;
        }
        let (width, height) = ((right - left) as usize + 1, (bottom - top) as usize + 1);
        picture.part(left as usize, top as usize, width, height).map(|part| (part, left, top))
    }

    /// Bilinear sampling in double precision, truncated to bytes, black where a neighbour is missing.
    fn sample(&self, picture: RgbView<'_>, side: u32) -> RgbImage {
        let [origin, right, down] = [self.corner(-1.0, -1.0), self.corner(1.0, -1.0), self.corner(-1.0, 1.0)];
        let last = f64::from(side.saturating_sub(1).max(1));
        let step_x = [(right[0] - origin[0]) / last, (right[1] - origin[1]) / last];
        let step_y = [(down[0] - origin[0]) / last, (down[1] - origin[1]) / last];
        let (last_x, last_y) = (picture.width() as f64 - 1.0, picture.height() as f64 - 1.0);
        let mut pixels = Vec::with_capacity((side * side * 3) as usize);
        for row in 0..side {
            for column in 0..side {
                let (c, r) = (f64::from(column), f64::from(row));
                let x = step_x[0] * c + step_y[0] * r + origin[0];
                let y = step_x[1] * c + step_y[1] * r + origin[1];
                let (left, top) = (x.floor(), y.floor());
                // Negated so that a NaN counts as outside.
                if !(left >= 0.0 && top >= 0.0 && left < last_x && top < last_y) {
                    pixels.extend_from_slice(&[0; 3]);
                    continue;
                }
                pixels.extend_from_slice(&bilinear(picture, left as usize, top as usize, x - left, y - top));
            }
        }
        RgbImage::from_raw(side, side, pixels).unwrap_or_else(|| RgbImage::new(side, side))
    }
}

/// The pixel at `right`, `down` (0 to 1) between pixel `left`, `top` and its three neighbours.
fn bilinear(picture: RgbView<'_>, left: usize, top: usize, right: f64, down: f64) -> [u8; 3] {
    let offset = left * 3;
    let (Some([tl0, tl1, tl2, tr0, tr1, tr2, ..]), Some([bl0, bl1, bl2, br0, br1, br2, ..])) =
        (picture.row(top).get(offset..), picture.row(top + 1).get(offset..))
    else {
        return [0; 3];
    };
    let mix = |tl: &u8, tr: &u8, bl: &u8, br: &u8| {
        let upper = (1.0 - right) * f64::from(*tl) + right * f64::from(*tr);
        let lower = (1.0 - right) * f64::from(*bl) + right * f64::from(*br);
        ((1.0 - down) * upper + down * lower) as u8
    };
    [mix(tl0, tr0, bl0, br0), mix(tl1, tr1, bl1, br1), mix(tl2, tr2, bl2, br2)]
}

#[cfg(test)]
mod tests {
    use image::imageops;
    use proptest::prelude::*;

    use super::*;
    use crate::Point;

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

    fn chip(picture: &RgbImage, landmarks: &Landmarks) -> Chip {
        align(RgbView::of(picture).unwrap(), landmarks, 150, 1.0)
    }

    fn differences<'a>(a: &'a Chip, b: &'a Chip) -> impl Iterator<Item = f64> + 'a {
        a.pixels().iter().zip(b.pixels().iter()).map(|(a, b)| f64::from(a.abs_diff(*b)))
    }

    fn worst(a: &Chip, b: &Chip) -> f64 {
        differences(a, b).fold(0.0, f64::max)
    }

    fn mean(a: &Chip, b: &Chip) -> f64 {
        differences(a, b).sum::<f64>() / f64::from(150 * 150 * 3)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn turning_the_picture_with_its_landmarks_keeps_the_chip(
            x in 150.0_f64..170.0, y in 140.0_f64..160.0, size in 40.0_f64..90.0, angle in -3.1_f64..3.1,
        ) {
            let picture = waves(320, 300, 23.0);
            let landmarks = face([x, y], size, angle);
            let upright = chip(&picture, &landmarks);
            let turned = |turn: fn(Point) -> Point| Landmarks(landmarks.0.map(turn));
            let quarter = turned(|p| Point { x: 299.0 - p.y, y: p.x });
            let half = turned(|p| Point { x: 319.0 - p.x, y: 299.0 - p.y });
            let three_quarters = turned(|p| Point { x: p.y, y: 319.0 - p.x });
            prop_assert!(worst(&upright, &chip(&imageops::rotate90(&picture), &quarter)) <= 1.0);
            prop_assert!(worst(&upright, &chip(&imageops::rotate180(&picture), &half)) <= 1.0);
            prop_assert!(worst(&upright, &chip(&imageops::rotate270(&picture), &three_quarters)) <= 1.0);
        }

        #[test]
        fn a_wider_margin_around_the_face_keeps_the_chip(
            left in 0_u32..40, top in 0_u32..40, size in 40.0_f64..220.0, angle in -3.1_f64..3.1,
        ) {
            // Halving keeps every second pixel, so only even shifts keep the grid.
            let (left, top) = (left / 2 * 2, top / 2 * 2);
            let picture = waves(700, 680, 41.0);
            let part = imageops::crop_imm(&picture, left, top, 700 - left, 680 - top).to_image();
            let (x, y) = (350.0, 340.0);
            let there = face([x, y], size, angle);
            let here = face([x - f64::from(left), y - f64::from(top)], size, angle);
            let (whole, part) = (chip(&picture, &there), chip(&part, &here));
            prop_assert!(mean(&whole, &part) < 2.0, "{}", mean(&whole, &part));
        }

        #[test]
        fn a_face_twice_as_large_gives_nearly_the_same_chip(size in 60.0_f64..250.0, angle in -3.1_f64..3.1) {
            let (small, large) = (waves(800, 800, 60.0), waves(1600, 1600, 120.0));
            let (here, there) = (face([400.0, 400.0], size, angle), face([800.0, 800.0], 2.0 * size, angle));
            let off = mean(&chip(&small, &here), &chip(&large, &there));
            prop_assert!(off < 6.0, "{off}");
        }

        #[test]
        fn landmarks_anywhere_give_a_chip_of_the_asked_size(
            points in prop::array::uniform5((prop::num::f32::ANY, prop::num::f32::ANY)),
        ) {
            let landmarks = Landmarks(points.map(|(x, y)| Point { x, y }));
            let chip = chip(&waves(64, 48, 9.0), &landmarks);
            prop_assert_eq!(chip.pixels().dimensions(), (150, 150));
        }
    }

    #[test]
    fn what_lies_outside_the_picture_is_black() {
        let white = RgbImage::from_pixel(100, 100, image::Rgb([255; 3]));
        let inside = chip(&white, &face([50.0, 50.0], 30.0, 0.0));
        assert!(inside.pixels().iter().all(|&value| value == 255));
        let at_the_edge = chip(&white, &face([0.0, 50.0], 30.0, 0.0));
        assert_eq!(at_the_edge.pixels().get_pixel(10, 75).0, [0; 3]);
        assert_eq!(at_the_edge.pixels().get_pixel(140, 75).0, [255; 3]);
        assert!(chip(&white, &face([900.0, 50.0], 30.0, 0.0)).pixels().iter().all(|&value| value == 0));
    }
}
