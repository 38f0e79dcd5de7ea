//! What is found in a picture: boxes, landmarks and faces, in pixels of the upright picture.

use embedding::Embedding;

use crate::Quality;

/// A point in pixels: `x` to the right and `y` downward from the centre of the top left pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Point {
    /// Pixels to the right.
    pub x: f32,
    /// Pixels downward.
    pub y: f32,
}

/// An axis-aligned rectangle in pixels; it may reach outside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BoundingBox {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Width, zero or more.
    pub width: f32,
    /// Height, zero or more.
    pub height: f32,
}

impl BoundingBox {
    /// Width times height, in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The middle of the box.
    #[must_use]
    pub fn center(&self) -> Point {
        Point { x: self.left + self.width / 2.0, y: self.top + self.height / 2.0 }
    }

    /// Intersection over union, 0 (apart) to 1 (equal).
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let overlap =
            |a: f32, a_len: f32, b: f32, b_len: f32| ((a + a_len).min(b + b_len) - a.max(b)).max(0.0);
        let shared = overlap(self.left, self.width, other.left, other.width)
            * overlap(self.top, self.height, other.top, other.height);
        let union = self.area() + other.area() - shared;
        // Two empty boxes have no union; rounding can take equal ones slightly beyond 1.
        if union > 0.0 { (shared / union).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// A way of finding faces; the scores of different ones cannot be compared.
// Read without the feature too: the manifest of the models names its detectors so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum DetectorKind {
    /// YuNet.
    Yunet,
    /// dlib's detector by convolution.
    Mmod,
    /// dlib's detector by histograms of oriented gradients.
    Hog,
}

/// One face as the detector found it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Detection {
    /// Where it is.
    pub bounding_box: BoundingBox,
    /// How sure the detector is. The scale is the detector's own: YuNet's runs from 0 to 1; dlib's
    /// detectors give what a face has above their threshold, from 0 with no upper end. A clear face has
    /// about 0.9 by YuNet, 1 by MMOD and 1 to 3 by HOG.
    pub score: f32,
    /// The detector's own five points: right eye, left eye, nose tip, right and left mouth corner
    /// (right and left as the person has them, so the first is at the picture's left). dlib's detectors
    /// give none.
    pub points: Option<[Point; 5]>,
    /// The detector that found it.
    pub found_by: DetectorKind,
}

impl Detection {
    /// The same detection in a picture that is larger by these factors.
    pub(crate) fn scaled(mut self, x: f32, y: f32) -> Self {
        let b = self.bounding_box;
        self.bounding_box =
            BoundingBox { left: b.left * x, top: b.top * y, width: b.width * x, height: b.height * y };
        self.points = self.points.map(|points| points.map(|p| Point { x: p.x * x, y: p.y * y }));
        self
    }

    /// The same detection in a picture of which this one is the part that starts at `left`, `top`.
    pub(crate) fn shifted(mut self, left: f32, top: f32) -> Self {
        self.bounding_box.left += left;
        self.bounding_box.top += top;
        self.points = self.points.map(|points| points.map(|p| Point { x: p.x + left, y: p.y + top }));
        self
    }

    /// Whether all its numbers are finite.
    pub(crate) fn is_finite(&self) -> bool {
        let b = &self.bounding_box;
        let coordinates = self.points.iter().flatten().flat_map(|p| [p.x, p.y]);
        coordinates.chain([b.left, b.top, b.width, b.height, self.score]).all(f32::is_finite)
    }
}

/// The five landmarks of dlib's predictor, in its order: outer and inner corner of the eye at the
/// picture's right, outer and inner corner of the eye at its left, and the base of the nose.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Landmarks(pub [Point; 5]);

impl Landmarks {
    /// Between the middles of the eyes, in pixels: of each the landmarks are its two corners.
    pub(crate) fn eye_distance(&self) -> f32 {
        let [outer_right, inner_right, outer_left, inner_left, _] = self.0;
        let middle = |a: Point, b: Point| [(a.x + b.x) / 2.0, (a.y + b.y) / 2.0];
        let ([rx, ry], [lx, ly]) = (middle(outer_right, inner_right), middle(outer_left, inner_left));
        (rx - lx).hypot(ry - ly)
    }

    /// How far the eyes lean, in degrees, positive when the head leans clockwise.
    pub(crate) fn lean(&self) -> f64 {
        let [outer_right, inner_right, outer_left, inner_left, _] = self.0;
        let x = outer_right.x + inner_right.x - outer_left.x - inner_left.x;
        let y = outer_right.y + inner_right.y - outer_left.y - inner_left.y;
        f64::from(y).atan2(f64::from(x)).to_degrees()
    }
}

/// The 68 landmarks of dlib's other predictor, in the order of iBUG 300-W: the jaw (0 to 16), the brows (17
/// to 21 and 22 to 26), the nose (27 to 35), the eyes (36 to 41 and 42 to 47), the outer (48 to 59) and the
/// inner outline of the lips (60 to 67); the picture's left comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Vec<Point>", into = "Vec<Point>")
)]
pub struct Landmarks68(pub [Point; 68]);

