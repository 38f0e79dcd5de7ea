//! Pictures spoilt on purpose, in one way by a given amount: what the limits of quality were chosen by.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use face_core::Quality;
use image::RgbImage;
use image::imageops::{FilterType, blur, crop_imm, resize};
use serde::{Deserialize, Serialize};

use crate::arguments::name_of;

/// How a picture is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
}

impl SpoilKind {
    /// The value of quality that tells this kind.
    #[must_use]
    pub fn value(self, quality: &Quality) -> f32 {
        match self {
            Self::Shrink => quality.eye_distance,
            Self::Blur => quality.sharpness,
            Self::Dark | Self::Bright => quality.brightness,
            Self::Flat => quality.contrast,
            Self::Cut => quality.inside,
        }
    }

    /// What [`value`](Self::value) is called.
    #[must_use]
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Shrink => "eye distance",
            Self::Blur => "sharpness",
            Self::Dark | Self::Bright => "brightness",
            Self::Flat => "contrast",
            Self::Cut => "inside",
        }
    }

    fn takes(self, amount: f32) -> bool {
        let most = match self {
            Self::Shrink | Self::Cut | Self::Dark | Self::Flat => 1.0,
            Self::Blur | Self::Bright => 100.0,
        };
        let least = if self == Self::Bright { 1.0 } else { 0.0 };
        amount > least && amount < most
    }
}

/// A kind and an amount that fits it, written such as `blur=2`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spoiling {
    kind: SpoilKind,
    amount: f32,
}

/// Why words are no [`Spoiling`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpoilError {
    /// No known kind before a `=`.
    #[error("write KIND=AMOUNT, with one of the kinds shrink, blur, dark, bright, flat, cut")]
    Kind,
    /// The amount is no number, or outside its range.
    #[error("the amount is above 0 and below 1, for blur above 0, for bright above 1")]
    Amount,
}

impl FromStr for Spoiling {
    type Err = SpoilError;

    fn from_str(words: &str) -> Result<Self, SpoilError> {
        let (kind, amount) = words.split_once('=').ok_or(SpoilError::Kind)?;
        let kind = SpoilKind::from_str(kind, false).map_err(|_| SpoilError::Kind)?;
        let amount = amount.parse().map_err(|_| SpoilError::Amount)?;
        if kind.takes(amount) { Ok(Self { kind, amount }) } else { Err(SpoilError::Amount) }
    }
}

impl fmt::Display for Spoiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", name_of(&self.kind), self.amount)
    }
}

impl Spoiling {
    /// How pictures are spoilt.
    #[must_use]
    pub fn kind(self) -> SpoilKind {
        self.kind
    }

    /// A spoilt copy, the same for the same picture.
    #[must_use]
    pub fn apply(self, picture: &RgbImage) -> RgbImage {
        let (width, height) = picture.dimensions();
        let scaled = |side: u32, factor: f32| ((side as f32 * factor) as u32).max(1);
        match self.kind {
            SpoilKind::Shrink => {
                let (width, height) = (scaled(width, self.amount), scaled(height, self.amount));
                resize(picture, width, height, FilterType::Triangle)
            }
            SpoilKind::Blur => blur(picture, self.amount),
            SpoilKind::Dark | SpoilKind::Bright => noisy(picture, 4.0, |value| value * self.amount),
            SpoilKind::Flat => noisy(picture, 2.0, |value| 128.0 + (value - 128.0) * self.amount),
            SpoilKind::Cut => {
                let left = scaled(width, 1.0 - self.amount);
                crop_imm(picture, width.saturating_sub(left), 0, left, height).to_image()
            }
        }
    }
}

/// Every value changed, with noise of up to `noise` either way: without it a network would see through a
/// change that is linear, which a dark or hazy camera's is not.
fn noisy(picture: &RgbImage, noise: f32, change: impl Fn(f32) -> f32) -> RgbImage {
    let mut spoilt = picture.clone();
    let mut state = 1_u32;
    for value in spoilt.iter_mut() {
        // A linear congruential generator (Numerical Recipes): each run makes the same noise.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = ((state >> 16) & 0xff) as f32 / 127.5 - 1.0;
        *value = (change(f32::from(*value)) + random * noise).clamp(0.0, 255.0) as u8;
    }
    spoilt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoilt(words: &str) -> RgbImage {
        let checkers =
            |x: u32, y: u32| image::Rgb([if (x / 4 + y / 4).is_multiple_of(2) { 60 } else { 200 }; 3]);
        words.parse::<Spoiling>().unwrap().apply(&RgbImage::from_fn(40, 20, checkers))
    }

    fn mean_and_spread(picture: &RgbImage) -> (f32, f32) {
        let count = picture.len() as f32;
        let mean = picture.iter().map(|&v| f32::from(v)).sum::<f32>() / count;
        let square = picture.iter().map(|&v| (f32::from(v) - mean).powi(2)).sum::<f32>() / count;
        (mean, square.sqrt())
    }

    #[test]
    fn each_kind_spoils_what_it_is_named_for() {
        assert_eq!(spoilt("shrink=0.5").dimensions(), (20, 10));
        assert_eq!(spoilt("cut=0.25").dimensions(), (30, 20));
        assert_eq!(spoilt("cut=0.2").get_pixel(0, 0).0, [60; 3], "8 columns, two fields, are gone");
        assert_eq!(spoilt("cut=0.1").get_pixel(0, 0).0, [200; 3], "4 columns, one field, are gone");
        let (mean, spread) = mean_and_spread(&spoilt("dark=0.5"));
        assert!((mean - 65.0).abs() < 1.0 && (spread - 35.0).abs() < 1.0, "{mean} {spread}");
        let (mean, spread) = mean_and_spread(&spoilt("flat=0.1"));
        assert!((mean - 128.0).abs() < 1.0 && (spread - 7.0).abs() < 1.0, "{mean} {spread}");
        assert!(mean_and_spread(&spoilt("bright=1.2")).0 > 150.0);
        let (mean, spread) = mean_and_spread(&spoilt("blur=3"));
        assert!((mean - 130.0).abs() < 3.0 && spread < 30.0, "{mean} {spread}");
        assert_eq!(spoilt("dark=0.5"), spoilt("dark=0.5"));
    }

    #[test]
    fn an_amount_that_does_not_fit_its_kind_is_refused() {
        for words in ["shrink=0", "shrink=1", "cut=1.5", "blur=NaN", "bright=0.9", "dark=x", "blur=inf"] {
            assert_eq!(words.parse::<Spoiling>(), Err(SpoilError::Amount), "{words}");
        }
        assert_eq!("turned=30".parse::<Spoiling>(), Err(SpoilError::Kind));
        assert_eq!("blur=2".parse::<Spoiling>().unwrap().to_string(), "blur=2");
    }
}
