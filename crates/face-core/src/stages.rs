//! The stages of the work on a picture, timed for whoever wants to know where the time goes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A stage of the work on a picture, by the name of its span in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The file to upright pixels.
    Decode,
    /// The faces of the picture.
    Detect,
    /// Another look at a face that is to be embedded, for steadier points.
    Steady,
    /// The points of a face.
    Landmarks,
    /// A face to the chips that the embedder wants.
    Align,
    /// One run of the embedder.
    Embed,
    /// How well a face is shown.
    Quality,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Decode, Self::Detect, Self::Steady, Self::Landmarks, Self::Align, Self::Embed, Self::Quality];

    /// Its name, such as `decode`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Detect => "detect",
            Self::Steady => "steady",
            Self::Landmarks => "landmarks",
            Self::Align => "align",
            Self::Embed => "embed",
            Self::Quality => "quality",
        }
    }
}

/// What is called at the end of each stage, also of one that failed, with how long it took. It is called on the thread
/// that works on the picture, which waits for it.
#[derive(Clone)]
pub struct StageObserver(Arc<dyn Fn(Stage, Duration) + Send + Sync>);

impl StageObserver {
    /// One that calls `observe`.
    #[must_use]
    pub fn new(observe: impl Fn(Stage, Duration) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }
}

impl fmt::Debug for StageObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StageObserver")
    }
}

/// A stage under way, which ends when this is dropped.
pub(crate) struct TimedStage<'a> {
    stage: Stage,
    /// With when it began; `None` where nobody wants to know.
    observer: Option<(&'a StageObserver, Instant)>,
}

impl<'a> TimedStage<'a> {
    /// Begins one.
    #[must_use = "the stage ends when it is dropped"]
    pub(crate) fn begin(stage: Stage, observer: Option<&'a StageObserver>) -> Self {
        Self { stage, observer: observer.map(|observer| (observer, Instant::now())) }
    }
}

impl Drop for TimedStage<'_> {
    fn drop(&mut self) {
        if let Some((StageObserver(observe), began)) = self.observer {
            observe(self.stage, began.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_stage_is_observed_once_at_its_end_also_when_it_failed() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let observed = Arc::clone(&seen);
        let observer = StageObserver::new(move |stage, _| observed.lock().unwrap().push(stage.as_str()));
        let failing = || -> Result<(), ()> {
            let _timed = TimedStage::begin(Stage::Detect, Some(&observer));
            Err(())
        };
        let decode = TimedStage::begin(Stage::Decode, Some(&observer));
        assert!(failing().is_err());
        drop(decode);
        drop(TimedStage::begin(Stage::Embed, None));
        assert_eq!(*seen.lock().unwrap(), ["detect", "decode"]);
    }
}
