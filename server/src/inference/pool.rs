//! A bounded pool of threads, so that the event loop never waits for work on a picture.
//!
//! Work waits in a short queue for one of the threads; when the queue is full, or its turn comes too late,
//! the client is asked to come back. A panic in the work is that one request's error.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::oneshot;
use tracing::Span;

use crate::error::ApiError;
use crate::traces::Stages;

/// Pictures that may wait for each thread. Who is let in as the last waits for three pictures at most, and so is answered
/// in less than five times what an idle server takes; a longer queue serves nobody more and everybody later.
const QUEUE_PER_WORKER: usize = 2;

/// Work whose turn comes later than this is not done: its sender has given up.
const PATIENCE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// Ends of the buckets of the time in the queue, in seconds.
const WAIT_SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Handle to the pool; cheap to clone. The threads end when the last handle is dropped and the queue is
/// empty.
#[derive(Clone)]
pub(super) struct Pool {
    queue: Sender<Job>,
    /// How long work waited for its turn, in seconds.
    wait: Histogram,
}

impl Pool {
    /// Starts `workers` threads.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub(super) fn start(workers: NonZeroUsize) -> io::Result<Self> {
        let (queue, jobs) = bounded::<Job>(workers.get() * QUEUE_PER_WORKER);
        for number in 1..=workers.get() {
            // All threads take from one queue, so none idles while work waits. The standard library's
            // receiver has one owner.
            let jobs: Receiver<Job> = jobs.clone();
            let thread = thread::Builder::new().name(format!("inference-{number}"));
            thread.spawn(move || jobs.into_iter().for_each(|job| job()))?;
        }
        Ok(Self { queue, wait: Histogram::new(WAIT_SECONDS) })
    }

    /// How much work waits, and how much there is room for.
    pub(super) fn depth(&self) -> (usize, usize) {
        (self.queue.len(), self.queue.capacity().unwrap_or(usize::MAX))
    }

    /// How long work waited for its turn, in seconds.
    pub(super) fn wait(&self) -> &Histogram {
        &self.wait
    }

    /// Does `work` on one of the threads.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when the queue is full or moved too slowly, [`ApiError::Internal`] when the work
    /// panicked, and the work's own.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (accepted, span, wait) = (Instant::now(), Span::current(), self.wait.clone());
        let stages = Stages::current();
        let job = move || {
            // The client has left, or its deadline has passed: nobody would see the result.
            if answer.is_closed() {
                return;
            }
            // Decided when the turn comes: a model run that has begun cannot be stopped.
            let waited = accepted.elapsed();
            wait.observe(waited.as_secs_f64());
            let outcome = if waited > PATIENCE {
                Err(ApiError::Busy)
            } else {
                // What the engine logs on this thread carries the request's id.
                let _request = span.entered();
                let work = || match stages {
                    Some(stages) => stages.on_thread(work),
                    None => work(),
                };
                // What the work uses holds no state between calls that a panic could leave half-changed.
                match catch_unwind(AssertUnwindSafe(work)) {
                    Ok(outcome) => outcome.map_err(Into::into),
                    Err(_panic) => Err(ApiError::Internal),
                }
            };
            // A client that has gone away needs no answer.
            let _ = answer.send(outcome);
        };
        // Never waits: it would block the event loop, and a full queue is to be an answer at once.
        match self.queue.try_send(Box::new(job)) {
            // Dropped without an answer is a job whose thread died, since panics are caught.
            Ok(()) => answered.await.unwrap_or(Err(ApiError::Internal)),
            Err(TrySendError::Full(_)) => Err(ApiError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::Internal),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("waiting", &self.queue.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use face_core::FaceError;

    use super::*;

    fn no_face() -> Result<(), FaceError> {
        Err(FaceError::NoFace)
    }

    #[actix_web::test]
    async fn a_full_queue_is_busy_and_what_was_accepted_is_answered() {
        let pool = Pool::start(NonZeroUsize::MIN).unwrap();
        let (started, has_started) = mpsc::channel();
        let mut gates = Vec::new();
        let mut submit = |pool: Pool| {
            let started = started.clone();
            let (go, wait) = mpsc::channel::<()>();
            gates.push(go);
            actix_web::rt::spawn(async move {
                let work = move || {
                    started.send(()).unwrap();
                    wait.recv().unwrap();
                    no_face()
                };
                pool.run(work).await
            })
        };
        let first = submit(pool.clone());
        tokio::task::yield_now().await;
        has_started.recv().unwrap();
        let waiting: Vec<_> = (0..QUEUE_PER_WORKER).map(|_| submit(pool.clone())).collect();
        tokio::task::yield_now().await;
        assert!(matches!(pool.run(no_face).await, Err(ApiError::Busy)));
        for go in gates {
            go.send(()).unwrap();
        }
        for answer in std::iter::once(first).chain(waiting) {
            assert!(matches!(answer.await.unwrap(), Err(ApiError::Face(FaceError::NoFace))));
        }
    }

    #[actix_web::test]
    async fn a_panic_is_one_requests_error_and_the_thread_goes_on() {
        let pool = Pool::start(NonZeroUsize::MIN).unwrap();
        let failing = || -> Result<(), FaceError> { panic!("the work fails on purpose") };
        assert!(matches!(pool.run(failing).await, Err(ApiError::Internal)));
        assert!(matches!(pool.run(no_face).await, Err(ApiError::Face(FaceError::NoFace))));
    }
}
