//! From the points of a face to its chip, in the way that the embedder wants it.
//!
//! A chip is the square that a least-squares similarity fits to the face: it brings points of the face
//! nearest to where the embedder expects them.

mod square;

use image::RgbImage;
use serde::Deserialize;

use self::square::{Convention, Square};
use crate::similarity::{P2, Similarity};
use crate::{Chip, Face, Point, RgbView};

/// Places of dlib's five landmarks in the unit square around a mean face, in the predictor's order
/// (dlib's `get_face_chip_details`).
pub(crate) const MEAN_SHAPE: [P2; 5] = [
    [0.859_567_459_599_2, 0.213_498_153_801_4],
    [0.646_060_476_410_4, 0.228_967_438_767_7],
    [0.120_575_062_078_9, 0.213_727_452_684_8],
    [0.334_085_061_371_2, 0.229_064_240_324_2],
    [0.490_112_313_567_9, 0.627_797_531_647_5],
];

/// How an embedder's chips are cut, as the manifest has it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "geometry", rename_all = "lowercase")]
pub(crate) enum Alignment {
    /// dlib's `get_face_chip`: its landmarks go to its mean shape, with `padding` around that as a share
    /// of its side. Byte for byte the chip that dlib cuts.
    Dlib { padding: f64 },
    /// Five points go to places in the chip, in pixels from the centre of its top left one: the points
    /// that the detector found, in the order of [`Detection::points`](crate::Detection::points), else dlib's
    /// landmarks.
    Points { yunet: [P2; 5], dlib: [P2; 5] },
}

impl Alignment {
    /// The way from a chip of `side` pixels to the picture.
    fn to_picture(self, face: &Face, side: u32) -> Similarity {
        let places = |points: [Point; 5]| points.map(|Point { x, y }| [f64::from(x), f64::from(y)]);
        match self {
            Self::Dlib { padding } => {
                let place = |v: f64| (padding + v) / (2.0 * padding + 1.0) * f64::from(side);
                let in_chip = MEAN_SHAPE.map(|p| p.map(place));
                Similarity::fit(in_chip.into_iter().zip(places(face.landmarks.0)))
            }
            Self::Points { yunet, dlib } => {
                let (in_chip, in_picture) = match face.detection.points {
                    Some(points) => (yunet, points),
                    None => (dlib, face.landmarks.0),
                };
                // Unlike dlib, OpenCV measures what is left between the points in the chip: where the
                // face fits less well, the two differ in scale.
                Similarity::fit(places(in_picture).into_iter().zip(in_chip)).inverse()
            }
        }
    }

    fn convention(self) -> Convention {
        match self {
            Self::Dlib { .. } => Convention::Dlib,
            Self::Points { .. } => Convention::Centers,
        }
    }
}

/// How far YuNet's eyes lean, in degrees, positive when the head leans clockwise.
pub(crate) fn lean_of([right_eye, left_eye, ..]: &[Point; 5]) -> f64 {
    f64::from(left_eye.y - right_eye.y).atan2(f64::from(left_eye.x - right_eye.x)).to_degrees()
}

/// A square part of a picture around a place, turned so that what leans by `degrees` stands upright in it, and the
/// way from its `side` pixels to the picture. What lies outside the picture is black.
pub(crate) fn upright_part(
    picture: RgbView<'_>,
    center: Point,
    reach: f32,
    degrees: f64,
    side: u32,
) -> (RgbImage, Similarity) {
    // The way between the centres of the outermost pixels (`Convention::Centers`).
    let middle = f64::from(side - 1) / 2.0;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let scale = f64::from(reach) / middle;
    let (a, b) = (scale * cos, scale * sin);
    let (x, y) = (f64::from(center.x), f64::from(center.y));
    let to_picture =
        Similarity { a, b, tx: x - (a * middle - b * middle), ty: y - (b * middle + a * middle) };
    let square = Square::of_chip(&to_picture, Convention::Centers, side, 1.0);
    (square.cut(picture, side), to_picture)
}

/// Cuts the chip of `side` pixels out of a picture. A `zoom` above 1 shows that much more of the
/// surroundings. What lies outside the picture is black.
pub(crate) fn align(picture: RgbView<'_>, face: &Face, alignment: &Alignment, side: u32, zoom: f64) -> Chip {
    let to_picture = alignment.to_picture(face, side);
    let square = Square::of_chip(&to_picture, alignment.convention(), side, zoom);
    Chip::from_aligned(square.cut(picture, side))
}

#[cfg(test)]
mod tests;
