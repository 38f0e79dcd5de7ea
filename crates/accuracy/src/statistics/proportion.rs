//! A count out of a number of trials, and how sure it is.

use serde::{Deserialize, Serialize};

/// Standard normal quantile of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many out of so many; none out of none by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proportion {
    /// How many.
    pub count: usize,
    /// Out of how many.
    pub of: usize,
}

impl Proportion {
    /// One more trial, and whether it counts.
    pub fn add(&mut self, counts: bool) {
        self.of += 1;
        self.count += usize::from(counts);
    }

    /// The share, 0 to 1; 0 out of none.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }

    /// Wilson's score interval of 95 % for independent trials: the lower and the upper end, within 0 and 1.
    /// (E. B. Wilson, 1927; it keeps its meaning for small counts, and for none.)
    #[must_use]
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (share, trials) = (self.share(), self.of as f64);
        let shrink = 1.0 + Z * Z / trials;
        let middle = (share + Z * Z / (2.0 * trials)) / shrink;
        let half = Z / shrink * (share * (1.0 - share) / trials + Z * Z / (4.0 * trials * trials)).sqrt();
        // At the ends the formula gives 0 and 1 but for rounding.
        let lower = if self.count == 0 { 0.0 } else { (middle - half).max(0.0) };
        let upper = if self.count >= self.of { 1.0 } else { (middle + half).min(1.0) };
        (lower, upper)
    }
}
