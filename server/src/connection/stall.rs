//! How long a client may take nothing of what waits for it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Bytes that a client has to take within the time limit while more wait for it.
pub(super) const LEAST: usize = 16 << 10;

/// The time limit of writes to one connection.
#[derive(Debug, Default)]
pub(super) struct Stall {
    /// Runs while the client leaves no room for more.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Bytes taken since it runs.
    taken: usize,
}

impl Stall {
    /// Whether something waits for the client to take it.
    pub(super) fn is_running(&self) -> bool {
        self.deadline.is_some()
    }

    /// Notes bytes that were taken, and whether that was all there was.
    pub(super) fn note(&mut self, bytes: usize, is_all: bool) {
        self.taken = self.taken.saturating_add(bytes);
        if is_all || self.taken >= LEAST {
            *self = Self::default();
        }
    }

    /// Waits for room, at most until the limit is over.
    pub(super) fn wait<T>(
        &mut self,
        context: &mut Context<'_>,
        limit: impl FnOnce() -> Duration,
    ) -> Poll<io::Result<T>> {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit())));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}
