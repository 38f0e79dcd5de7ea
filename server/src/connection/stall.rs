//! How long a client may take nothing of what waits for it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Bytes that a client has to take within the time limit while more wait for it.
pub(super) const LEAST: usize = 16 << 10;

/// How often the limit is asked for again while a client is waited for: it is shorter in a crowd.
const LOOK: Duration = Duration::from_secs(5);

/// The time limit of writes to one connection.
#[derive(Debug, Default)]
pub(super) struct Stall {
    /// While the client leaves no room for more.
    waiting: Option<Waiting>,
    /// Bytes taken since then.
    taken: usize,
}

/// Since when a client is waited for, and when to look again.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    look: Pin<Box<Sleep>>,
}

impl Stall {
    /// Whether something waits for the client to take it.
    pub(super) fn is_running(&self) -> bool {
        self.waiting.is_some()
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
        limit: impl Fn() -> Duration,
    ) -> Poll<io::Result<T>> {
        let first = || Waiting { since: Instant::now(), look: Box::pin(sleep(limit().min(LOOK))) };
        let waiting = self.waiting.get_or_insert_with(first);
        loop {
            ready!(waiting.look.as_mut().poll(context));
            let (now, end) = (Instant::now(), waiting.since + limit());
            if now >= end {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            waiting.look.as_mut().reset(end.min(now + LOOK));
        }
    }
}