impl TryFrom<Vec<Point>> for Landmarks68 {
    type Error = String;

    fn try_from(points: Vec<Point>) -> Result<Self, String> {
        points.try_into().map(Self).map_err(|points: Vec<_>| format!("68 landmarks, not {}", points.len()))
    }
}

impl From<Landmarks68> for Vec<Point> {
    fn from(landmarks: Landmarks68) -> Self {
        landmarks.0.to_vec()
    }
}

/// A detected face with its landmarks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Face {
    /// What the detector found.
    pub detection: Detection,
    /// Where the landmarks are.
    pub landmarks: Landmarks,
}

/// A face of a picture, and how well it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AnalyzedFace {
    /// Where it is.
    pub face: Face,
    /// What was measured of it.
    pub quality: Quality,
}

/// The face that was chosen from a picture, and its embedding.
#[derive(Debug, Clone)]
pub struct EmbeddedFace {
    /// The chosen face.
    pub face: Face,
    /// How well it is shown.
    pub quality: Quality,
    /// Its embedding by the model that was asked for, as the network gave it.
    pub embedding: Embedding,
    /// How many other faces the picture shows that the policy passed over.
    pub bystanders: usize,
}

/// All faces of a picture.
#[derive(Debug, Clone)]
pub struct AnalyzedFaces {
    /// Width and height of the upright picture, in pixels.
    pub size: (u32, u32),
    /// The faces, best detection score first; there may be none.
    pub faces: Vec<AnalyzedFace>,
}

/// Several faces of a picture with their embeddings.
#[derive(Debug, Clone)]
pub struct EmbeddedFaces {
    /// Width and height of the upright picture, in pixels.
    pub size: (u32, u32),
    /// The faces, the largest first.
    pub faces: Vec<EmbeddedFace>,
    /// How many smaller ones were left out.
    pub omitted: usize,
}

impl EmbeddedFace {
    /// The same face in a picture that is larger by these factors.
    pub(crate) fn scaled(mut self, x: f32, y: f32) -> Self {
        self.face.detection = self.face.detection.scaled(x, y);
        self.face.landmarks = Landmarks(self.face.landmarks.0.map(|p| Point { x: p.x * x, y: p.y * y }));
        self.quality.eye_distance *= x;
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boxes() -> impl Strategy<Value = BoundingBox> {
        (-100.0_f32..100.0, -100.0_f32..100.0, 0.0_f32..80.0, 0.0_f32..80.0)
            .prop_map(|(left, top, width, height)| BoundingBox { left, top, width, height })
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_within_zero_and_one(a in boxes(), b in boxes()) {
            prop_assert_eq!(a.iou(&b), b.iou(&a));
            prop_assert!((0.0..=1.0).contains(&a.iou(&b)));
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn faces_and_what_was_measured_of_them_are_serialised_and_read_again() {
        use serde_json::{from_value, json, to_value};

        use crate::{QualityCode, QualityLimits, Shortcoming};

        let at = |x| Point { x, y: 2.0 };
        let bounding_box = BoundingBox { left: 0.5, top: 0.0, width: 10.0, height: 12.0 };
        let found_by = DetectorKind::Yunet;
        let detection = Detection { bounding_box, score: 0.75, points: Some([at(1.0); 5]), found_by };
        let face = Face { detection, landmarks: Landmarks([at(3.0); 5]) };
        let value = to_value(face).unwrap();
        assert_eq!(value["detection"]["found_by"], "yunet");
        assert_eq!(value["landmarks"][4], json!({ "x": 3.0, "y": 2.0 }));
        assert_eq!(from_value::<Face>(value).unwrap(), face);

        let all = Landmarks68([at(4.0); 68]);
        let value = to_value(all).unwrap();
        assert_eq!(from_value::<Landmarks68>(value.clone()).unwrap(), all);
        let short = json!(value.as_array().unwrap()[1..]);
        assert!(from_value::<Landmarks68>(short).unwrap_err().to_string().contains("68 landmarks, not 67"));

        let shortcoming = Shortcoming { code: QualityCode::TurnedUpOrDown, value: 21.0, limit: 20.0 };
        let value = to_value(shortcoming).unwrap();
        assert_eq!(value["code"], QualityCode::TurnedUpOrDown.as_str());
        assert_eq!(from_value::<Shortcoming>(value).unwrap(), shortcoming);
        let limits: QualityLimits = from_value(json!({ "max_yaw": 20.0 })).unwrap();
        assert_eq!((limits.max_yaw, limits.max_roll), (20.0, QualityLimits::default().max_roll));
    }

    #[test]
    fn boxes_apart_in_both_axes_do_not_overlap() {
        let a = BoundingBox { left: 0.0, top: 0.0, width: 10.0, height: 10.0 };
        let b = BoundingBox { left: 50.0, top: 50.0, width: 10.0, height: 10.0 };
        assert_eq!(a.iou(&b), 0.0);
        assert_eq!(a.iou(&a), 1.0);
    }
}
