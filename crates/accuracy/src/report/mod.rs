//! All numbers of a run, as they are saved and printed.

mod text;

use serde::{Deserialize, Serialize};

use crate::arguments::CropCounts;
use crate::embedding_run::EmbeddingRun;
use crate::enrolment::EnrolmentReport;
use crate::groups::GroupReport;
use crate::http::outcome::HttpReport;
use crate::identification::Identification;
use crate::other_person::OtherPerson;
use crate::outcome::Outcome;
use crate::pictures::Pictures;
use crate::quality_rates::{AmongSpoilt, PoseRate, SpoiltRates};
use crate::several::Several;
use crate::verification::Verification;

/// A run's numbers. Pictures are named by the paths of the labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was measured, and how.
    pub setting: Setting,
    /// What became of the pictures.
    pub pictures: PicturesReport,
    /// Failures to acquire and to enrol.
    // Defaults here and below, so that `--beside` reads reports of runs that did not measure this yet.
    #[serde(default)]
    pub enrolment: Option<EnrolmentReport>,
    /// The labelled pairs.
    pub pairs: Option<Verification>,
    /// Every pair of the pictures.
    pub all_pairs: Option<Verification>,
    /// The search among many.
    pub identification: Option<Identification>,
    /// Templates of several samples, where every pair was measured.
    #[serde(default)]
    pub several: Option<Several>,
    /// How two people's pictures under one name are told, where every pair was measured.
    #[serde(default)]
    pub other_person: Vec<OtherPerson>,
    /// Rates inside groups.
    #[serde(default)]
    pub groups: Option<GroupReport>,
    /// What the server answers.
    #[serde(default)]
    pub http: Option<HttpReport>,
    /// Spoilt pictures against untouched ones, the first left as they are.
    #[serde(default)]
    pub spoilt: Vec<SpoiltRates>,
    /// The same pictures among themselves.
    #[serde(default)]
    pub among_spoilt: Vec<AmongSpoilt>,
    /// Refusals by the probe's pose, where every pair was measured.
    #[serde(default)]
    pub poses: Vec<PoseRate>,
    /// Labelled pairs that are decided wrongly at FAR 1 %, for a person to look at.
    pub wrong_pairs: Vec<WrongPair>,
}

/// What was measured, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// What the data is called.
    pub dataset: String,
    /// The embedder's id.
    pub model: String,
    /// Crops averaged on either side.
    pub crops: CropCounts,
    /// `unit` or `raw`.
    pub metric: String,
    /// What distances were multiplied by; reports from before there was a factor have none.
    #[serde(default)]
    pub scale: Option<f32>,
    /// What found the faces.
    pub detector: String,
    /// Which of several faces counted.
    pub choose: String,
}

/// What became of the pictures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PicturesReport {
    /// How many there are.
    pub count: usize,
    /// How many people are on them.
    pub people: usize,
    /// Those in which no face was found.
    pub misses: Vec<String>,
    /// Those that are no picture that can be read, with the reason.
    pub unusable: Vec<(String, String)>,
    /// How many show several faces.
    pub several_faces: usize,
    /// Time a picture took.
    pub time: TimeReport,
}

/// Milliseconds a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeReport {
    /// Threads that worked beside each other.
    pub threads: usize,
    /// Seconds for all pictures, from start to end.
    pub all_s: f64,
    /// On its thread, all steps.
    pub picture_ms: f64,
    /// Of that, reading and decoding.
    pub decode_ms: f64,
    /// Of that, finding faces.
    pub detect_ms: f64,
    /// Of that, landmarks, alignment and embedding.
    pub embed_ms: f64,
}

/// A labelled pair that was decided wrongly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrongPair {
    /// One picture.
    pub a: String,
    /// The other.
    pub b: String,
    /// Whether they show one person.
    pub same: bool,
    /// How far apart they are.
    pub distance: f32,
}

impl PicturesReport {
    /// Counts what became of the pictures.
    #[must_use]
    pub fn from_run(run: &EmbeddingRun, pictures: &Pictures) -> Self {
        let (mut misses, mut unusable, mut several_faces) = (Vec::new(), Vec::new(), 0);
        for (picture, outcome) in pictures.all().iter().zip(&run.outcomes) {
            match outcome {
                Outcome::Embedded(face) => several_faces += usize::from(face.faces > 1),
                Outcome::NoFace => misses.push(picture.label.clone()),
                Outcome::Unusable(reason) => unusable.push((picture.label.clone(), reason.clone())),
            }
        }
        let count = pictures.all().len();
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0 / count.max(1) as f64;
        let times = run.times;
        Self {
            count,
            people: pictures.people().into_iter().max().map_or(0, |last| last + 1),
            misses,
            unusable,
            several_faces,
            time: TimeReport {
                threads: run.threads,
                all_s: run.wall.as_secs_f64(),
                picture_ms: ms(times.decode + times.detect + times.embed),
                decode_ms: ms(times.decode),
                detect_ms: ms(times.detect),
                embed_ms: ms(times.embed),
            },
        }
    }
}

impl Report {
    /// The comparisons that say most: every pair where that was measured, else the labelled pairs.
    #[must_use]
    pub fn curve(&self) -> Option<&Verification> {
        self.all_pairs.as_ref().or(self.pairs.as_ref())
    }
}
