//! The budget of the Admin API: calls are counted by the hour, and listing must leave some to others.

use std::time::Duration;

use time::OffsetDateTime;

/// What a free account may make in an hour, until an answer has said more.
const FREE_LIMIT: u64 = 500;
const HOUR: Duration = Duration::from_secs(3600);
/// A tenth of the calls is left to people and other programs.
const RESERVE: u64 = 10;

/// What the last answers said of the hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Budget {
    limit: u64,
    remaining: Option<u64>,
    reset: Option<OffsetDateTime>,
    used: u64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { limit: FREE_LIMIT, remaining: None, reset: None, used: 0 }
    }

    /// Notes a call and what its answer said of the limit.
    pub(super) fn note(&mut self, limit: Option<u64>, remaining: Option<u64>, reset: Option<OffsetDateTime>) {
        self.used += 1;
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            self.limit = limit;
        }
        if remaining.is_some() {
            self.remaining = remaining;
        }
        if reset.is_some() {
            self.reset = reset;
        }
    }

    /// Calls made so far.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// How long to wait before the next listing of `pages` pages: at least `refresh`, and so long that
    /// listings take half of the hourly limit at most.
    pub(super) fn pause(&self, pages: u64, refresh: Duration) -> Duration {
        let pages = pages.max(1);
        // The other half is for starts, which list too, and for other processes on the account.
        let half = (self.limit / 2).max(1);
        let paced = HOUR.mul_f64(pages as f64 / half as f64);
        refresh.max(paced)
    }

    /// How long until there are calls for `pages` pages without touching the reserve; `None` when there are.
    pub(super) fn wait(&self, pages: u64, now: OffsetDateTime) -> Option<Duration> {
        let reset = self.reset.filter(|reset| *reset > now)?;
        let left = self.remaining?.saturating_sub(self.limit / RESERVE);
        if left >= pages { None } else { Duration::try_from(reset - now).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn noon() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap()
    }

    #[test]
    fn listings_take_half_of_the_hour_at_most() {
        let mut budget = Budget::new();
        for (limit, pages, expected) in [(500, 1, 60), (500, 10, 144), (2000, 10, 60), (2000, 100, 360)] {
            budget.note(Some(limit), None, None);
            let pause = budget.pause(pages, MINUTE);
            assert_eq!(pause, Duration::from_secs(expected), "{limit} {pages}");
            assert!(HOUR.as_secs_f64() / pause.as_secs_f64() * pages as f64 <= limit as f64 / 2.0 + 0.01);
        }
    }

    #[test]
    fn the_reserve_is_left_until_the_hour_is_over() {
        let mut budget = Budget::new();
        let reset = noon() + Duration::from_secs(1200);
        budget.note(Some(500), Some(60), Some(reset));
        assert_eq!(budget.wait(10, noon()), None);
        assert_eq!(budget.wait(11, noon()), Some(Duration::from_secs(1200)));
        assert_eq!(budget.wait(11, reset), None, "a new hour has begun");
        assert_eq!(budget.used(), 1);
    }
}
