//! The bounded pool that works on pictures, on threads of its own, so that the event loop never waits.
//!
//! A picture waits in a short queue for one of the threads; when the queue is full, or its turn comes too
//! late, the client is asked to come back. A panic in the work is that one request's error.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use face_core::{EmbeddedFace, FaceError};
use tokio::sync::oneshot;
use tracing::Span;

use crate::error::ApiError;

/// Pictures that may wait for each thread: at some 20 ms a picture, the last one waits a sixth of a second.
const QUEUE_PER_WORKER: usize = 8;

/// A picture whose turn comes later than this is not worked on: its sender has given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the threads do with a picture.
type Embed = dyn Fn(&[u8]) -> Result<EmbeddedFace, FaceError> + Send + Sync;

/// Handle to the pool; cheap to clone. The threads end when the last handle is dropped and the queue is
/// empty.
#[derive(Debug, Clone)]
pub(crate) struct Inference {
    queue: Sender<Job>,
}

struct Job {
    picture: Bytes,
    accepted: Instant,
    answer: oneshot::Sender<Result<EmbeddedFace, ApiError>>,
    span: Span,
}

impl Inference {
    /// Starts `workers` threads that apply `embed` to pictures.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub(crate) fn start(
        workers: NonZeroUsize,
        embed: impl Fn(&[u8]) -> Result<EmbeddedFace, FaceError> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (queue, jobs) = bounded(workers.get() * QUEUE_PER_WORKER);
        let embed: Arc<Embed> = Arc::new(embed);
        for number in 1..=workers.get() {
            let (jobs, embed) = (jobs.clone(), Arc::clone(&embed));
            thread::Builder::new().name(format!("inference-{number}")).spawn(move || work(&jobs, &*embed))?;
        }
        Ok(Self { queue })
    }

    /// Embeds the face of a picture.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when the queue is full or moved too slowly, [`ApiError::Face`] for what the engine
    /// found wrong, [`ApiError::Internal`] when it panicked.
    pub(crate) async fn embed(&self, picture: Bytes) -> Result<EmbeddedFace, ApiError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { picture, accepted: Instant::now(), answer, span: Span::current() };
        match self.queue.try_send(job) {
            Ok(()) => answered.await.unwrap_or(Err(ApiError::Internal)),
            Err(TrySendError::Full(_)) => Err(ApiError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::Internal),
        }
    }
}

fn work(jobs: &Receiver<Job>, embed: &Embed) {
    for Job { picture, accepted, answer, span } in jobs {
        if answer.is_closed() {
            continue;
        }
        let outcome = if accepted.elapsed() > PATIENCE {
            Err(ApiError::Busy)
        } else {
            let _request = span.entered();
            // The engine holds no state between pictures that a panic could leave half-changed.
            match catch_unwind(AssertUnwindSafe(|| embed(&picture))) {
                Ok(outcome) => outcome.map_err(ApiError::Face),
                Err(_panic) => Err(ApiError::Internal),
            }
        };
        drop(picture);
        // A client that has gone away needs no answer.
        let _ = answer.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn one() -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    #[actix_web::test]
    async fn a_full_queue_is_busy_and_what_was_accepted_is_answered() {
        let (started, has_started) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let (started, wait) = (std::sync::Mutex::new(started), std::sync::Mutex::new(wait));
        let pool = Inference::start(one(), move |_| {
            started.lock().unwrap().send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Err(FaceError::NoFace)
        })
        .unwrap();
        let submit =
            |pool: Inference| actix_web::rt::spawn(async move { pool.embed(Bytes::from_static(b"x")).await });
        let first = submit(pool.clone());
        tokio::task::yield_now().await;
        has_started.recv().unwrap();
        let waiting: Vec<_> = (0..QUEUE_PER_WORKER).map(|_| submit(pool.clone())).collect();
        tokio::task::yield_now().await;
        assert!(matches!(pool.embed(Bytes::new()).await, Err(ApiError::Busy)));
        for _ in 0..=QUEUE_PER_WORKER {
            go.send(()).unwrap();
        }
        for answer in std::iter::once(first).chain(waiting) {
            assert!(matches!(answer.await.unwrap(), Err(ApiError::Face(FaceError::NoFace))));
        }
    }

    #[actix_web::test]
    async fn a_panic_is_one_requests_error_and_the_thread_goes_on() {
        let pool = Inference::start(one(), |picture| {
            assert!(!picture.is_empty(), "the work fails on purpose");
            Err(FaceError::NoFace)
        })
        .unwrap();
        assert!(matches!(pool.embed(Bytes::new()).await, Err(ApiError::Internal)));
        assert!(matches!(pool.embed(Bytes::from_static(b"x")).await, Err(ApiError::Face(FaceError::NoFace))));
    }
}
