//! The command line: what is measured, how faces are embedded, and where results go.

mod values;

use std::path::{Path, PathBuf};

use clap::Parser;
use face_core::Crops;

use crate::spoil::Spoiling;

pub use values::{Choice, CropCounts, CropsError, CropsOfSides, DetectorArgument, Metric, parse_crops};

/// Measures error rates on labelled pictures: false accepts (FAR), false rejects (FRR), searches (FPIR and
/// FNIR), curves, calibration
#[derive(Debug, Clone, Parser)]
#[command(bin_name = "cargo xtask accuracy", version)]
pub struct Arguments {
    /// Labelled pairs: a CSV file with the columns path1, path2, same (1 or 0), perhaps fold, and perhaps
    /// person1 and person2. The first picture is taken as enrolled, the second as the probe
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Also every pair of the pictures that occur, the earlier one enrolled; who is who is told by the columns
    /// person1 and person2, or else by the folder that a picture is in
    #[arg(long)]
    pub all_pairs: bool,
    /// Search among many (1:N): a folder with a folder for each person, or a CSV file with the columns path,
    /// person
    #[arg(long, value_name = "FOLDER|FILE")]
    pub identify: Option<PathBuf>,
    /// Pictures enrolled a person in --identify; people with no more than that are strangers to it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub enrol: u8,
    /// Who is of which group: a CSV file with the columns person, group. Every pair is then measured inside
    /// each group, too; people without a group are in the rates over everyone alone
    #[arg(long, value_name = "FILE")]
    pub groups: Option<PathBuf>,
    /// Leaves out pictures that the quality gate refuses to enrol; unless given, they are counted and kept
    #[arg(long)]
    pub gate: bool,
    /// Folder that paths in CSV files start from [default: the file's own]
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
    /// Only so many pairs of the file, or people of --identify, evenly spread over all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    pub samples: Option<u64>,
    /// Folds for the best accuracy, where the pairs have no column for them: blocks in the order of the file
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(2..))]
    pub folds: Option<u64>,

    /// Also embeds spoilt copies, compares them with untouched pictures and among themselves; may be given
    /// several times. Kinds with an amount: shrink, dark, flat, cut, cut-top, cut-bottom (0 to 1), bright
    /// (over 1), blur (sigma), motion, mosaic (pixels), noise (deviation), jpeg (quality), turn (degrees),
    /// mask (white, dark or a grey); without: negative. Draws nothing
    #[arg(long, value_name = "KIND=AMOUNT")]
    pub spoil: Vec<Spoiling>,

    /// The embedder, as models/manifest.toml names it [default: the first one there]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Crops of each face that are embedded and averaged: 1, 2 or 4, for enrolled pictures and probes alike,
    /// or for each, such as 2,1 [default: those that the model is used with]
    #[arg(long, value_name = "N|N,N")]
    pub crops: Option<CropsOfSides>,
    /// Crops of enrolled pictures alone
    #[arg(long, value_name = "N", value_parser = parse_crops, conflicts_with = "crops")]
    pub enrolled_crops: Option<Crops>,
    /// Crops of probes alone
    #[arg(long, value_name = "N", value_parser = parse_crops, conflicts_with = "crops")]
    pub probe_crops: Option<Crops>,
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

    /// Over HTTP instead: starts the server with its defaults and a store in memory, enrols people of
    /// --identify and asks who the other pictures and strangers are
    #[arg(long, requires = "identify", conflicts_with_all = ["pairs", "all_pairs", "groups", "spoil", "calibration"])]
    pub http: bool,
    /// The server program of --http; `cargo xtask accuracy` builds it and says where it is
    #[arg(long, value_name = "PROGRAM", requires = "http")]
    pub server: Option<PathBuf>,
    /// People enrolled in an event of --http, one event size after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [100, 400], value_parser = clap::value_parser!(u32).range(1..))]
    pub people: Vec<u32>,
    /// Strangers who come to each event of --http, one picture each, at most
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub strangers: u32,

    /// What the data is called in reports, drawings and the calibration [default: the name of its file]
    #[arg(long, value_name = "WORDS")]
    pub dataset: Option<String>,
    /// Folder for report.json
    #[arg(long, value_name = "FOLDER", default_value_os_t = in_workspace("target/accuracy"))]
    pub out: PathBuf,
    /// Folder for accuracy-roc.svg, accuracy-det.svg and accuracy-distances.svg
    #[arg(long, value_name = "FOLDER", default_value_os_t = in_workspace("docs/images"))]
    pub drawings: PathBuf,
    /// Draws the curves of earlier runs beside this one's, from their report.json
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub beside: Vec<PathBuf>,
    /// Writes the calibration table of the model there, such as models/calibration/ID.toml
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
}

impl Arguments {
    /// Whether every pair is measured: asked for, or needed for the groups.
    #[must_use]
    pub fn every_pair(&self) -> bool {
        self.all_pairs || self.groups.is_some()
    }

    /// How many pictures are worked on at once.
    #[must_use]
    pub fn threads(&self) -> usize {
        // Counts what the process may use: less than the machine has, in a container with a quota.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// A path in the checkout that this program was built from.
fn in_workspace(path: &str) -> PathBuf {
    // Known when it is compiled, not when it runs: paths among the arguments start in the folder of the
    // call, the defaults in the checkout.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).join(path)
}
