//! The command line: what is measured, how faces are embedded, and where results go.

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use face_core::{Crops, DetectorChoice, Upsampling};

use crate::spoil::Spoiling;

/// Measures error rates on labelled pictures: false accepts (FAR), false rejects (FRR), curves, calibration
#[derive(Debug, Clone, Parser)]
#[command(bin_name = "cargo xtask accuracy", version)]
pub struct Arguments {
    /// Labelled pairs: a CSV file with the columns path1, path2, same (1 or 0), perhaps fold, and perhaps
    /// person1 and person2
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Also every pair of the pictures that occur; who is who is told by the columns person1 and person2, or
    /// else by the folder that a picture is in
    #[arg(long)]
    pub all_pairs: bool,
    /// Search among many (1:N): a folder with a folder for each person, or a CSV file with the columns path,
    /// person
    #[arg(long, value_name = "FOLDER|FILE")]
    pub identify: Option<PathBuf>,
    /// Pictures enrolled a person in --identify; people with no more than that are strangers to it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub enrol: u8,
    /// Folder that paths in CSV files start from [default: the file's own]
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
    /// Only so many pairs of the file, or people of --identify, evenly spread over all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    pub samples: Option<u64>,
    /// Folds for the best accuracy, where the pairs have no column for them: blocks in the order of the file
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(2..))]
    pub folds: Option<u64>,

    /// Also embeds spoilt copies and compares them with untouched pictures: shrink, dark, flat or cut by an
    /// amount from 0 to 1, blur by a sigma in pixels, bright by a factor over 1; may be given several times.
    /// Draws nothing
    #[arg(long, value_name = "KIND=AMOUNT")]
    pub spoil: Vec<Spoiling>,

    /// The embedder, as models/manifest.toml names it [default: the first one there]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Crops of each face that are embedded and averaged
    #[arg(long, value_enum, default_value_t)]
    pub crops: CropsArgument,
    /// What is compared: vectors of length 1, or as the network gave them
    #[arg(long, value_enum, default_value_t)]
    pub metric: Metric,
    /// What finds the faces
    #[arg(long, value_enum, default_value_t)]
    pub detector: DetectorArgument,
    /// Which face counts where a picture shows several
    #[arg(long, value_enum, default_value_t)]
    pub choose: Choice,
    /// Pictures worked on at once [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// The folder that the set-up made
    #[arg(long, value_name = "FOLDER", default_value_os_t = in_workspace("models"))]
    pub models: PathBuf,

    /// What the data is called in reports, drawings and the calibration [default: the name of its file]
    #[arg(long, value_name = "WORDS")]
    pub dataset: Option<String>,
    /// Folder for report.json
    #[arg(long, value_name = "FOLDER", default_value_os_t = in_workspace("target/accuracy"))]
    pub out: PathBuf,
    /// Folder for accuracy-roc.svg and accuracy-distances.svg
    #[arg(long, value_name = "FOLDER", default_value_os_t = in_workspace("docs/images"))]
    pub drawings: PathBuf,
    /// Draws the ROC of earlier runs beside this one's, from their report.json
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub beside: Vec<PathBuf>,
    /// Writes the calibration table of the model there, such as models/calibration/ID.toml
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
}

/// A path in the checkout that this program was built from.
fn in_workspace(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).join(path)
}

/// How many crops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CropsArgument {
    /// The aligned chip alone
    #[value(name = "1")]
    One,
    /// The chip and its mirror image
    #[value(name = "2")]
    Two,
    /// Those two at two scales
    #[default]
    #[value(name = "4")]
    Four,
}

impl From<CropsArgument> for Crops {
    fn from(crops: CropsArgument) -> Self {
        match crops {
            CropsArgument::One => Self::One,
            CropsArgument::Two => Self::Two,
            CropsArgument::Four => Self::Four,
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
    /// Euclidean distance between vectors of length 1
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

/// The name that the command line has for a value.
#[must_use]
pub fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
