//! How a face that was found in a picture reads in an answer.

use face_core::{AnalyzedFace, DetectorKind, EmbeddedFace, Quality};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Reason;

/// A face of a picture; coordinates are pixels of the upright picture, from its top left corner.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FaceResponse {
    /// Where it is.
    #[serde(rename = "box")]
    bounding_box: BoxResponse,
    /// How sure the detector is, on its own scale: `yunet` from 0 to 1, the others from 0 upward.
    #[schema(example = 0.93)]
    detection_score: f32,
    /// What found it: `yunet`, `mmod` or `hog`.
    #[schema(example = "yunet")]
    detector: &'static str,
    /// Five points: outer and inner corner of the eye at the picture's right, outer and inner corner of the
    /// eye at its left, base of the nose.
    #[schema(value_type = Vec<PointResponse>, min_items = 5, max_items = 5, example = json!([
        {"x": 412.0, "y": 231.0}, {"x": 451.5, "y": 233.5}, {"x": 561.0, "y": 229.0}, {"x": 521.5, "y": 232.0},
        {"x": 487.0, "y": 304.5}]))]
    landmarks: Vec<PointResponse>,
    /// How well it is shown.
    quality: QualityResponse,
    /// What falls short of the limits for enrolment, whatever the server does about it, the most telling first;
    /// empty for a good one.
    #[schema(example = json!([]))]
    shortcomings: Vec<Reason>,
}

/// A rectangle; it may reach outside the picture.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct BoxResponse {
    /// Left edge.
    #[schema(example = 349.0)]
    left: f32,
    /// Top edge.
    #[schema(example = 122.0)]
    top: f32,
    /// Width.
    #[schema(minimum = 0, example = 268.0)]
    width: f32,
    /// Height.
    #[schema(minimum = 0, example = 331.0)]
    height: f32,
}

/// A point in a picture.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct PointResponse {
    /// Pixels to the right.
    #[schema(example = 412.0)]
    x: f32,
    /// Pixels downward.
    #[schema(example = 231.0)]
    y: f32,
}

/// What was measured of a face.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct QualityResponse {
    /// From eye to eye, in pixels.
    #[schema(minimum = 0, example = 118.5)]
    eye_distance: f32,
    /// Mean brightness, 0 (black) to 255 (white).
    #[schema(minimum = 0, maximum = 255, example = 131.2)]
    brightness: f32,
    /// Standard deviation of the brightness.
    #[schema(minimum = 0, example = 41.7)]
    contrast: f32,
    /// Sharpness, 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 0.44)]
    sharpness: f32,
    /// Share of the face that lies inside the picture, 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 1.0)]
    inside: f32,
    /// How strongly the edges of square blocks stand out from other edges: about 1.2, more for strong compression
    /// and mosaics.
    #[schema(minimum = 0, example = 1.2)]
    blockiness: f32,
    /// How surely the face can be told from others, about 12 for a good picture and under 9 for a ruined one; null
    /// where no embedding was made, as in detection.
    #[schema(required = true, minimum = 0, example = 12.3)]
    recognisability: Option<f32>,
    /// Which way the head is turned; null where the detector does not tell it.
    #[schema(required = true)]
    pose: Option<PoseResponse>,
}

/// Angles of a head, in degrees; 0 is straight into the camera.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct PoseResponse {
    /// To the side.
    #[schema(example = -4.1)]
    yaw: f32,
    /// Up or down.
    #[schema(example = 2.7)]
    pitch: f32,
    /// Leaning.
    #[schema(example = 0.8)]
    roll: f32,
}

impl From<&AnalyzedFace> for FaceResponse {
    fn from(AnalyzedFace { face, quality }: &AnalyzedFace) -> Self {
        let at = face.detection.bounding_box;
        Self {
            bounding_box: BoxResponse { left: at.left, top: at.top, width: at.width, height: at.height },
            detection_score: face.detection.score,
            detector: match face.detection.found_by {
                DetectorKind::Yunet => "yunet",
                DetectorKind::Mmod => "mmod",
                DetectorKind::Hog => "hog",
            },
            landmarks: face
                .landmarks
                .0
                .iter()
                .map(|point| PointResponse { x: point.x, y: point.y })
                .collect(),
            quality: QualityResponse::from(quality),
            shortcomings: Reason::from_quality(quality),
        }
    }
}

impl From<&EmbeddedFace> for FaceResponse {
    fn from(EmbeddedFace { face, quality, .. }: &EmbeddedFace) -> Self {
        Self::from(&AnalyzedFace { face: *face, quality: *quality })
    }
}

impl From<&Quality> for QualityResponse {
    fn from(quality: &Quality) -> Self {
        let Quality {
            eye_distance,
            brightness,
            contrast,
            sharpness,
            pose,
            inside,
            blockiness,
            // A field of the face, that of each detector.
            detection_score: _,
            recognisability,
        } = *quality;
        let pose = pose.map(|pose| PoseResponse { yaw: pose.yaw, pitch: pose.pitch, roll: pose.roll });
        Self { eye_distance, brightness, contrast, sharpness, inside, blockiness, recognisability, pose }
    }
}
