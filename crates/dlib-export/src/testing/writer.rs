//! Writes dlib's serialisation, as dlib/serialize.h does.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what it writes is known, and no product code uses it"
)]

/// A file under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    /// The file that `write` makes.
    #[cfg(test)]
    pub(crate) fn file(write: impl FnOnce(&mut Self) -> &mut Self) -> Vec<u8> {
        let mut writer = Self::default();
        write(&mut writer);
        writer.bytes
    }

    /// Control byte and as many bytes of the magnitude as it needs, but one at least.
    pub(crate) fn integer(&mut self, value: i64) -> &mut Self {
        let magnitude = value.unsigned_abs().to_le_bytes();
        let size = 8 - magnitude[1..].iter().rev().take_while(|&&byte| byte == 0).count();
        let sign = if value < 0 { 0x80 } else { 0 };
        self.bytes.push(sign | u8::try_from(size).unwrap());
        self.bytes.extend(&magnitude[..size]);
        self
    }

    pub(crate) fn integers(&mut self, values: &[i64]) -> &mut Self {
        for &value in values {
            self.integer(value);
        }
        self
    }

    pub(crate) fn size(&mut self, value: usize) -> &mut Self {
        self.integer(i64::try_from(value).unwrap())
    }

    /// The mantissa without the zero bytes at its end, then the exponent; special values as
    /// mantissa 0 with an exponent from 32000.
    pub(crate) fn float(&mut self, value: f64) -> &mut Self {
        if !value.is_finite() {
            let code = if value.is_nan() { 32_002 } else { 32_000 + i64::from(value < 0.0) };
            return self.integers(&[0, code]);
        }
        let bits = value.to_bits();
        let fraction = i64::try_from(bits & ((1 << 52) - 1)).unwrap();
        let biased = i64::try_from(bits >> 52 & 0x7ff).unwrap();
        let (mut mantissa, mut exponent) =
            if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
        while mantissa != 0 && mantissa & 0xff == 0 {
            mantissa >>= 8;
            exponent += 8;
        }
        self.integers(&[if value < 0.0 { -mantissa } else { mantissa }, exponent])
    }

    pub(crate) fn floats(&mut self, values: &[f32]) -> &mut Self {
        for &value in values {
            self.float(f64::from(value));
        }
        self
    }

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.bytes.push(if value { b'1' } else { b'0' });
        self
    }

    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.size(name.len());
        self.bytes.extend(name.as_bytes());
        self
    }

    /// Version 2, samples, channels, rows, columns, raw values.
    pub(crate) fn tensor(&mut self, shape: [usize; 4], values: &[f32]) -> &mut Self {
        self.integer(2);
        for size in shape {
            self.size(size);
        }
        self.bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self
    }

    /// A matrix of one column, which dlib marks by negative sizes.
    pub(crate) fn column(&mut self, values: &[f32]) -> &mut Self {
        self.integers(&[-i64::try_from(values.len()).unwrap(), -1]).floats(values)
    }
}
