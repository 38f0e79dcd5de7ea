//! Keys that do not hold: a few from an address are free, then each makes the next ones wait longer.

use std::time::Duration;

use tokio::time::Instant;

use super::table::Passing;

/// How many an address may send: a program with a key that was revoked, and people who copy one by hand.
const FREE: u32 = 10;

/// The first wait; each failure after it doubles it.
const SHORTEST: Duration = Duration::from_secs(1);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// After how long without a failure an address is as any other.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);

/// What is known of an address that sent keys which do not hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failures {
    count: u32,
    /// Until when further ones are answered with the time to wait.
    wait_until: Instant,
    last: Instant,
}

impl Passing for Failures {
    fn end(&self) -> Instant {
        self.last + FORGOTTEN
    }
}

impl Failures {
    pub(super) fn none(now: Instant) -> Self {
        Self { count: 0, wait_until: now, last: now }
    }

    /// One more. How long the address has to wait, where it does: what comes meanwhile puts it off no further, so
    /// that one program which goes on trying keeps nobody behind the same address away from a plain answer for ever.
    pub(super) fn add(&mut self, now: Instant) -> Option<Duration> {
        if self.end() <= now {
            *self = Self::none(now);
        }
        let wait = self.wait_until.saturating_duration_since(now);
        if !wait.is_zero() {
            return Some(wait);
        }
        self.last = now;
        self.count = self.count.saturating_add(1);
        if let Some(doublings) = self.count.checked_sub(FREE) {
            let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
            self.wait_until = now + SHORTEST.saturating_mul(factor).min(LONGEST);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failures_are_free_then_waits_double_up_to_a_minute_and_are_forgotten() {
        let start = Instant::now();
        let mut failures = Failures::none(start);
        assert!((0..FREE).all(|_| failures.add(start).is_none()));
        let mut now = start;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(failures.add(now), Some(wait));
            // Asking again meanwhile makes it no longer.
            assert_eq!(failures.add(now + wait / 2), Some(wait / 2));
            now += wait;
            assert_eq!(failures.add(now), None);
        }
        now += FORGOTTEN;
        assert!((0..FREE).all(|_| failures.add(now).is_none()));
        assert_eq!(failures.add(now), Some(SHORTEST));
    }
}
