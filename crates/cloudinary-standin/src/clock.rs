//! The clock of the account, which a test can put forward.

use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, UtcOffset};

/// The system's clock and what it was put forward by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    ahead: Duration,
}

/// A moment, to the nanosecond.
pub(crate) type Moment = OffsetDateTime;

impl Clock {
    pub(crate) fn now(self) -> Moment {
        // Ahead of the system's clock and not instead of it: clients under test sign with the system's
        // time, and a clock that stood still would give every asset one version.
        OffsetDateTime::now_utc() + self.ahead
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }
}

/// As error texts have it: `2026-01-31 12:00:00 UTC`, or with an offset instead of the zone.
pub(crate) fn spoken(moment: Moment, zone: &str) -> String {
    let moment = moment.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = moment.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} {zone}", moment.date())
}

/// As headers have it.
pub(crate) fn http_date(moment: Moment) -> String {
    httpdate::fmt_http_date(SystemTime::from(moment))
}

/// The next full hour.
pub(crate) fn next_hour(moment: Moment) -> Moment {
    let second = moment.unix_timestamp();
    OffsetDateTime::from_unix_timestamp(second - second.rem_euclid(3600) + 3600).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_service_writes_them() {
        let moment = OffsetDateTime::from_unix_timestamp(1_712_841_818).unwrap();
        assert_eq!(spoken(moment, "+0000"), "2024-04-11 13:23:38 +0000");
        assert_eq!(http_date(next_hour(moment)), "Thu, 11 Apr 2024 14:00:00 GMT");
    }
}
