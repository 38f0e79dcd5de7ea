//! When erasures at their time may be made: by a clock that is steady, and not of too much at once.

mod clock;
mod steadiness;

pub use self::clock::{ClockState, Doubt, RetentionClock};
pub use self::steadiness::Reading;

/// How far erasures at their time go without an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetentionGuard {
    /// A clock that leapt, and more than a share at once, waits for an operator.
    #[default]
    Guarded,
    /// An operator answers for the clock and for how much is erased.
    Confirmed,
}

/// The divisor of the share that is erased at once without an operator: a quarter.
const SHARE: u64 = 4;

impl RetentionGuard {
    /// Whether so many of a whole may be erased at once: always `few`, and beyond that a quarter of the whole.
    #[must_use]
    pub(crate) fn allows(self, erased: u64, whole: u64, few: u64) -> bool {
        self == Self::Confirmed || erased <= few.max(whole / SHARE)
    }

    /// How many must stay where so many are erased.
    pub(crate) fn to_stay(erased: u64) -> u64 {
        erased.saturating_mul(SHARE - 1)
    }
}

#[cfg(test)]
mod tests;
