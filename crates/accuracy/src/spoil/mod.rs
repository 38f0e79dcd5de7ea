//! Pictures spoilt on purpose, in one way by a given amount: what the limits of quality were chosen by.

mod change;
mod geometry;

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use face_core::{Detection, Quality};
use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::value_name::name_of;

/// Grey level of a white mask, 0 to 255.
const WHITE: f32 = 235.0;
/// Grey level of a dark one.
const DARK: f32 = 35.0;

/// How a picture is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpoilKind {
    /// Made smaller by a factor, 0 to 1, with a triangle filter
    Shrink,
    /// Blurred by a Gaussian whose sigma is the amount, in pixels
    Blur,
    /// Values times a factor, with noise of up to 4 either way
    Dark,
    /// The same, for factors above 1
    Bright,
    /// Differences from mid grey times a factor, with noise of up to 2 either way
    Flat,
    /// A share of the width, 0 to 1, cut off at the left
    Cut,
    /// A share of the height, 0 to 1, cut off at the top
    CutTop,
    /// A share of the height, 0 to 1, cut off at the bottom
    CutBottom,
    /// Turned clockwise by degrees, over -360 and below 360, the edges drawn out to fill the corners
    Turn,
    /// A mask of one grey, 0 to 255, over nose, mouth and chin
    Mask,
    /// Compressed as JPEG of this quality, 1 to 100
    Jpeg,
    /// Squares of so many pixels, each of one colour
    Mosaic,
    /// Noise of this standard deviation, for each value by itself
    Noise,
    /// Moved to the side by so many pixels while it was taken
    Motion,
    /// Dark for bright and bright for dark
    Negative,
}

impl SpoilKind {
    /// The value of quality that tells this kind: what it is called, and where it is; `None` where it was not
    /// measured.
    #[must_use]
    pub fn value(self) -> (&'static str, fn(&Quality) -> Option<f32>) {
        match self {
            Self::Shrink => ("eye distance", |quality| Some(quality.eye_distance)),
            Self::Blur | Self::Motion => ("sharpness", |quality| Some(quality.sharpness)),
            Self::Dark | Self::Bright => ("brightness", |quality| Some(quality.brightness)),
            Self::Flat => ("contrast", |quality| Some(quality.contrast)),
            Self::Cut => ("inside", |quality| Some(quality.inside)),
            Self::CutTop
            | Self::CutBottom
            | Self::Turn
            | Self::Mask
            | Self::Jpeg
            | Self::Mosaic
            | Self::Noise
            | Self::Negative => ("recognisability", |quality| quality.recognisability),
        }
    }

    /// Whether an amount is in the kind's range.
    fn takes(self, amount: f32) -> bool {
        match self {
            Self::Shrink | Self::Cut | Self::CutTop | Self::CutBottom | Self::Dark | Self::Flat => {
                amount > 0.0 && amount < 1.0
            }
            Self::Blur | Self::Motion | Self::Mosaic | Self::Noise => amount > 0.0 && amount < 256.0,
            Self::Bright => amount > 1.0 && amount < 100.0,
            Self::Turn => amount > -360.0 && amount < 360.0 && amount != 0.0,
            Self::Mask => (0.0..=255.0).contains(&amount),
            Self::Jpeg => (1.0..=100.0).contains(&amount),
            Self::Negative => amount == 1.0,
        }
    }
}

/// A kind and an amount that fits it, written such as `blur=2`, `mask=white` or `negative`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spoiling {
    kind: SpoilKind,
    amount: f32,
}

/// Why words are no [`Spoiling`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpoilError {
    /// No known kind before a `=`.
    #[error("write KIND=AMOUNT, with one of the kinds {}", kinds())]
    Kind,
    /// The amount is no number, or outside its range.
    #[error(
        "the amount is above 0 and below 1; for bright above 1; for blur, motion, mosaic and noise above 0; for \
         turn degrees; for jpeg 1 to 100; for mask white, dark or 0 to 255; negative has none"
    )]
    Amount,
}

fn kinds() -> String {
    SpoilKind::value_variants().iter().map(name_of).collect::<Vec<_>>().join(", ")
}

impl FromStr for Spoiling {
    type Err = SpoilError;

    fn from_str(words: &str) -> Result<Self, SpoilError> {
        let (kind, amount) =
            words.split_once('=').map_or((words, None), |(kind, amount)| (kind, Some(amount)));
        let kind = SpoilKind::from_str(kind, false).map_err(|_| SpoilError::Kind)?;
        let amount = match (kind, amount) {
            (SpoilKind::Negative, None) => 1.0,
            (SpoilKind::Mask, Some("white")) => WHITE,
            (SpoilKind::Mask, Some("dark")) => DARK,
            (_, Some(amount)) => amount.parse().map_err(|_| SpoilError::Amount)?,
            (_, None) => return Err(SpoilError::Kind),
        };
        if kind.takes(amount) { Ok(Self { kind, amount }) } else { Err(SpoilError::Amount) }
    }
}

impl fmt::Display for Spoiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = name_of(&self.kind);
        let shade = [(WHITE, "white"), (DARK, "dark")].into_iter().find(|(grey, _)| *grey == self.amount);
        match (self.kind, shade) {
            (SpoilKind::Negative, _) => f.write_str(&kind),
            (SpoilKind::Mask, Some((_, shade))) => write!(f, "{kind}={shade}"),
            (_, _) => write!(f, "{kind}={}", self.amount),
        }
    }
}

impl Spoiling {
    /// How pictures are spoilt.
    #[must_use]
    pub fn kind(self) -> SpoilKind {
        self.kind
    }

    /// Whether [`apply`](Self::apply) must be told where the face is.
    #[must_use]
    pub fn needs_face(self) -> bool {
        self.kind == SpoilKind::Mask
    }

    /// A spoilt copy, the same for the same picture. `face` is the one that counts in it, where there is one.
    #[must_use]
    pub fn apply(self, picture: &RgbImage, face: Option<&Detection>) -> RgbImage {
        change::changed(self.kind, self.amount, picture, face)
    }
}

#[cfg(test)]
mod tests;
