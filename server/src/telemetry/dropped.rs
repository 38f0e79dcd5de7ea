//! How many lines the log lacks, and that the log says so.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Where the report comes from: it is never withheld itself.
pub(super) const TARGET: &str = module_path!();

/// Lines that found no room in a queue, or could not be written.
pub(super) static UNWRITTEN: AtomicU64 = AtomicU64::new(0);
/// Lines that were too many for a second.
static WITHHELD: AtomicU64 = AtomicU64::new(0);
static UNWRITTEN_REPORTED: AtomicU64 = AtomicU64::new(0);
static WITHHELD_REPORTED: AtomicU64 = AtomicU64::new(0);

/// Lines that are missing in the log since the start, of the terminal or of the file.
pub(crate) fn dropped_lines() -> u64 {
    UNWRITTEN.load(Relaxed).saturating_add(WITHHELD.load(Relaxed))
}

pub(super) fn note_withheld() {
    WITHHELD.fetch_add(1, Relaxed);
}

/// Logs how many are missing since the last time, if any.
pub(super) fn report() {
    let since = |all: &AtomicU64, reported: &AtomicU64| {
        let all = all.load(Relaxed);
        // The threads of both outputs report: the larger number stands, or its lines would be told twice.
        all.saturating_sub(reported.fetch_max(all, Relaxed))
    };
    let unwritten = since(&UNWRITTEN, &UNWRITTEN_REPORTED);
    let withheld = since(&WITHHELD, &WITHHELD_REPORTED);
    if unwritten + withheld > 0 {
        tracing::warn!(
            unwritten,
            withheld,
            "lines are missing in the log: `unwritten` were not taken by its reader or disk, `withheld` were too many \
             for a second"
        );
    }
}
