//! A bar for a download on a terminal, a plain line elsewhere.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use crate::workspace::say;

const TEMPLATE: &str = "{msg} {wide_bar} {bytes} of {total_bytes}";

/// The progress of one download; the bar vanishes with it.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn start(what: &str, size: u64) -> Self {
        if !io::stderr().is_terminal() {
            say(&format!("getting {what} ({} MB)", size.div_ceil(1_000_000)));
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new(size).with_message(format!("getting {what}"));
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Self { bar }
    }

    /// How many bytes have come.
    pub(super) fn reached(&self, bytes: u64) {
        // pip keeps files of its own beside the download, so there may be more bytes than the package has.
        self.bar.set_position(bytes.min(self.bar.length().unwrap_or(bytes)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
