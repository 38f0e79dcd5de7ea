//! What can be wrong with how a face is shown: codes, hints, and the limits that were missed.

/// A value of a face that misses its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
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
    /// Blocks of strong compression, or a mosaic.
    Compressed,
    /// Turned to the left or right.
    TurnedAside,
    /// Turned up or down.
    TurnedUpOrDown,
    /// The head leans, or the picture lies on its side.
    Leaning,
    /// The detector is hardly sure that this is a face: it may be half covered.
    Unclear,
    /// Too little of the face can be made out to tell it from others, for whatever reason.
    Unrecognisable,
}

impl QualityCode {
    /// Every code, in the order of [`Quality::shortcomings`](crate::Quality::shortcomings).
    pub const ALL: [Self; 12] = [
        Self::FaceTooSmall,
        Self::FaceCutOff,
        Self::TooDark,
        Self::TooBright,
        Self::LowContrast,
        Self::Blurred,
        Self::Compressed,
        Self::TurnedAside,
        Self::TurnedUpOrDown,
        Self::Leaning,
        Self::Unclear,
        Self::Unrecognisable,
    ];

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
            Self::Compressed => "compressed",
            Self::TurnedAside => "turned_aside",
            Self::TurnedUpOrDown => "turned_up_or_down",
            Self::Leaning => "leaning",
            Self::Unclear => "unclear",
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
            Self::Compressed => "send the picture as the camera took it, in a better quality",
            Self::TurnedAside => "look straight into the camera",
            Self::TurnedUpOrDown => "hold the camera at the height of the eyes",
            Self::Leaning => "hold the head and the camera upright",
            Self::Unclear => "take off what covers the face, and look into the camera",
            Self::Unrecognisable => "show the whole face uncovered, sharp and in even light",
        }
    }
}

impl std::fmt::Display for QualityCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A limit of a value, from below or from above.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtLeast(f32),
    AtMost(f32),
}

impl Bound {
    /// Whether a value is within the bound; a NaN is not.
    pub(super) fn holds(self, value: f32) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }

    pub(super) fn limit(self) -> f32 {
        match self {
            Self::AtLeast(limit) | Self::AtMost(limit) => limit,
        }
    }
}
