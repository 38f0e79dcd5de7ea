//! Every picture decoded and embedded once, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use face_core::{Embedding, FaceEngine, Quality, RgbView};

use crate::AccuracyError;
use crate::arguments::Choice;
use crate::face_choice::choose;
use crate::pictures::Picture;
use crate::progress::Progress;
use crate::spoil::Spoiling;

/// What became of one picture.
#[derive(Debug)]
pub enum Outcome {
    /// A face was embedded.
    Embedded {
        /// Its embedding.
        embedding: Embedding,
        /// How well it is shown.
        quality: Quality,
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
}

impl EmbeddingRun {
    /// The embedding of a picture, where there is one.
    #[must_use]
    pub fn embedding(&self, picture: usize) -> Option<&Embedding> {
        match self.outcomes.get(picture)? {
            Outcome::Embedded { embedding, .. } => Some(embedding),
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
}

/// Embeds all pictures, or a spoilt copy of each, on as many threads as the engine was opened for.
///
/// # Errors
/// [`AccuracyError::Inference`] when a model fails; a picture that cannot be used is an [`Outcome`].
pub fn embed_all(
    engine: &FaceEngine,
    list: &[Picture],
    spoiling: Option<Spoiling>,
    choice: Choice,
    threads: usize,
) -> Result<EmbeddingRun, AccuracyError> {
    let progress = Progress::start("embedding pictures", list.len());
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut outcomes = Vec::new();
        let mut times = Times::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(picture) = list.get(index) else { return Ok((outcomes, times)) };
            outcomes.push((index, embed(engine, picture, spoiling, choice, &mut times)?));
            progress.reached(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let start = Instant::now();
    let parts: Vec<Result<_, AccuracyError>> = thread::scope(|scope| {
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
    indexed.sort_by_key(|&(index, _)| index);
    let outcomes = indexed.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(EmbeddingRun { outcomes, times, wall, threads })
}

fn embed(
    engine: &FaceEngine,
    picture: &Picture,
    spoiling: Option<Spoiling>,
    choice: Choice,
    times: &mut Times,
) -> Result<Outcome, AccuracyError> {
    let start = Instant::now();
    let bytes = match std::fs::read(&picture.path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Outcome::Unusable(error.to_string())),
    };
    let pixels = match engine.decode(&bytes) {
        Ok(pixels) => pixels,
        Err(error) => return Ok(Outcome::Unusable(error.to_string())),
    };
    let pixels = match spoiling {
        Some(spoiling) => spoiling.apply(&pixels),
        None => pixels,
    };
    let view = match RgbView::of(&pixels) {
        Ok(view) => view,
        Err(error) => return Ok(Outcome::Unusable(error.to_string())),
    };
    let decoded = Instant::now();
    times.decode += decoded - start;
    let faces = engine.detect(view)?;
    let detected = Instant::now();
    times.detect += detected - decoded;
    let Some(face) = choose(&faces, choice, pixels.width() as f32, pixels.height() as f32) else {
        return Ok(Outcome::NoFace);
    };
    let face = engine.face(view, *face);
    let embedding = engine.embed(&engine.crops(view, &face))?;
    times.embed += detected.elapsed();
    let quality = engine.quality(view, &face);
    Ok(Outcome::Embedded { embedding, quality, faces: faces.len() })
}
