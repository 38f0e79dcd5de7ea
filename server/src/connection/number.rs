//! How many connections there are, and how many files the system allows for them.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Files that are not connections: the store, logs, models, connections to a database, handshakes.
const OTHER_FILES: u64 = 512;

/// Between two warnings that nearly all connections are in use.
const PERIOD: Duration = Duration::from_secs(60);

/// The connections of the process.
#[derive(Debug)]
pub(super) struct Number {
    now: AtomicUsize,
    most: usize,
    warned: Mutex<Option<Instant>>,
}

impl Number {
    pub(super) fn new(most: usize) -> Self {
        Self { now: AtomicUsize::new(0), most, warned: Mutex::default() }
    }

    /// Counts one more.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        let before = self.now.fetch_add(1, Relaxed);
        if before + 1 == self.crowd() {
            self.warn();
        }
        Entered(Arc::clone(self))
    }

    /// Whether so many are there that those which do nothing have to make room sooner.
    pub(super) fn is_crowded(&self) -> bool {
        self.now.load(Relaxed) >= self.crowd()
    }

    /// Once in a while: clients can come and go as often as they like.
    fn warn(&self) {
        let Ok(mut warned) = self.warned.lock() else { return };
        if warned.is_none_or(|at| at.elapsed() >= PERIOD) {
            *warned = Some(Instant::now());
            tracing::warn!(
                connections = self.now.load(Relaxed),
                most = self.most,
                "nine of ten connections are in use: beyond the limit, clients wait to be accepted"
            );
        }
    }

    fn crowd(&self) -> usize {
        (self.most - self.most / 10).max(1)
    }
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Entered(Arc<Number>);

impl Entered {
    pub(super) fn is_crowded(&self) -> bool {
        self.0.is_crowded()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}

/// Raises the process's limit of open files as far as so many connections need it; returns how many it allows.
#[cfg(unix)]
pub(super) fn allowed(connections: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current.unwrap_or(u64::MAX);
    if current >= wanted {
        return connections;
    }
    let raised = maximum.unwrap_or(u64::MAX).min(wanted);
    let files = match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        Ok(()) => raised,
        Err(_) => current,
    };
    if files >= wanted {
        return connections;
    }
    // Half of them where the limit is very low, so that some are left for the store.
    let allowed = usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(connections);
    tracing::warn!(
        connections = allowed,
        wanted = connections,
        "the system lets this process open {files} files: it takes fewer connections than it is set to (raise the \
         limit, LimitNOFILE= in a systemd unit)"
    );
    allowed.max(1)
}

/// As many as were asked for: this system has no such limit.
#[cfg(not(unix))]
pub(super) fn allowed(connections: usize) -> usize {
    connections
}
