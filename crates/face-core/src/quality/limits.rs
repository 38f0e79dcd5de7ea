//! What a face must reach to be enrolled, and to be decided on.

#[cfg(doc)]
use super::{Pose, Quality};

/// What a face must reach; by default, to be enrolled. The defaults were chosen on Labeled Faces in the Wild: about where
/// the rate at which a face is not recognised has doubled, from 1.6 % to 3.2 % at a unit distance of 0.4.
/// `docs/ACCURACY.md` has the curves, and says which limits are laxer than that, and which rest on little.
///
/// ```
/// let mut limits = face_core::QualityLimits::default();
/// limits.max_yaw = 20.0;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct QualityLimits {
    /// Least [`Quality::eye_distance`], in pixels.
    pub min_eye_distance: f32,
    /// Least [`Quality::inside`], 0 to 1.
    pub min_inside: f32,
    /// Least [`Quality::brightness`], 0 to 255.
    pub min_brightness: f32,
    /// Most [`Quality::brightness`], 0 to 255.
    pub max_brightness: f32,
    /// Least [`Quality::contrast`].
    pub min_contrast: f32,
    /// Least [`Quality::sharpness`].
    pub min_sharpness: f32,
    /// Most [`Pose::yaw`] to either side, in degrees.
    pub max_yaw: f32,
    /// Most [`Pose::pitch`] up or down, in degrees.
    pub max_pitch: f32,
    /// Most [`Pose::roll`] to either side, in degrees. The face is turned upright before it is embedded,
    /// so this only refuses pictures that lie on their side.
    pub max_roll: f32,
    /// Most [`Quality::blockiness`].
    pub max_blockiness: f32,
    /// Least [`Quality::detection_score`], 0 to 1, where YuNet found the face.
    pub min_detection_score: f32,
    /// Least [`Quality::recognisability`], where it was measured.
    pub min_recognisability: f32,
}

impl Default for QualityLimits {
    fn default() -> Self {
        Self {
            min_eye_distance: 15.0,
            min_inside: 0.95,
            min_brightness: 40.0,
            // The rate doubles at 201 already, but pale faces in good light reach 210 and are recognised.
            max_brightness: 210.0,
            min_contrast: 10.0,
            // The rate doubles at 0.25 already; hardly any untouched picture has less than 0.22.
            min_sharpness: 0.22,
            max_yaw: 35.0,
            // Rests on little: hardly any of the pictures goes so far up or down.
            max_pitch: 20.0,
            max_roll: 45.0,
            // Untouched pictures have up to 1.35, JPEG of quality 25 up to 2.0, of quality 5 at least 2.5.
            max_blockiness: 2.2,
            // 0.3 % of untouched pictures have less, and most faces of which a half is covered.
            min_detection_score: 0.88,
            // 95 % of untouched pictures have 10.8 and more, most ruined ones less than 10.
            min_recognisability: 10.0,
        }
    }
}

impl QualityLimits {
    /// What a probe must reach so that it can be decided on: a face that cannot be told from others lies about
    /// as near to strangers as to its own person. All else that a probe may lack makes it harder to be
    /// recognised, not easier to be taken for another, and is left to the distance. Of 1,548 untouched pictures
    /// of Labeled Faces in the Wild 6 miss the limit, and most of those are not recognised anyway.
    #[must_use]
    pub fn probe() -> Self {
        Self {
            min_eye_distance: 0.0,
            min_inside: 0.0,
            min_brightness: 0.0,
            max_brightness: 255.0,
            min_contrast: 0.0,
            min_sharpness: 0.0,
            max_yaw: 180.0,
            max_pitch: 180.0,
            max_roll: 180.0,
            max_blockiness: f32::INFINITY,
            min_detection_score: 0.0,
            min_recognisability: 9.0,
        }
    }
}
