//! Whether the system's clock runs as time passes, or has been stepped.

use std::time::Duration;

use time::OffsetDateTime;

/// The system's clock, and one that nobody sets, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What the system's clock says.
    pub wall: OffsetDateTime,
    /// Time since some moment of this process, by a clock that only runs.
    pub elapsed: Duration,
    /// What the clock of the store says, where it has one: it is the same for all servers.
    pub store: Option<OffsetDateTime>,
}

/// How much the two may differ between two readings: more than a clock is slewed by, less than a step that matters.
const TOLERANCE: time::Duration = time::Duration::seconds(10);

/// So many readings in a row must agree with the one before.
pub(super) const CHECKS: u32 = 5;

/// What is known from the readings so far.
#[derive(Debug, Default)]
pub(super) struct Steadiness {
    last: Option<Reading>,
    agreeing: u32,
}

impl Steadiness {
    /// Takes a reading, and says whether the clock has been steady for long enough.
    pub(super) fn take(&mut self, now: Reading) -> bool {
        let agrees = self.last.is_some_and(|last| {
            let ran = time::Duration::try_from(now.elapsed.saturating_sub(last.elapsed));
            ran.is_ok_and(|ran| ((now.wall - last.wall) - ran).abs() <= TOLERANCE)
        });
        self.agreeing = if agrees { self.agreeing.saturating_add(1) } else { 0 };
        self.last = Some(now);
        self.agreeing >= CHECKS
    }
}
