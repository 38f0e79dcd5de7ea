//! Every picture decoded and embedded once, on all cores.

use std::time::{Duration, Instant};

use crate::AccuracyError;
use crate::outcome::{EmbeddedPicture, Outcome, Times};
use crate::parallel::in_order;
use crate::picture_embedder::PictureEmbedder;
use crate::pictures::Picture;
use crate::progress::Progress;
use crate::spoil::Spoiling;

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
    /// The face of a picture, where one was embedded.
    #[must_use]
    pub fn embedded(&self, picture: usize) -> Option<&EmbeddedPicture> {
        self.outcomes.get(picture)?.embedded()
    }

    /// Whether a picture's face may be enrolled.
    #[must_use]
    pub fn passes_gate(&self, picture: usize) -> bool {
        self.embedded(picture).is_some_and(EmbeddedPicture::passes_gate)
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
    let start = Instant::now();
    let made = in_order(list, threads, |picture| {
        let mut times = Times::default();
        let outcome = embedder.embed(picture, spoiling, &mut times)?;
        progress.one_more();
        Ok((outcome, times))
    })?;
    let wall = start.elapsed();
    let (mut outcomes, mut times) = (Vec::with_capacity(made.len()), Times::default());
    for (outcome, spent) in made {
        outcomes.push(outcome);
        times.decode += spent.decode;
        times.detect += spent.detect;
        times.embed += spent.embed;
    }
    Ok(EmbeddingRun { outcomes, times, wall, threads, sides_differ: embedder.sides_differ() })
}
