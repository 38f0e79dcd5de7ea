//! Error rates of the models, measured on labelled pictures: the library behind `cargo xtask accuracy`.
//!
//! [`measure()`] is the whole way: read the [`labels`], embed every picture once ([`embedding_run`]), compare
//! ([`comparisons`], [`identification`]), and count ([`statistics`]). [`groups`], [`other_person`] and
//! [`several`] look at the same comparisons from other sides; [`spoil`] and [`quality_rates`] say what bad
//! pictures cost. [`http`] asks a running server instead.
//! [`run()`] does that for the command line and writes what came of it: a [`report`], three [`drawing`]s and
//! the [`calibration`] that `events` reads.
//!
//! Pictures and embeddings stay in memory; no file gets either.

pub mod arguments;
pub mod calibration;
pub mod comparisons;
pub mod drawing;
pub mod embedding_run;
pub mod enrolment;
pub mod error;
pub mod face_choice;
pub mod groups;
pub mod http;
pub mod identification;
pub mod labels;
pub mod measure;
pub mod other_person;
pub mod outcome;
pub mod pairs;
mod parallel;
pub mod people;
pub mod picture_embedder;
pub mod pictures;
pub mod progress;
pub mod quality_rates;
pub mod report;
pub mod run;
pub mod several;
pub mod sides;
pub mod spoil;
pub mod statistics;
pub mod templates;
pub mod value_name;
pub mod vector;
pub mod verification;

pub use arguments::Arguments;
pub use error::AccuracyError;
pub use measure::measure;
pub use run::run;
