//! How much is logged in a second: whoever asks causes lines, and may have no key.

use std::sync::Mutex;
use std::time::Instant;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::dropped;

/// Lines of one level: `burst` at once, and `each_second` for as long as it takes.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: f64,
    each_second: f64,
}

/// Each has its own, so that no flood of information hides an error.
const SEVERE: Rate = Rate { burst: 1_000.0, each_second: 50.0 };
const INFORMATION: Rate = Rate { burst: 5_000.0, each_second: 500.0 };
/// What an operator has asked for.
const DETAIL: Rate = Rate { burst: 50_000.0, each_second: 5_000.0 };

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Mutex<Self> {
        Mutex::new(Self { rate, left: rate.burst, at: now })
    }

    /// Whether there is room for one more line.
    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = passed.mul_add(self.rate.each_second, self.left).min(self.rate.burst);
        let has_room = self.left >= 1.0;
        if has_room {
            self.left -= 1.0;
        }
        has_room
    }
}

/// A layer that keeps back what is beyond the rate of its level, and counts it.
#[derive(Debug)]
pub(super) struct Budget {
    error: Mutex<Bucket>,
    warning: Mutex<Bucket>,
    information: Mutex<Bucket>,
    detail: Mutex<Bucket>,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            error: Bucket::full(SEVERE, now),
            warning: Bucket::full(SEVERE, now),
            information: Bucket::full(INFORMATION, now),
            detail: Bucket::full(DETAIL, now),
        }
    }

    fn allows(&self, level: Level, now: Instant) -> bool {
        let bucket = match level {
            Level::ERROR => &self.error,
            Level::WARN => &self.warning,
            Level::INFO => &self.information,
            _ => &self.detail,
        };
        // A thread that panicked in there has left numbers, which are whole.
        bucket.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(now)
    }
}

impl<S: Subscriber> Layer<S> for Budget {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let is_allowed =
            metadata.target() == dropped::TARGET || self.allows(*metadata.level(), Instant::now());
        if !is_allowed {
            dropped::note_withheld();
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_refusals_is_held_at_its_rate_and_hides_no_error() {
        let start = Instant::now();
        let budget = Budget::new(start);
        let lines = |level, second| {
            (0..40_000).filter(|_| budget.allows(level, start + Duration::from_secs(second))).count()
        };
        assert_eq!(lines(Level::INFO, 0), 5_000);
        assert_eq!((1..=10).map(|second| lines(Level::INFO, second)).sum::<usize>(), 5_000);
        assert!(budget.allows(Level::ERROR, start) && budget.allows(Level::WARN, start));
        assert_eq!(lines(Level::ERROR, 0), 999);
        assert_eq!(lines(Level::ERROR, 2), 100);
    }
}
