//! Every picture decoded and embedded once, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use face_core::{Embedding, Quality, QualityCode};

use crate::AccuracyError;
use crate::picture_embedder::PictureEmbedder;
use crate::pictures::Picture;
use crate::progress::Progress;
use crate::spoil::Spoiling;

/// What became of one picture.
#[derive(Debug)]
pub enum Outcome {
    /// A face was embedded.
    Embedded {
        /// Its embedding as it is enrolled.
        enrolled: Embedding,
        /// Its embedding as a probe, where that differs.
        probe: Option<Embedding>,
        /// How well it is shown.
        quality: Quality,
        /// What the quality gate has against enrolling it; empty when it passes.
        shortcomings: Vec<QualityCode>,
        /// Faces found in the picture, one or more.
        faces: usize,
    },
    /// No face was found: a detection miss.
    NoFace,
    /// It is no picture that can be decoded, or cannot be read; the reason in words.
    Unusable(String),
}

/// Time spent on pictures, summed over the threads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Reading and decoding.
    pub decode: Duration,
    /// Finding faces.
    pub detect: Duration,
    /// Landmarks, alignment and the embedding of all crops of the chosen face.
    pub embed: Duration,
}

/// What became of all pictures.
#[derive(Debug)]
pub struct EmbeddingRun {
    /// One for each picture, in the order in which they were given.
    pub outcomes: Vec<Outcome>,
    /// Time spent, summed over the threads.
    pub times: Times,
    /// Time from start to end.
    pub wall: Duration,
    /// How many threads worked.
    pub threads: usize,
    /// Whether probes are embedded otherwise than enrolled pictures.
    pub sides_differ: bool,
}

impl EmbeddingRun {
    /// The embedding of a picture as it is enrolled, where there is one.
    #[must_use]
    pub fn enrolled(&self, picture: usize) -> Option<&Embedding> {
        match self.outcomes.get(picture)? {
            Outcome::Embedded { enrolled, .. } => Some(enrolled),
            Outcome::NoFace | Outcome::Unusable(_) => None,
        }
    }

    /// The embedding of a picture as a probe, where there is one.
    #[must_use]
    pub fn probe(&self, picture: usize) -> Option<&Embedding> {
        match self.outcomes.get(picture)? {
            Outcome::Embedded { enrolled, probe, .. } => Some(probe.as_ref().unwrap_or(enrolled)),
            Outcome::NoFace | Outcome::Unusable(_) => None,
        }
    }

    /// The quality of a picture's face, where there is one.
    #[must_use]
    pub fn quality(&self, picture: usize) -> Option<&Quality> {
        match self.outcomes.get(picture)? {
            Outcome::Embedded { quality, .. } => Some(quality),
            Outcome::NoFace | Outcome::Unusable(_) => None,
        }
    }

    /// Whether a picture's face may be enrolled.
    #[must_use]
    pub fn passes_gate(&self, picture: usize) -> bool {
        match self.outcomes.get(picture) {
            Some(Outcome::Embedded { shortcomings, .. }) => shortcomings.is_empty(),
            Some(Outcome::NoFace | Outcome::Unusable(_)) | None => false,
        }
    }
}

/// Embeds all pictures, or a spoilt copy of each, on as many threads as the embedder was opened for.
///
/// # Errors
/// [`AccuracyError::Inference`] when a model fails; a picture that cannot be used is an [`Outcome`].
pub fn embed_all(
    embedder: &PictureEmbedder,
    list: &[Picture],
    spoiling: Option<Spoiling>,
    threads: usize,
) -> Result<EmbeddingRun, AccuracyError> {
    let progress = Progress::start("embedding pictures", list.len());
    // One counter that all threads take from, not a share for each: pictures take differently long, and a
    // share of slow ones would leave the other threads idle.
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut outcomes = Vec::new();
        let mut times = Times::default();
        loop {
            // Relaxed, for the number is all that threads share: what they made is handed over by the join.
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(picture) = list.get(index) else { return Ok((outcomes, times)) };
            outcomes.push((index, embedder.embed(picture, spoiling, &mut times)?));
            progress.reached(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let start = Instant::now();
    let parts: Vec<Result<_, AccuracyError>> = thread::scope(|scope| {
        // Collected before the first join: a lazy iterator would start each thread only when the one before
        // it has ended.
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Err(AccuracyError::Thread))).collect()
    });
    let wall = start.elapsed();
    let (mut indexed, mut times) = (Vec::new(), Times::default());
    for part in parts {
        let (outcomes, part) = part?;
        indexed.extend(outcomes);
        times.decode += part.decode;
        times.detect += part.detect;
        times.embed += part.embed;
    }
    // Back into the order of the list: labels and vectors are found by the place of a picture.
    indexed.sort_by_key(|&(index, _)| index);
    let outcomes = indexed.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(EmbeddingRun { outcomes, times, wall, threads, sides_differ: embedder.sides_differ() })
}
