//! Pictures that lie on their side or stand on their head: which quarter turn shows the faces upright.

use image::RgbImage;
use image::imageops::{rotate90, rotate180, rotate270};

use crate::align::upright_part;
use crate::{
    BoundingBox, Detection, DetectorKind, EmbeddedFace, Face, InferenceError, Landmarks, Point, RgbView,
};

/// Below this best score of YuNet the other turns are searched. Of 1,548 pictures of Labeled Faces in the Wild
/// 0.8 % have less; turned by 90 degrees all of them, by 180 degrees 99.8 %.
const WEAK: f32 = 0.90;

/// What another turn must reach, so that nothing is found in a picture without faces for being looked at four
/// times: upright faces have 0.87 and more.
const CLEAR: f32 = 0.80;

/// By how much another turn must be better.
const BETTER: f32 = 0.01;

/// Small turns, in degrees, that show faces upright which lean by 15 to 45 degrees.
const LEANING: [f64; 2] = [-30.0, 30.0];

/// How a picture is turned to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Not at all.
    None,
    /// By 90 degrees, clockwise.
    Clockwise,
    /// By 180 degrees.
    Half,
    /// By 90 degrees, counter-clockwise.
    Counterclockwise,
}

impl Turn {
    const OTHERS: [Self; 3] = [Self::Clockwise, Self::Half, Self::Counterclockwise];

    /// The turned picture.
    pub(crate) fn apply(self, picture: RgbImage) -> RgbImage {
        match self {
            Self::None => picture,
            Self::Clockwise => rotate90(&picture),
            Self::Half => rotate180(&picture),
            Self::Counterclockwise => rotate270(&picture),
        }
    }

    /// Factors along the axes of the picture as it was, along those of the turned one.
    pub(crate) fn axes(self, [x, y]: [f32; 2]) -> [f32; 2] {
        match self {
            Self::None | Self::Half => [x, y],
            Self::Clockwise | Self::Counterclockwise => [y, x],
        }
    }

    /// Where a point of the turned picture, which has that size, is in the picture as it was.
    fn point_back(self, Point { x, y }: Point, [width, height]: [f32; 2]) -> Point {
        let (from_right, from_bottom) = (width - 1.0 - x, height - 1.0 - y);
        match self {
            Self::None => Point { x, y },
            Self::Clockwise => Point { x: y, y: from_right },
            Self::Half => Point { x: from_right, y: from_bottom },
            Self::Counterclockwise => Point { x: from_bottom, y: x },
        }
    }

    /// A face of the turned picture, which has that size in pixels, in the picture as it was.
    pub(crate) fn back(self, face: EmbeddedFace, (width, height): (u32, u32)) -> EmbeddedFace {
        if self == Self::None {
            return face;
        }
        let back = |point: Point| self.point_back(point, [width as f32, height as f32]);
        let Face { mut detection, landmarks } = face.face;
        let b = detection.bounding_box;
        let start = back(Point { x: b.left, y: b.top });
        let end = back(Point { x: b.left + b.width, y: b.top + b.height });
        // Top left and bottom right become other corners by a turn, so the edges are sorted anew.
        detection.bounding_box = BoundingBox {
            left: start.x.min(end.x),
            top: start.y.min(end.y),
            width: (end.x - start.x).abs(),
            height: (end.y - start.y).abs(),
        };
        detection.points = detection.points.map(|points| points.map(back));
        let landmarks = Landmarks(landmarks.0.map(back));
        EmbeddedFace { face: Face { detection, landmarks }, ..face }
    }
}

/// A picture that is upright by its faces, and the people in it.
#[derive(Debug)]
pub struct Searched {
    /// The picture, turned by quarters where its faces were not upright.
    pub pixels: RgbImage,
    /// The faces, in pixels of this picture, best score first; weak ones beside a strong one are left out.
    pub people: Vec<Detection>,
    /// How the picture that was given was turned.
    pub(crate) turn: Turn,
}

/// Whether what was found in a picture may be faces that are not upright: nothing, or nothing clear.
///
/// Scores of dlib's detectors tell nothing here: those find upright faces only.
pub(crate) fn weak(found: &[Detection]) -> bool {
    found.iter().all(|face| face.found_by == DetectorKind::Yunet && face.score < WEAK)
}

