//! Why nothing could be measured.

use std::path::PathBuf;

/// What went wrong, in words for whoever gave the command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccuracyError {
    /// Nothing was asked for.
    #[error("nothing to measure: give --pairs FILE.csv, or --identify FOLDER, or both")]
    NothingAsked,
    /// Two arguments do not go together.
    #[error("{0}")]
    Contradiction(String),
    /// A file or folder could not be read.
    #[error("cannot read '{}'", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write '{}'", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The report could not be printed.
    #[error("cannot print the report")]
    Print(#[source] std::io::Error),
    /// A table of labels is not as it should be.
    #[error("'{}', {place}: {detail}", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// Where in it, such as `line 3`.
        place: String,
        /// What is wrong there.
        detail: String,
    },
    /// There is nothing to compare.
    #[error(
        "{what}: there are {genuine} comparisons of one person and {impostor} of two, and both are needed"
    )]
    NoComparisons {
        /// Which comparisons.
        what: &'static str,
        /// Those of one person.
        genuine: usize,
        /// Those of two persons.
        impostor: usize,
    },
    /// A report of an earlier run, or a calibration, cannot be used.
    #[error("'{}' cannot be used: {detail}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The engine could not be opened.
    #[error(transparent)]
    Open(#[from] face_core::OpenError),
    /// A model failed to run: a fault of the set-up, not of a picture.
    #[error(transparent)]
    Inference(#[from] face_core::InferenceError),
    /// An embedding of no use.
    #[error(transparent)]
    Embedding(#[from] face_core::EmbeddingError),
    /// The server did not start, or failed while it was asked.
    #[error("the server: {0}")]
    Server(String),
    /// The server could not be asked.
    #[error("the server cannot be asked")]
    Http(#[source] reqwest::Error),
    /// A thread ended before its work was done.
    #[error("a thread that worked on pictures ended before its work was done")]
    Thread,
}
