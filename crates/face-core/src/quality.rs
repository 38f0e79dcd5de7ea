//! How well a face is shown: what was measured of it, and what falls short of the limits.

mod appearance;
mod pose;

pub use self::pose::Pose;

use self::appearance::Appearance;
use crate::align::{Alignment, MEAN_SHAPE, align};
use crate::similarity::Similarity;
use crate::{Face, Landmarks, RgbView};

/// The chip that is measured, whatever the embedder looks at: the limits were chosen on it.
const CHIP: Alignment = Alignment::Dlib { padding: 0.25 };
const CHIP_SIDE: u32 = 150;

/// What was measured of one face. Each value has a limit in [`QualityLimits`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// From the middle of one eye to the middle of the other, in pixels of the picture.
    pub eye_distance: f32,
    /// Mean luma of the face, 0 (black) to 255 (white).
    pub brightness: f32,
    /// Standard deviation of the face's luma, 0 to 127.
    pub contrast: f32,
    /// Share of the differences between neighbouring pixels of the aligned face that is lost when it is
    /// blurred, 0 to 1, in the direction that loses least: less for a face out of focus, moved, or
    /// enlarged from few pixels. Noise raises it.
    pub sharpness: f32,
    /// Which way the head is turned; `None` for faces that one of dlib's detectors found, whose
    /// landmarks do not tell it. Those detectors find frontal faces only.
    pub pose: Option<Pose>,
    /// Share of the face, from the brows to the chin, that lies inside the picture, 0 to 1.
    pub inside: f32,
    /// How sure SFace is that this is a face it can tell from others: the length of its embedding of the
    /// aligned chip, about 12 for a good picture and under 9 for a ruined one. (Networks trained with an
    /// angular margin give faces that are hard to tell apart short vectors: Q. Meng et al., "MagFace", 2021.)
    /// `None` where no embedding was made, as in detection.
    pub recognisability: Option<f32>,
}

impl Quality {
    /// Measures a face of a picture, its pixels on the chip that dlib would cut.
    pub(crate) fn measure(picture: RgbView<'_>, face: &Face) -> Self {
        let chip = align(picture, face, &CHIP, CHIP_SIDE, 1.0);
        let Appearance { brightness, contrast, sharpness } = Appearance::of(&chip);
        Self {
            eye_distance: face.landmarks.eye_distance(),
            brightness,
            contrast,
            sharpness,
            pose: face.detection.points.as_ref().and_then(Pose::of),
            inside: inside(picture.width(), picture.height(), &face.landmarks),
            recognisability: None,
        }
    }

    /// What falls short, the most telling first; empty for a face that may be enrolled.
    #[must_use]
    pub fn shortcomings(&self, limits: &QualityLimits) -> Vec<Shortcoming> {
        let Self { eye_distance, brightness, contrast, sharpness, pose, inside, recognisability } = *self;
        let turned = |angle: fn(&Pose) -> f32| pose.as_ref().map_or(0.0, |pose| angle(pose).abs());
        let (least, most) = (Bound::AtLeast, Bound::AtMost);
        let all = [
            (QualityCode::FaceTooSmall, eye_distance, least(limits.min_eye_distance)),
            (QualityCode::FaceCutOff, inside, least(limits.min_inside)),
            (QualityCode::TooDark, brightness, least(limits.min_brightness)),
            (QualityCode::TooBright, brightness, most(limits.max_brightness)),
            (QualityCode::LowContrast, contrast, least(limits.min_contrast)),
            (QualityCode::Blurred, sharpness, least(limits.min_sharpness)),
            (QualityCode::TurnedAside, turned(|pose| pose.yaw), most(limits.max_yaw)),
            (QualityCode::TurnedUpOrDown, turned(|pose| pose.pitch), most(limits.max_pitch)),
            (QualityCode::Leaning, turned(|pose| pose.roll), most(limits.max_roll)),
        ];
        let recognisability = recognisability
            .map(|value| (QualityCode::Unrecognisable, value, least(limits.min_recognisability)));
        let missed = all.into_iter().chain(recognisability).filter(|(_, value, bound)| !bound.holds(*value));
        missed.map(|(code, value, bound)| Shortcoming { code, value, limit: bound.limit() }).collect()
    }
}

/// What a face must reach to be enrolled. The defaults were chosen on Labeled Faces in the Wild: about where
/// the rate at which a face is not recognised has doubled, from 1.6 % to 3.2 % at a unit distance of 0.4.
/// `docs/ACCURACY.md` has the curves, and says which limits are laxer than that, and which rest on little.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// Least [`Quality::recognisability`], where it was measured.
    pub min_recognisability: f32,
}

impl QualityLimits {
    /// What a probe must reach to be decided on: nothing but to be recognisable at all. A face that is badly shown in
    /// another way is farther from everybody, so it is refused by its distance.
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
            min_recognisability: 7.0,
        }
    }
}

impl Default for QualityLimits {
    fn default() -> Self {
        Self {
            min_eye_distance: 15.0,
            min_inside: 0.95,
            min_brightness: 40.0,
            max_brightness: 210.0,
            min_contrast: 10.0,
            min_sharpness: 0.22,
            max_yaw: 35.0,
            max_pitch: 20.0,
            max_roll: 45.0,
            min_recognisability: 10.0,
        }
    }
}

/// A value of a face that misses its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortcoming {
    /// What is wrong.
    pub code: QualityCode,
    /// What was measured; for a pose its absolute value.
    pub value: f32,
    /// The limit that it misses.
    pub limit: f32,
}

