//! Shares as text: in percent, with their intervals.

use crate::statistics::Proportion;

/// Share, interval and counts.
pub(super) fn with_interval(share: Proportion) -> String {
    format!("{}, {} of {}", short(share), share.count, share.of)
}

/// Share and interval.
pub(super) fn short(share: Proportion) -> String {
    let (lower, upper) = share.interval();
    format!("{} ({} to {})", percent(share.share()), percent(lower), percent(upper))
}

/// A share in percent, with three digits that count.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 || percent == 0.0 {
        1
    } else {
        (1.0 - percent.log10().floor()).clamp(0.0, 6.0) as usize
    };
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_with_the_digits_that_count() {
        let shown: Vec<_> = [0.0, 1.0, 0.123_45, 0.012_345, 0.001, 0.000_036].map(percent).into();
        assert_eq!(shown, ["0.0 %", "100.0 %", "12.3 %", "1.2 %", "0.10 %", "0.0036 %"]);
    }

    #[test]
    fn a_share_has_its_interval_and_what_it_was_counted_from() {
        let shown = with_interval(Proportion { count: 0, of: 20 });
        assert_eq!(shown, "0.0 % (0.0 % to 16.1 %), 0 of 20");
    }
}
