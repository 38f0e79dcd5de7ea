//! Trying again: exponential backoff with full jitter, within a deadline over all attempts.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{Cause, StoreError};

/// How long and how often a call is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// The longest time for one attempt.
    pub(super) attempt: Duration,
    /// The longest time for all attempts with the pauses between them.
    pub(super) total: Duration,
}

/// The pause before attempt n + 2 is up to this much times 2^n.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Cloudinary did nothing, and will not do so next time either.
    Refused(StoreError),
    /// It may have been done; there is no use in trying again.
    Doubtful(StoreError),
    /// It may have been done, and another attempt may say so.
    Passing {
        reason: String,
        source: Option<Cause>,
        /// How long Cloudinary wants to be left alone.
        pause: Option<Duration>,
    },
}

/// What an attempt brought, and whether it was the first.
#[derive(Debug)]
pub(super) struct Done<T> {
    pub(super) value: T,
    /// No earlier attempt is left that could still arrive.
    pub(super) at_once: bool,
}

/// Why no attempt brought anything.
#[derive(Debug)]
pub(super) struct GivenUp {
    pub(super) error: StoreError,
    /// An attempt may have been carried out, or may yet be.
    pub(super) in_doubt: bool,
}

impl Failure {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self::Passing { reason: reason.into(), source: None, pause: None }
    }
}

impl From<GivenUp> for StoreError {
    fn from(given_up: GivenUp) -> Self {
        given_up.error
    }
}

impl Retry {
    /// Tries until it works, it cannot work, or the time is over. `attempt` gets the moment when it has to end.
    pub(super) async fn run<T, F>(&self, mut attempt: impl FnMut(Instant) -> F) -> Result<Done<T>, GivenUp>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let end = Instant::now() + self.total;
        let mut in_doubt = false;
        for number in 0_u32.. {
            let (reason, source, pause) = match attempt(end).await {
                // An earlier attempt may still be under way: it could make the document anew after its end.
                Ok(value) => return Ok(Done { value, at_once: !in_doubt }),
                Err(Failure::Refused(error)) if !in_doubt => return Err(GivenUp { error, in_doubt }),
                // An earlier attempt may have been carried out: that is all that can be said.
                Err(Failure::Refused(error)) => {
                    let reason = "an attempt was not answered, and the next one was refused".to_owned();
                    let (retryable, source) = (error.is_retryable(), Some(error.into()));
                    let error = StoreError::Unavailable { retryable, reason, source };
                    return Err(GivenUp { error, in_doubt });
                }
                Err(Failure::Doubtful(error)) => return Err(GivenUp { error, in_doubt: true }),
                Err(Failure::Passing { reason, source, pause }) => (reason, source, pause),
            };
            // After a 420 or 503 too: a needless doubt costs one name in the next revision, a missing one lets
            // a late upload count.
            in_doubt = true;
            let pause = pause.unwrap_or_default().max(jittered(number));
            // Not added to the time of now: what the answer asks for has no bound.
            if pause >= end.saturating_duration_since(Instant::now()) {
                let error = StoreError::Unavailable { retryable: true, reason, source };
                return Err(GivenUp { error, in_doubt });
            }
            tracing::debug!(reason, attempt = number + 1, ?pause, "a call to Cloudinary is tried again");
            sleep(pause).await;
        }
        Err(GivenUp { error: StoreError::unavailable(true, "there was no attempt"), in_doubt })
    }
}

/// A random part of the pause, so that those who failed together do not come back together.
fn jittered(number: u32) -> Duration {
    // Bounded so that the shift cannot overflow; the longest pause is reached long before.
    let longest = FIRST_PAUSE.saturating_mul(1 << number.min(16)).min(LONGEST_PAUSE);
    longest.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    const RETRY: Retry = Retry { attempt: Duration::from_secs(5), total: Duration::from_secs(60) };
    /// The resolution of tokio's timers.
    const TICK: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_within_their_bounds_until_it_works() {
        let mut calls = Vec::new();
        let done = RETRY
            .run(|_| {
                calls.push(Instant::now());
                ready(if calls.len() < 6 { Err(Failure::passing("busy")) } else { Ok(calls.len()) })
            })
            .await
            .unwrap();
        assert_eq!((done.value, done.at_once), (6, false));
        for (number, pair) in (0..).zip(calls.windows(2)) {
            assert!(pair[1] - pair[0] <= FIRST_PAUSE * (1 << number) + TICK, "{calls:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_ends_it_and_is_certain_only_when_it_came_first() {
        let refused = || Failure::Refused(StoreError::misconfigured("no"));
        let first = RETRY.run(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
        assert!(!first.in_doubt && matches!(first.error, StoreError::Misconfigured { .. }));
        let mut calls = 0;
        let later = RETRY
            .run(|_| {
                calls += 1;
                ready(Err::<(), _>(if calls == 1 { Failure::passing("timed out") } else { refused() }))
            })
            .await
            .unwrap_err();
        assert!(later.in_doubt && matches!(later.error, StoreError::Unavailable { retryable: false, .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_cloudinary_asks_for_is_kept_and_one_beyond_the_deadline_ends_it() {
        let mut calls = 0;
        let asks = |seconds| Failure::Passing {
            reason: "limit".to_owned(),
            source: None,
            pause: Some(Duration::from_secs(seconds)),
        };
        let started = Instant::now();
        let done = RETRY
            .run(|_| {
                calls += 1;
                ready(if calls == 1 { Err(asks(30)) } else { Ok(()) })
            })
            .await;
        assert!(done.is_ok());
        assert_eq!(started.elapsed(), Duration::from_secs(30));
        let given_up = RETRY.run(|_| ready(Err::<(), _>(asks(61)))).await.unwrap_err();
        assert!(given_up.error.is_retryable() && given_up.in_doubt);
        assert_eq!(started.elapsed(), Duration::from_secs(30), "nobody slept for nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn all_attempts_end_by_the_deadline() {
        let started = Instant::now();
        let given_up = RETRY.run(|_| ready(Err::<(), _>(Failure::passing("busy")))).await.unwrap_err();
        assert!(given_up.error.is_retryable());
        assert!(started.elapsed() <= RETRY.total + TICK);
    }
}