/// What can be wrong with how a face is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QualityCode {
    /// The eyes are too near to each other, in pixels.
    FaceTooSmall,
    /// The edge of the picture cuts the face.
    FaceCutOff,
    /// Too little light on the face.
    TooDark,
    /// Too much light on the face.
    TooBright,
    /// The face is nearly of one shade.
    LowContrast,
    /// Out of focus, moved, or enlarged.
    Blurred,
    /// Turned to the left or right.
    TurnedAside,
    /// Turned up or down.
    TurnedUpOrDown,
    /// The head leans, or the picture lies on its side.
    Leaning,
    /// The face can hardly be told from others: turned, covered, cut or spoilt.
    Unrecognisable,
}

impl QualityCode {
    /// The stable name that programs may compare, such as `face_too_small`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaceTooSmall => "face_too_small",
            Self::FaceCutOff => "face_cut_off",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::LowContrast => "low_contrast",
            Self::Blurred => "blurred",
            Self::TurnedAside => "turned_aside",
            Self::TurnedUpOrDown => "turned_up_or_down",
            Self::Leaning => "leaning",
            Self::Unrecognisable => "unrecognisable",
        }
    }

    /// What the person in front of the camera can do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::FaceTooSmall => "come nearer to the camera, or send a picture with more pixels",
            Self::FaceCutOff => "keep the whole face inside the picture",
            Self::TooDark => "turn toward the light",
            Self::TooBright => "keep out of direct light, or lower the exposure",
            Self::LowContrast => "use even light from the front, and wipe the lens",
            Self::Blurred => "hold still, and let the camera focus on the face",
            Self::TurnedAside => "look straight into the camera",
            Self::TurnedUpOrDown => "hold the camera at the height of the eyes",
            Self::Leaning => "hold the head and the camera upright",
            Self::Unrecognisable => "show the whole face, uncovered, sharp and from the front",
        }
    }
}

impl std::fmt::Display for QualityCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f32),
    AtMost(f32),
}

impl Bound {
    /// Whether a value is within the bound; a NaN is not.
    fn holds(self, value: f32) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }

    fn limit(self) -> f32 {
        match self {
            Self::AtLeast(limit) | Self::AtMost(limit) => limit,
        }
    }
}

/// The share of the square around the mean shape, brows to chin, that lies inside a picture of that size.
fn inside(width: usize, height: usize, landmarks: &Landmarks) -> f32 {
    /// Places looked at along each side of the square.
    const STEPS: u32 = 20;
    let points = landmarks.0.map(|p| [f64::from(p.x), f64::from(p.y)]);
    let to_picture = Similarity::fit(MEAN_SHAPE.into_iter().zip(points));
    let share = |step: u32| (f64::from(step) + 0.5) / f64::from(STEPS);
    let places = (0..STEPS * STEPS).map(|at| to_picture.apply([share(at % STEPS), share(at / STEPS)]));
    let (last_x, last_y) = (width as f64 - 1.0, height as f64 - 1.0);
    let within = places.filter(|&[x, y]| x >= 0.0 && y >= 0.0 && x <= last_x && y <= last_y).count();
    within as f32 / (STEPS * STEPS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Quality = Quality {
        eye_distance: 60.0,
        brightness: 130.0,
        contrast: 33.0,
        sharpness: 0.43,
        pose: Some(Pose { yaw: -5.0, pitch: 3.0, roll: 1.0 }),
        inside: 1.0,
        recognisability: Some(12.0),
    };

    fn codes(quality: Quality) -> Vec<&'static str> {
        quality.shortcomings(&QualityLimits::default()).iter().map(|s| s.code.as_str()).collect()
    }

    #[test]
    fn each_value_beyond_its_limit_is_named_and_a_good_face_has_none() {
        assert_eq!(codes(GOOD), [] as [&str; 0]);
        assert_eq!(codes(Quality { pose: None, ..GOOD }), [] as [&str; 0]);
        let pose = |yaw, pitch, roll| Quality { pose: Some(Pose { yaw, pitch, roll }), ..GOOD };
        for (quality, code) in [
            (Quality { eye_distance: 9.0, ..GOOD }, "face_too_small"),
            (Quality { inside: 0.7, ..GOOD }, "face_cut_off"),
            (Quality { brightness: 20.0, ..GOOD }, "too_dark"),
            (Quality { brightness: 240.0, ..GOOD }, "too_bright"),
            (Quality { contrast: 3.0, ..GOOD }, "low_contrast"),
            (Quality { sharpness: 0.1, ..GOOD }, "blurred"),
            (Quality { sharpness: f32::NAN, ..GOOD }, "blurred"),
            (pose(-50.0, 0.0, 0.0), "turned_aside"),
            (pose(0.0, -30.0, 0.0), "turned_up_or_down"),
            (pose(0.0, 0.0, 90.0), "leaning"),
        ] {
            assert_eq!(codes(quality), [code]);
        }
    }

    #[test]
    fn a_shortcoming_has_the_value_and_its_limit() {
        let turned = Quality { pose: Some(Pose { yaw: -50.0, pitch: 0.0, roll: 0.0 }), ..GOOD };
        let found = turned.shortcomings(&QualityLimits::default());
        assert_eq!(found, [Shortcoming { code: QualityCode::TurnedAside, value: 50.0, limit: 35.0 }]);
    }
}
