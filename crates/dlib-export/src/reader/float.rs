//! Floating-point numbers as dlib writes them: an integer mantissa and a power of two.

use super::Reader;
use crate::error::ExportError;

/// The smallest exponent that marks infinity or NaN (32000: +inf, 32001: -inf, 32002: NaN).
const FIRST_SPECIAL_EXPONENT: i64 = 32_000;

/// What a binary floating-point type can hold exactly.
struct Precision {
    name: &'static str,
    mantissa_bits: u32,
    /// Exponent of the smallest subnormal.
    lowest_exponent: i64,
    /// Exponent of the first power of two that is too large.
    overflow_exponent: i64,
}

const SINGLE: Precision =
    Precision { name: "f32", mantissa_bits: 24, lowest_exponent: -149, overflow_exponent: 128 };
const DOUBLE: Precision =
    Precision { name: "f64", mantissa_bits: 53, lowest_exponent: -1074, overflow_exponent: 1024 };

impl Reader<'_> {
    /// A finite number that dlib held as `float`. It is taken over bit for bit: one that `f32` cannot
    /// hold exactly was not written from a `float`, and is refused.
    pub(crate) fn f32(&mut self, expected: &'static str) -> Result<f32, ExportError> {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be exact in 24 bits")]
        self.float(&SINGLE, expected).map(|value| value as f32)
    }

    /// A finite number that dlib held as `double`, likewise exact.
    pub(crate) fn f64(&mut self, expected: &'static str) -> Result<f64, ExportError> {
        self.float(&DOUBLE, expected)
    }

    /// A `double` from 0 to 1.
    pub(crate) fn fraction(&mut self, expected: &'static str) -> Result<f64, ExportError> {
        let offset = self.offset();
        let value = self.f64(expected)?;
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(ExportError::unexpected(offset, format!("{expected} from 0 to 1"), value))
    }

    fn float(&mut self, precision: &Precision, expected: &'static str) -> Result<f64, ExportError> {
        let offset = self.offset();
        let mantissa = self.integer(expected)?;
        let exponent = self.integer(expected)?;
        exact(mantissa, exponent, precision).ok_or_else(|| {
            ExportError::unexpected(
                offset,
                format!("{expected}, a finite {}", precision.name),
                format!("{mantissa} * 2^{exponent}"),
            )
        })
    }
}

/// `mantissa * 2^exponent`, if the type of that precision holds exactly this value.
fn exact(mantissa: i64, exponent: i64, precision: &Precision) -> Option<f64> {
    if exponent >= FIRST_SPECIAL_EXPONENT {
        return None;
    }
    // A zero has no odd mantissa to reduce to, and dlib writes no sign for it.
    if mantissa == 0 {
        return Some(0.0);
    }
    // Reduced to an odd mantissa, the value is representable if the mantissa fits, its last bit is
    // not below the smallest subnormal, and its first bit is below the overflow threshold.
    let shift = mantissa.trailing_zeros();
    let odd = mantissa >> shift;
    let exponent = exponent.checked_add(i64::from(shift))?;
    let bits = u64::BITS - odd.unsigned_abs().leading_zeros();
    let representable = bits <= precision.mantissa_bits
        && exponent >= precision.lowest_exponent
        && exponent.checked_add(i64::from(bits))? <= precision.overflow_exponent;
    if !representable {
        return None;
    }
    // 2^-1074 and 2^1023 lie at the ends of what f64 has; in two halves no intermediate value leaves
    // the range of normal numbers, and the last product is exact because the result is representable.
    let half = exponent / 2;
    #[expect(clippy::cast_precision_loss, reason = "at most 53 bits")]
    Some(odd as f64 * power_of_two(half)? * power_of_two(exponent - half)?)
}

/// `2^exponent` for an exponent within those of normal numbers.
fn power_of_two(exponent: i64) -> Option<f64> {
    let biased = u64::try_from(exponent + 1023).ok().filter(|biased| (1..2047).contains(biased))?;
    Some(f64::from_bits(biased << 52))
}
