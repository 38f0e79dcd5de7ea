//! Refusals of what is more than the server can do now: one line a second says how many, so that they hide no fault.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two lines.
const BETWEEN: Duration = Duration::from_secs(1);

/// Of the whole process, as its log is.
static REFUSALS: Mutex<Refusals> = Mutex::new(Refusals { said: None, unsaid: 0 });

#[derive(Debug)]
struct Refusals {
    /// When there was a line last.
    said: Option<Instant>,
    /// How many there were since.
    unsaid: u64,
}

impl Refusals {
    /// Counts one more; how many a line is to tell of, when one is due.
    fn add(&mut self, now: Instant) -> Option<u64> {
        self.unsaid = self.unsaid.saturating_add(1);
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < BETWEEN) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// Notes that a request was refused because there are too many.
pub(super) fn note_refusal() {
    let due = REFUSALS.lock().unwrap_or_else(PoisonError::into_inner).add(Instant::now());
    if let Some(refused) = due {
        tracing::warn!(
            refused,
            "requests are refused as busy, `refused` of them since the last such line: the line of each says what it was"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_one_line_a_second_that_counts_them_all() {
        let start = Instant::now();
        let mut refusals = Refusals { said: None, unsaid: 0 };
        let mut told = Vec::new();
        for millisecond in (0..3500).step_by(10) {
            told.extend(refusals.add(start + Duration::from_millis(millisecond)));
        }
        assert_eq!(told, [1, 100, 100, 100]);
        assert_eq!(refusals.add(start + Duration::from_secs(60)), Some(50), "none is lost");
    }
}
