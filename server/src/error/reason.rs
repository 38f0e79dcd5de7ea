//! Why a picture cannot be used, each reason with its stable name and what the sender can do.

use std::fmt;

use face_core::{FaceError, PictureError, Quality, QualityLimits, Shortcoming};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that is wrong with a picture or with how it shows the face.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// Stable name: `no_face`, `multiple_faces`, a fault of the file (`empty`, `not_a_picture`,
    /// `unsupported_format`, `damaged`, `too_many_bytes`, `too_many_pixels`, `too_much_memory`), or a shortcoming of the face
    /// (`face_too_small`, `face_cut_off`, `too_dark`, `too_bright`, `low_contrast`, `blurred`,
    /// `turned_aside`, `turned_up_or_down`, `leaning`, `compressed`, `unclear`, `unrecognisable`). More may come.
    #[schema(example = "blurred")]
    code: &'static str,
    /// What to do about it.
    #[schema(example = "hold still, and let the camera focus on the face")]
    hint: String,
    /// What was measured or counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.14)]
    value: Option<f64>,
    /// The limit that it misses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.22)]
    limit: Option<f64>,
    /// Which of two pictures it is about, where a request has two.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<WhichPicture>,
    /// The place of the picture among those sent, from 0, where all of several are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0)]
    index: Option<usize>,
}

/// One of two pictures, by its form field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhichPicture {
    /// The first.
    First,
    /// The second.
    Second,
}

impl fmt::Display for WhichPicture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::First => "first",
            Self::Second => "second",
        })
    }
}

impl Reason {
    fn plain(code: &'static str, hint: impl Into<String>) -> Self {
        Self { code, hint: hint.into(), value: None, limit: None, picture: None, index: None }
    }

    /// The same, about one of two pictures.
    pub(super) fn with_picture(self, picture: WhichPicture) -> Self {
        Self { picture: Some(picture), ..self }
    }

    /// The same, about one of several pictures by its place.
    pub(crate) fn with_index(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }

    /// What is wrong with the way a face is shown, the most telling first; empty for a good one.
    pub(crate) fn from_quality(quality: &Quality) -> Vec<Self> {
        quality.shortcomings(&QualityLimits::default()).iter().map(Self::from).collect()
    }

    /// What keeps a probe from being decided on; empty for one that can be.
    pub(crate) fn from_probe_quality(quality: &Quality) -> Vec<Self> {
        quality.shortcomings(&QualityLimits::probe()).iter().map(Self::from).collect()
    }

    /// Why the engine could not use a picture; `None` for faults of the server.
    pub(crate) fn from_face_error(error: &FaceError) -> Option<Self> {
        match error {
            FaceError::NoFace => Some(Self::plain("no_face", "look into the camera, and come nearer to it")),
            FaceError::MultipleFaces { count } => Some(Self {
                value: Some(*count as f64),
                limit: Some(1.0),
                ..Self::plain("multiple_faces", "let one person alone be in the picture")
            }),
            FaceError::Picture(error) => Some(Self::from_picture_error(error)),
            FaceError::Inference(_) | _ => None,
        }
    }

    fn from_picture_error(error: &PictureError) -> Self {
        let code = match error {
            PictureError::Empty => "empty",
            PictureError::UnsupportedFormat { .. } | PictureError::UnsupportedVariant { .. } => {
                "unsupported_format"
            }
            PictureError::Damaged { .. } => "damaged",
            PictureError::TooManyBytes { .. } => "too_many_bytes",
            PictureError::TooLarge { .. } => "too_many_pixels",
            PictureError::TooMuchMemory { .. } => "too_much_memory",
            PictureError::UnknownFormat | PictureError::NoPixels | PictureError::ShortBuffer { .. } | _ => {
                "not_a_picture"
            }
        };
        Self::plain(code, error.to_string())
    }
}

impl From<&Shortcoming> for Reason {
    fn from(Shortcoming { code, value, limit }: &Shortcoming) -> Self {
        // Through their decimal digits: 0.22 is to read 0.22, not 0.2199999988.
        let shown = |number: &f32| number.to_string().parse().ok().filter(|number: &f64| number.is_finite());
        Self { value: shown(value), limit: shown(limit), ..Self::plain(code.as_str(), code.hint()) }
    }
}

#[cfg(test)]
mod tests {
    use face_core::QualityCode;

    use super::*;

    #[test]
    fn every_shortcoming_is_documented() {
        let table = include_str!("../../../docs/API.md");
        let document = include_str!("../../../docs/openapi.json");
        for code in QualityCode::ALL {
            assert!(table.contains(&format!("| `{code}` |")), "docs/API.md has no row '{code}'");
            assert!(document.contains(&format!("`{code}`")), "the list at `Reason::code` has no '{code}'");
        }
    }

    #[test]
    fn numbers_of_a_reason_read_as_they_were_set() {
        let quality = Quality {
            eye_distance: 60.0,
            brightness: 130.0,
            contrast: 33.0,
            sharpness: 0.14,
            pose: None,
            inside: 1.0,
            blockiness: 1.1,
            detection_score: None,
            recognisability: None,
        };
        let shown = serde_json::to_value(Reason::from_quality(&quality)).unwrap();
        let hint = "hold still, and let the camera focus on the face";
        let expected = serde_json::json!([{"code": "blurred", "hint": hint, "value": 0.14, "limit": 0.22}]);
        assert_eq!(shown, expected);
    }
}
