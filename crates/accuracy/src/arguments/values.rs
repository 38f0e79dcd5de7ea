//! The values that arguments take: crops, detectors, metrics, and which of several faces counts.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use face_core::{Crops, DetectorChoice, Upsampling};
use serde::{Deserialize, Serialize};

/// How many crops of a face are embedded and averaged, on either side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropsOfSides {
    /// Of pictures that are enrolled.
    pub enrolled: Crops,
    /// Of pictures that are searched for.
    pub probe: Crops,
}

/// Why words are no [`CropsOfSides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 1, 2 or 4 for both sides, or ENROLLED,PROBE such as 2,1")]
pub struct CropsError;

impl FromStr for CropsOfSides {
    type Err = CropsError;

    fn from_str(words: &str) -> Result<Self, CropsError> {
        let (enrolled, probe) = words.split_once(',').unwrap_or((words, words));
        let of = |side: &str| parse_crops(side.trim()).map_err(|_| CropsError);
        Ok(Self { enrolled: of(enrolled)?, probe: of(probe)? })
    }
}

/// The crops of one side.
///
/// # Errors
/// [`CropsError`] for anything but 1, 2 and 4.
pub fn parse_crops(words: &str) -> Result<Crops, CropsError> {
    match words {
        "1" => Ok(Crops::One),
        "2" => Ok(Crops::Two),
        "4" => Ok(Crops::Four),
        _ => Err(CropsError),
    }
}

/// Crops of both sides as numbers, as they are shown and saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SavedCrops")]
pub struct CropCounts {
    /// Averaged for a picture that is enrolled.
    pub enrolled: usize,
    /// Averaged for a probe.
    pub probe: usize,
}

/// As reports have it; those of earlier runs have one number for both sides.
#[derive(Deserialize)]
#[serde(untagged)]
enum SavedCrops {
    Both(usize),
    Each { enrolled: usize, probe: usize },
}

impl From<SavedCrops> for CropCounts {
    fn from(saved: SavedCrops) -> Self {
        match saved {
            SavedCrops::Both(crops) => Self { enrolled: crops, probe: crops },
            SavedCrops::Each { enrolled, probe } => Self { enrolled, probe },
        }
    }
}

impl From<CropsOfSides> for CropCounts {
    fn from(crops: CropsOfSides) -> Self {
        Self { enrolled: crops.enrolled.count(), probe: crops.probe.count() }
    }
}

impl fmt::Display for CropCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.enrolled == self.probe {
            write!(f, "{}", self.enrolled)
        } else {
            write!(f, "{} against {}", self.enrolled, self.probe)
        }
    }
}

/// The detectors by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DetectorArgument {
    /// YuNet, and where it finds nothing dlib's CNN
    Auto,
    /// YuNet alone
    #[default]
    Yunet,
    /// dlib's CNN
    Mmod,
    /// dlib's HOG, the picture doubled once
    Hog,
}

impl From<DetectorArgument> for DetectorChoice {
    fn from(detector: DetectorArgument) -> Self {
        match detector {
            DetectorArgument::Auto => Self::Auto,
            DetectorArgument::Yunet => Self::Yunet,
            DetectorArgument::Mmod => Self::Mmod,
            DetectorArgument::Hog => Self::Hog { upsampling: Upsampling::Once },
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Metric {
    /// Euclidean distance between vectors of length 1, times the model's factor
    #[default]
    Unit,
    /// Euclidean distance between vectors as the network gave them
    Raw,
}

/// Which of several faces counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Choice {
    /// The one with the largest box
    #[default]
    Largest,
    /// The one whose middle is nearest to the picture's
    Central,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_of_crops_is_for_both_sides_and_two_are_for_each() {
        let counts = |words: &str| words.parse::<CropsOfSides>().map(CropCounts::from);
        assert_eq!(counts("4"), Ok(CropCounts { enrolled: 4, probe: 4 }));
        assert_eq!(counts("2,1").unwrap().to_string(), "2 against 1");
        for wrong in ["3", "", "2,", "2,1,1", "4,x"] {
            assert_eq!(wrong.parse::<CropsOfSides>(), Err(CropsError), "{wrong}");
        }
    }

    #[test]
    fn the_one_number_of_an_earlier_report_is_read_for_both_sides() {
        let read = |json: &str| serde_json::from_str::<CropCounts>(json).unwrap();
        assert_eq!(read("4"), CropCounts { enrolled: 4, probe: 4 });
        let crops = CropCounts { enrolled: 2, probe: 1 };
        assert_eq!(read(&serde_json::to_string(&crops).unwrap()), crops);
    }
}