/// The turn in which a picture shows faces clearly better than as it is, judged on a small copy of it.
/// `best_score` gives the best score of a turned copy.
///
/// YuNet also finds faces that stand on their head, and at times with a better score than when they lean: where a
/// small turn is better still, the faces lean, and the picture is left as it is.
///
/// # Errors
/// Those of `best_score`.
pub(crate) fn better_turn(
    copy: &RgbImage,
    found: &[Detection],
    best_score: impl Fn(&RgbImage) -> Result<f32, InferenceError>,
) -> Result<Turn, InferenceError> {
    let upright = found.iter().map(|face| face.score).fold(0.0, f32::max);
    let (mut best, mut turn) = ((upright + BETTER).max(CLEAR), Turn::None);
    for other in Turn::OTHERS {
        let score = best_score(&other.apply(copy.clone()))?;
        if score > best {
            (best, turn) = (score, other);
        }
    }
    if turn != Turn::None {
        for degrees in LEANING {
            if best_score(&leaning(copy, degrees))? > best {
                return Ok(Turn::None);
            }
        }
    }
    Ok(turn)
}

/// The picture in a square around its middle, turned so that what leans by `degrees` stands upright.
fn leaning(picture: &RgbImage, degrees: f64) -> RgbImage {
    let side = picture.width().max(picture.height());
    // A copy has at least one pixel a side.
    let Ok(view) = RgbView::from_image(picture) else { return RgbImage::new(side, side) };
    let center = Point { x: picture.width() as f32 / 2.0 - 0.5, y: picture.height() as f32 / 2.0 - 0.5 };
    upright_part(view, center, (side - 1) as f32 / 2.0, degrees, side).0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(score: f32, found_by: DetectorKind) -> Detection {
        let bounding_box = BoundingBox { left: 0.0, top: 0.0, width: 9.0, height: 9.0 };
        Detection { bounding_box, score, points: None, found_by }
    }

    /// One bright pixel, which `best_score` looks for in the top left corner.
    fn marked(x: u32, y: u32) -> RgbImage {
        let mut picture = RgbImage::new(5, 3);
        picture.put_pixel(x, y, image::Rgb([255; 3]));
        picture
    }

    fn turn_of(picture: &RgbImage, upright: &[Detection], score: f32) -> Turn {
        let best_score = |turned: &RgbImage| Ok(if turned.get_pixel(0, 0)[0] > 0 { score } else { 0.7 });
        better_turn(picture, upright, best_score).unwrap()
    }

    #[test]
    fn the_turn_with_the_best_score_is_taken_when_it_is_clear_and_better() {
        let weak = [found(0.7, DetectorKind::Yunet)];
        assert_eq!(turn_of(&marked(0, 2), &weak, 0.92), Turn::Clockwise);
        assert_eq!(turn_of(&marked(4, 2), &weak, 0.92), Turn::Half);
        assert_eq!(turn_of(&marked(4, 0), &[], 0.92), Turn::Counterclockwise);
        assert_eq!(turn_of(&marked(4, 0), &[], 0.79), Turn::None, "nothing clear");
        assert_eq!(
            turn_of(&marked(4, 0), &[found(0.89, DetectorKind::Yunet)], 0.895),
            Turn::None,
            "no better"
        );
    }

    #[test]
    fn a_picture_whose_faces_only_lean_is_left_as_it_is() {
        let weak = [found(0.84, DetectorKind::Yunet)];
        // The leaning copies of a picture of 5x3 pixels are square.
        let scores = |leaning| {
            move |turned: &RgbImage| Ok(if turned.width() == turned.height() { leaning } else { 0.88 })
        };
        assert_eq!(better_turn(&marked(0, 2), &weak, scores(0.91)).unwrap(), Turn::None);
        assert_ne!(better_turn(&marked(0, 2), &weak, scores(0.80)).unwrap(), Turn::None);
    }

    #[test]
    fn only_pictures_in_which_yunet_is_not_sure_are_looked_at_again() {
        assert!(weak(&[]));
        assert!(weak(&[found(0.85, DetectorKind::Yunet), found(0.61, DetectorKind::Yunet)]));
        assert!(!weak(&[found(0.61, DetectorKind::Yunet), found(0.93, DetectorKind::Yunet)]));
        assert!(!weak(&[found(0.3, DetectorKind::Mmod)]));
    }

    proptest! {
        #[test]
        fn what_is_found_in_a_turned_picture_is_where_it_was(
            width in 1_u32..40, height in 1_u32..40, at in (0.0_f64..1.0, 0.0_f64..1.0),
        ) {
            let (x, y) = ((at.0 * f64::from(width)) as u32, (at.1 * f64::from(height)) as u32);
            let mut picture = RgbImage::new(width, height);
            picture.put_pixel(x, y, image::Rgb([255; 3]));
            for turn in Turn::OTHERS {
                let turned = turn.apply(picture.clone());
                let (tx, ty, _) = turned.enumerate_pixels().find(|(_, _, p)| p.0[0] > 0).unwrap();
                let size = [turned.width() as f32, turned.height() as f32];
                let back = turn.point_back(Point { x: tx as f32, y: ty as f32 }, size);
                prop_assert_eq!((back.x, back.y), (x as f32, y as f32));
                prop_assert_eq!(turn.axes([width as f32, height as f32]), size);
            }
        }
    }
}
