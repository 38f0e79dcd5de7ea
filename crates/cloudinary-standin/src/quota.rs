//! The hourly limit of the Admin API.

use crate::answer::{Answer, Refusal};
use crate::clock::{Moment, http_date, next_hour, spoken};

/// Calls counted in the current hour.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    used: u32,
    ends: Option<Moment>,
}

impl Quota {
    /// Counts a call, or says that there is none left.
    pub(crate) fn take(&mut self, now: Moment, limit: u32) -> Result<(), Refusal> {
        if self.ends.is_none_or(|end| now >= end) {
            // Full hours of the clock, not sixty minutes from the first call: that is when the service
            // counts anew.
            *self = Self { used: 0, ends: Some(next_hour(now)) };
        }
        if self.used >= limit {
            let again = spoken(next_hour(now), "UTC");
            let text =
                format!("Rate Limit Exceeded. Limit of {limit} api operations reached. Try again on {again}");
            return Err(Refusal::new(420, text));
        }
        self.used += 1;
        Ok(())
    }

    /// Calls of the hour so far.
    pub(crate) fn used(&self, now: Moment) -> u32 {
        if self.ends.is_some_and(|end| now < end) { self.used } else { 0 }
    }

    /// Adds the headers that tell the caller how many are left.
    pub(crate) fn headers(&self, answer: Answer, now: Moment, limit: u32) -> Answer {
        answer
            .with("x-featureratelimit-limit", limit.to_string())
            .with("x-featureratelimit-remaining", limit.saturating_sub(self.used).to_string())
            .with("x-featureratelimit-reset", http_date(next_hour(now)))
    }
}
