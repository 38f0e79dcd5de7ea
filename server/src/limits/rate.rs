//! How many requests a second, and what is left of them: a token bucket that is one point in time.

use std::time::Duration;

use tokio::time::Instant;

use super::class::RouteClass;
use super::table::Passing;

/// How many requests may come at once after a pause, in seconds' worth of them.
const BURST: u32 = 2;

/// Most requests a second that can be asked for.
const MOST: u32 = 100_000;

/// Requests a second; twice as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(u32);

/// The rate of each class; `None` for those that are not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates([Option<Rate>; RouteClass::ALL.len()]);

/// The bucket as the time at which it is full again, by the generic cell rate algorithm (ITU-T I.371): each request
/// puts that off by the time between two requests at the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket(pub(super) Instant);

/// What is left of a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// The rate.
    pub(super) rate: Rate,
    /// How many requests may come at once now.
    pub(super) remaining: u32,
    /// In how long that is as many as it ever is.
    pub(super) reset: Duration,
    /// In how long there is room for one more, of a request that was beyond it.
    pub(super) wait: Option<Duration>,
}

impl Rate {
    /// From 1 to 100,000 requests a second.
    fn new(per_second: u32) -> Option<Self> {
        (1..=MOST).contains(&per_second).then_some(Self(per_second))
    }

    /// How many requests may come at once.
    pub(super) fn burst(self) -> u32 {
        self.0 * BURST
    }

    /// How long it takes until as many may come again, in whole seconds.
    pub(super) fn window(self) -> u32 {
        BURST
    }

    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.0
    }
}

impl Rates {
    /// These numbers a second, in the order of [`RouteClass::ALL`].
    #[cfg(test)]
    pub(crate) fn per_second(numbers: [u32; RouteClass::ALL.len()]) -> Self {
        Self(numbers.map(Rate::new))
    }

    /// Nothing is limited.
    pub(crate) const OFF: Self = Self([None; RouteClass::ALL.len()]);

    /// Reads `recognition=100,reading=off`, or `off` for all; classes that are left out are as in `usual`.
    ///
    /// # Errors
    /// What is allowed.
    pub(crate) fn parse(text: &str, usual: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self::OFF);
        }
        let mut rates = Self::OFF;
        for part in usual.split(',').chain(text.split(',').filter(|part| !part.trim().is_empty())) {
            let read = part.split_once('=').and_then(|(class, rate)| {
                let rate = match rate.trim() {
                    "off" => None,
                    number => Some(Rate::new(number.parse().ok()?)?),
                };
                let mut all = RouteClass::ALL.iter().zip(&mut rates.0);
                Some((all.find(|(known, _)| known.as_str() == class.trim())?.1, rate))
            });
            let (place, rate) = read.ok_or_else(|| {
                let classes = RouteClass::ALL.map(RouteClass::as_str).join(", ");
                format!(
                    "give off, or requests a second as in recognition=100,reading=off: 1 to {MOST} or off for some \
                     of {classes}"
                )
            })?;
            *place = rate;
        }
        Ok(rates)
    }

    pub(super) fn of_class(&self, class: RouteClass) -> Option<Rate> {
        self.0.get(class as usize).copied().flatten()
    }
}

impl Passing for Bucket {
    fn end(&self) -> Instant {
        self.0
    }
}

impl Bucket {
    /// Takes one request out of it, if there is one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Quota {
        let size = rate.interval() * rate.burst();
        let (before, after) = (self.0.saturating_duration_since(now), rate.interval());
        let wait = (before + after).checked_sub(size).filter(|wait| !wait.is_zero());
        let reset = if wait.is_some() { before } else { before + after };
        self.0 = now + reset;
        let left = size.saturating_sub(reset).as_nanos() / rate.interval().as_nanos().max(1);
        Quota { rate, remaining: u32::try_from(left).unwrap_or(u32::MAX), reset, wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let rate = Rate::new(4).unwrap();
        let start = Instant::now();
        let mut bucket = Bucket(start);
        let left: Vec<_> = (0..8).map(|_| bucket.take(rate, start).remaining).collect();
        assert_eq!(left, [7, 6, 5, 4, 3, 2, 1, 0]);
        let quarter = Duration::from_millis(250);
        let full = bucket.take(rate, start);
        assert_eq!(full, Quota { rate, remaining: 0, reset: 8 * quarter, wait: Some(quarter) });
        assert_eq!(bucket.take(rate, start + quarter / 2).wait, Some(quarter / 2));
        // What was refused costs nothing.
        let now = start + quarter;
        assert_eq!(bucket.take(rate, now), Quota { wait: None, ..full });
        assert_eq!(bucket.take(rate, now + 100 * quarter).remaining, 7);
    }

    #[test]
    fn rates_are_said_by_class_and_what_is_left_out_is_usual() {
        let usual = "recognition=1,enrolment=2,detection=3,reading=4,administration=5";
        let parse = |text| Rates::parse(text, usual);
        assert_eq!(parse("").unwrap(), Rates::per_second([1, 2, 3, 4, 5]));
        let said = parse(" reading=off , recognition = 100000").unwrap();
        assert_eq!(said, Rates([Rate::new(100_000), Rate::new(2), Rate::new(3), None, Rate::new(5)]));
        assert_eq!(parse("off").unwrap(), Rates::OFF);
        for text in ["1", "reading", "reading=0", "reading=100001", "reads=1", "reading=1/s", "off,reading=1"]
        {
            let refused = parse(text).unwrap_err();
            assert!(
                refused.contains("recognition, enrolment, detection, reading, administration"),
                "{refused}"
            );
        }
    }
}
