//! A bar on a terminal, a line for every tenth elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg} {wide_bar} {pos} of {len}, {eta} left";

/// How far the pictures are; shared by the threads that work on them.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    done: AtomicUsize,
    lines: bool,
}

impl Progress {
    /// Begins to count up to `all`. Everything goes to standard error.
    #[must_use]
    pub fn start(what: &'static str, all: usize) -> Self {
        let lines = !io::stderr().is_terminal();
        let bar = if lines { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_length(all as u64);
        bar.set_message(what);
        Self { bar, done: AtomicUsize::new(0), lines }
    }

    /// One more is done.
    pub fn one_more(&self) {
        self.bar.inc(1);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let all = self.bar.length().unwrap_or_default() as usize;
        let tenths = |count: usize| count * 10 / all.max(1);
        // Threads may report out of order, but each count is reported once, and so is each tenth.
        if self.lines && tenths(done) > tenths(done.saturating_sub(1)) {
            // With standard error closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "{}: {done} of {all}", self.bar.message());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
