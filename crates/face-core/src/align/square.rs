//! A rotated square of a picture, and its pixels as a chip.
//!
//! A square much larger than the chip is halved with the picture first, as often as needed, so that
//! bilinear sampling does not alias.

use image::RgbImage;

use crate::RgbView;
use crate::halve::halve;
use crate::similarity::{P2, Similarity};

/// How the pixels of a chip are counted and rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Convention {
    /// As dlib's `get_face_chip`, whose chips are reproduced byte for byte: a chip reaches from edge to
    /// edge of its pixels where it is placed and from centre to centre where it is sampled; values are
    /// truncated.
    Dlib,
    /// As OpenCV's `warpAffine`: a place is a distance from the centre of the top left pixel, in the chip
    /// as in the picture; values are rounded.
    Centers,
}

/// A rotated square in the picture, whose corners are the centres of the chip's corner pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Square {
    convention: Convention,
    center: P2,
    /// Distance from the centre to an edge, along the square's own axes.
    reach: f64,
    angle: f64,
}

impl Square {
    /// The square that a chip of `side` pixels covers, given the way from the chip to the picture; with a
    /// `zoom` above 1 it covers that much more around the same middle.
    pub(super) fn of_chip(to_picture: &Similarity, convention: Convention, side: u32, zoom: f64) -> Self {
        let (side, scale) = (f64::from(side), to_picture.scale() * zoom);
        let (middle, width) = match convention {
            Convention::Dlib => (side / 2.0, side * scale - 1.0),
            Convention::Centers => ((side - 1.0) / 2.0, (side - 1.0) * scale),
        };
        Self {
            convention,
            center: to_picture.apply([middle, middle]),
            reach: width / 2.0,
            angle: to_picture.angle(),
        }
    }

    /// Width times height with both edges counted, negative extents counting as nothing.
    fn area(&self) -> f64 {
        (2.0 * self.reach + 1.0).max(0.0).powi(2)
    }

    /// The same square in the picture that [`halve`] makes. dlib's shift differs from x to y, and its
    /// embedder was trained with it; the other is where the pixels of the half are.
    fn halved(&self) -> Self {
        let [x, y] = self.center;
        let [right, down] = match self.convention {
            Convention::Dlib => [1.25, 0.75],
            Convention::Centers => [1.0, 1.0],
        };
        Self { center: [x / 2.0 - right, y / 2.0 - down], reach: self.reach / 2.0, ..*self }
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

    /// The chip, black where the square reaches outside the picture.
    pub(super) fn cut(mut self, picture: RgbView<'_>, side: u32) -> RgbImage {
        let wanted = f64::from(side).powi(2);
        let mut halvings = 0_u32;
        let mut margin = 2.0;
        let mut smaller = self.halved();
        // dlib halves while the next smaller square has more pixels than the chip: no level is enlarged. Each
        // halving needs two pixels more around it. The bound ends the loop for an infinite square.
        while smaller.area() > wanted && halvings < 16 {
            smaller = smaller.halved();
            halvings += 1;
            margin = margin * 2.0 + 2.0;
        }
        // Only this part is halved, not the picture. Where it starts decides which pixels are kept, so margin
        // and rounding are dlib's, too.
        let Some((part, left, top)) = self.surroundings(picture, margin) else {
            return RgbImage::new(side, side);
        };
        self.center = [self.center[0] - left, self.center[1] - top];
        let mut level: Option<RgbImage> = None;
        for _ in 0..halvings {
            let next = match &level {
                None => halve(part),
                Some(level) => RgbView::from_image(level).ok().and_then(halve),
            };
            let Some(next) = next else { return RgbImage::new(side, side) };
            level = Some(next);
            self = self.halved();
        }
        match level.as_ref().map(RgbView::from_image) {
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
        // Negated so that a NaN counts as outside.
        if !(left <= right && top <= bottom) {
            return None;
        }
        let (width, height) = ((right - left) as usize + 1, (bottom - top) as usize + 1);
        picture.part(left as usize, top as usize, width, height).map(|part| (part, left, top))
    }

    /// Bilinear sampling in double precision, black where a neighbour is missing.
    fn sample(&self, picture: RgbView<'_>, side: u32) -> RgbImage {
        let [origin, right, down] = [self.corner(-1.0, -1.0), self.corner(1.0, -1.0), self.corner(-1.0, 1.0)];
        let last = f64::from(side.saturating_sub(1).max(1));
        let step_x = [(right[0] - origin[0]) / last, (right[1] - origin[1]) / last];
        let step_y = [(down[0] - origin[0]) / last, (down[1] - origin[1]) / last];
        let (last_x, last_y) = (picture.width() as f64 - 1.0, picture.height() as f64 - 1.0);
        let rounding = match self.convention {
            Convention::Dlib => 0.0,
            Convention::Centers => 0.5,
        };
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
                let values = bilinear(picture, left as usize, top as usize, x - left, y - top);
                pixels.extend(values.map(|value| (value + rounding) as u8));
            }
        }
        RgbImage::from_raw(side, side, pixels).unwrap_or_else(|| RgbImage::new(side, side))
    }
}

/// The pixel at `right`, `down` (0 to 1) between pixel `left`, `top` and its three neighbours.
fn bilinear(picture: RgbView<'_>, left: usize, top: usize, right: f64, down: f64) -> [f64; 3] {
    let offset = left * 3;
    let (Some([tl0, tl1, tl2, tr0, tr1, tr2, ..]), Some([bl0, bl1, bl2, br0, br1, br2, ..])) =
        (picture.row(top).get(offset..), picture.row(top + 1).get(offset..))
    else {
        return [0.0; 3];
    };
    let mix = |tl: &u8, tr: &u8, bl: &u8, br: &u8| {
        let upper = (1.0 - right) * f64::from(*tl) + right * f64::from(*tr);
        let lower = (1.0 - right) * f64::from(*bl) + right * f64::from(*br);
        (1.0 - down) * upper + down * lower
    };
    [mix(tl0, tr0, bl0, br0), mix(tl1, tr1, bl1, br1), mix(tl2, tr2, bl2, br2)]
}
