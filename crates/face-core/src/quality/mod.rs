//! How well a face is shown: what was measured of it, and what falls short of the limits.

mod appearance;
mod blocks;
mod inside;
mod limits;
mod luma;
mod pose;
mod shortcoming;

pub use self::limits::QualityLimits;
pub use self::pose::Pose;
pub use self::shortcoming::{QualityCode, Shortcoming};

use self::appearance::Appearance;
use self::shortcoming::Bound;
use crate::align::{Alignment, align};
use crate::{DetectorKind, Face, RgbView};

/// The chip that is measured, whatever the embedder looks at: the limits were chosen on it.
const CHIP: Alignment = Alignment::Dlib { padding: 0.25 };
const CHIP_SIDE: u32 = 150;

/// What was measured of one face. Each value has a limit in [`QualityLimits`], which [`Quality::shortcomings`]
/// compares it with.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quality {
    /// From the middle of one eye to the middle of the other, in pixels of the picture.
    pub eye_distance: f32,
    /// Mean luma of the face, 0 (black) to 255 (white).
    pub brightness: f32,
    /// Standard deviation of the face's luma, 0 to 127.
    pub contrast: f32,
    /// Share of the differences between neighbouring pixels of the aligned face that is lost when it is
    /// blurred, 0 to 1, in the direction and at the scale that lose least: less for a face out of focus,
    /// moved, or enlarged from few pixels. Noise raises it.
    pub sharpness: f32,
    /// Which way the head is turned; `None` for faces that one of dlib's detectors found, whose
    /// landmarks do not tell it. Those detectors find frontal faces only.
    pub pose: Option<Pose>,
    /// Share of the face, from the brows to the chin, that lies inside the picture, 0 to 1: the lesser one by
    /// dlib's landmarks and by the detector's points, which may lie outside the picture themselves.
    pub inside: f32,
    /// How strongly the edges of square blocks stand out from other edges, about 1.2 in a good picture: more
    /// for strong compression and mosaics, whose faces resemble each other.
    pub blockiness: f32,
    /// How sure YuNet is that this is a face, 0 to 1, which is less for one that is half covered or shown in colours
    /// that no face has; `None` of dlib's detectors.
    pub detection_score: Option<f32>,
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
        let Appearance { brightness, contrast, sharpness } = Appearance::measure(&chip);
        Self {
            eye_distance: face.landmarks.eye_distance(),
            brightness,
            contrast,
            sharpness,
            pose: face.detection.points.as_ref().and_then(Pose::from_points),
            inside: inside::share(picture.width(), picture.height(), face),
            blockiness: blocks::blockiness(
                picture,
                &face.detection.bounding_box,
                face.landmarks.eye_distance(),
            ),
            detection_score: (face.detection.found_by == DetectorKind::Yunet).then_some(face.detection.score),
            recognisability: None,
        }
    }

    /// What falls short, the most telling first; empty for a face that may be enrolled.
    #[must_use]
    pub fn shortcomings(&self, limits: &QualityLimits) -> Vec<Shortcoming> {
        // Without `..`: a new value does not compile until it has a limit below.
        let Self {
            eye_distance,
            brightness,
            contrast,
            sharpness,
            pose,
            inside,
            blockiness,
            detection_score,
            recognisability,
        } = *self;
        let turned = |angle: fn(&Pose) -> f32| pose.as_ref().map_or(0.0, |pose| angle(pose).abs());
        let (least, most) = (Bound::AtLeast, Bound::AtMost);
        let clear =
            detection_score.map(|value| (QualityCode::Unclear, value, least(limits.min_detection_score)));
        let recognisable = recognisability
            .map(|value| (QualityCode::Unrecognisable, value, least(limits.min_recognisability)));
        // In this order: where one hint is shown, it is the first one's.
        let all = [
            (QualityCode::FaceTooSmall, eye_distance, least(limits.min_eye_distance)),
            (QualityCode::FaceCutOff, inside, least(limits.min_inside)),
            (QualityCode::TooDark, brightness, least(limits.min_brightness)),
            (QualityCode::TooBright, brightness, most(limits.max_brightness)),
            (QualityCode::LowContrast, contrast, least(limits.min_contrast)),
            (QualityCode::Blurred, sharpness, least(limits.min_sharpness)),
            (QualityCode::Compressed, blockiness, most(limits.max_blockiness)),
            (QualityCode::TurnedAside, turned(|pose| pose.yaw), most(limits.max_yaw)),
            (QualityCode::TurnedUpOrDown, turned(|pose| pose.pitch), most(limits.max_pitch)),
            (QualityCode::Leaning, turned(|pose| pose.roll), most(limits.max_roll)),
        ];
        // These two come last: they name no cause, the others do.
        let missed =
            all.into_iter().chain(clear).chain(recognisable).filter(|(_, value, bound)| !bound.holds(*value));
        missed.map(|(code, value, bound)| Shortcoming { code, value, limit: bound.limit() }).collect()
    }
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
        blockiness: 1.2,
        detection_score: Some(0.93),
        recognisability: Some(12.0),
    };

    fn codes(quality: Quality) -> Vec<&'static str> {
        quality.shortcomings(&QualityLimits::default()).iter().map(|s| s.code.as_str()).collect()
    }

    #[test]
    fn each_value_beyond_its_limit_is_named_and_a_good_face_has_none() {
        assert_eq!(codes(GOOD), [] as [&str; 0]);
        assert_eq!(
            codes(Quality { pose: None, detection_score: None, recognisability: None, ..GOOD }),
            [] as [&str; 0]
        );
        let pose = |yaw, pitch, roll| Quality { pose: Some(Pose { yaw, pitch, roll }), ..GOOD };
        for (quality, code) in [
            (Quality { eye_distance: 9.0, ..GOOD }, "face_too_small"),
            (Quality { inside: 0.7, ..GOOD }, "face_cut_off"),
            (Quality { brightness: 20.0, ..GOOD }, "too_dark"),
            (Quality { brightness: 240.0, ..GOOD }, "too_bright"),
            (Quality { contrast: 3.0, ..GOOD }, "low_contrast"),
            (Quality { sharpness: 0.1, ..GOOD }, "blurred"),
            (Quality { sharpness: f32::NAN, ..GOOD }, "blurred"),
            (Quality { blockiness: 4.0, ..GOOD }, "compressed"),
            (pose(-50.0, 0.0, 0.0), "turned_aside"),
            (pose(0.0, -30.0, 0.0), "turned_up_or_down"),
            (pose(0.0, 0.0, 90.0), "leaning"),
            (Quality { detection_score: Some(0.7), ..GOOD }, "unclear"),
            (Quality { recognisability: Some(7.0), ..GOOD }, "unrecognisable"),
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

    #[test]
    fn a_probe_falls_short_only_where_nobody_could_be_told_from_it() {
        let dark = Quality { brightness: 1.0, contrast: 0.1, sharpness: 0.01, inside: 0.5, ..GOOD };
        let turned = Pose { yaw: -170.0, pitch: 60.0, roll: 180.0 };
        let grained = Quality { blockiness: 9.0, detection_score: Some(0.4), ..dark };
        let poor = Quality { eye_distance: 2.0, pose: Some(turned), recognisability: Some(9.9), ..grained };
        assert_eq!(poor.shortcomings(&QualityLimits::probe()), []);
        let ruined = Quality { recognisability: Some(5.0), ..GOOD };
        let found = ruined.shortcomings(&QualityLimits::probe());
        assert_eq!(found.iter().map(|s| s.code).collect::<Vec<_>>(), [QualityCode::Unrecognisable]);
    }
}
