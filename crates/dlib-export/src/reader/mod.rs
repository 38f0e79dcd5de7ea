//! A bounds-checked reader of dlib's serialisation format.
//!
//! The format (dlib/serialize.h) has no index and no checksum: values follow each other, and what
//! comes next is known only to the type being read. Every method takes the name of what is
//! expected, so that an error can say what the file should have had at that byte.
//!
//! No length in the file is trusted: a count is accepted only if the bytes that remain could hold
//! that many elements, so memory stays proportional to the size of the input.

mod column;
mod float;
mod tensor;

use std::ops::RangeInclusive;

use crate::error::ExportError;

/// The fewest bytes an integer, and likewise a vector or one element of it, can take.
pub(crate) const INTEGER_BYTES: usize = 2;
/// A floating-point number: mantissa and exponent.
pub(crate) const FLOAT_BYTES: usize = 2 * INTEGER_BYTES;

/// Layer names are the only strings in these files; the longest has 23 characters.
const LONGEST_STRING: usize = 64;

/// A cursor over the bytes of a file.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Self {
        Self { rest: file, offset: 0 }
    }

    /// What `read` makes of a whole file.
    pub(crate) fn whole<T>(
        file: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        let mut reader = Self::new(file);
        let value = read(&mut reader)?;
        reader.expect_end()?;
        Ok(value)
    }

    /// The byte that is read next, counted from the start of the file.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Takes exactly `count` bytes.
    pub(crate) fn bytes(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], ExportError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(ExportError::Truncated { offset: self.offset, expected })?;
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8, ExportError> {
        let (&first, rest) =
            self.rest.split_first().ok_or(ExportError::Truncated { offset: self.offset, expected })?;
        self.rest = rest;
        self.offset += 1;
        Ok(first)
    }

    /// An integer: a control byte (bit 7 the sign, bits 0 to 3 the number of bytes that follow), then
    /// the magnitude, least significant byte first.
    pub(crate) fn integer(&mut self, expected: &'static str) -> Result<i64, ExportError> {
        let offset = self.offset;
        let control = self.byte(expected)?;
        let size = usize::from(control & 0x0f);
        // Bits 4 to 6 are never set by dlib, and an integer has one byte at least, even 0.
        if control & 0x70 != 0 || !(1..=8).contains(&size) {
            return Err(ExportError::unexpected(
                offset,
                format!("the control byte of {expected}"),
                format!("0x{control:02x}"),
            ));
        }
        // An error names the start of the value, not the byte after the control byte.
        let bytes = self.bytes(size, expected).map_err(|_| ExportError::Truncated { offset, expected })?;
        let magnitude = bytes.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        let value = i64::try_from(magnitude).map_err(|_| {
            ExportError::unexpected(offset, format!("{expected} of at most 63 bits"), magnitude)
        })?;
        Ok(if control & 0x80 == 0 { value } else { -value })
    }

    /// An integer that must have one particular value: a version, or a size fixed by the network.
    pub(crate) fn expect_integer(&mut self, value: i64, expected: &'static str) -> Result<(), ExportError> {
        let offset = self.offset;
        let found = self.integer(expected)?;
        if found == value {
            Ok(())
        } else {
            Err(ExportError::unexpected(offset, format!("{value} as {expected}"), found))
        }
    }

    /// A size that must have one particular value.
    pub(crate) fn expect_size(&mut self, value: usize, expected: &'static str) -> Result<(), ExportError> {
        // A size beyond i64 cannot be written, so it cannot be found either.
        self.expect_integer(i64::try_from(value).unwrap_or(i64::MAX), expected)
    }

    /// An integer that is not negative.
    pub(crate) fn size(&mut self, expected: &'static str) -> Result<usize, ExportError> {
        let offset = self.offset;
        let value = self.integer(expected)?;
        usize::try_from(value)
            .map_err(|_| ExportError::unexpected(offset, format!("{expected} of 0 or more"), value))
    }

    /// An integer within a range.
    pub(crate) fn size_within(
        &mut self,
        range: RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<usize, ExportError> {
        let offset = self.offset;
        let value = self.size(expected)?;
        if range.contains(&value) {
            return Ok(value);
        }
        Err(ExportError::unexpected(
            offset,
            format!("{expected} from {} to {}", range.start(), range.end()),
            value,
        ))
    }

    /// The number of elements that follow, each of which takes `element_bytes` or more.
    pub(crate) fn count(
        &mut self,
        element_bytes: usize,
        expected: &'static str,
    ) -> Result<usize, ExportError> {
        let offset = self.offset;
        let count = self.size(expected)?;
        self.check_room(offset, count, element_bytes, expected)?;
        Ok(count)
    }

    /// Refuses a count of elements that the bytes that remain cannot hold.
    pub(crate) fn check_room(
        &self,
        offset: usize,
        count: usize,
        element_bytes: usize,
        expected: &'static str,
    ) -> Result<(), ExportError> {
        let remaining = self.rest.len();
        // In usize a product of a hostile count could wrap to a small number.
        match count.checked_mul(element_bytes) {
            Some(bytes) if bytes <= remaining => Ok(()),
            Some(_) | None => Err(ExportError::TooLong { offset, expected, count: count as u64, remaining }),
        }
    }

    /// A truth value: the character `0` or `1`.
    pub(crate) fn boolean(&mut self, expected: &'static str) -> Result<bool, ExportError> {
        let offset = self.offset;
        match self.byte(expected)? {
            // dlib writes a bool as text and not as a byte of 0 or 1.
            b'0' => Ok(false),
            b'1' => Ok(true),
            other => Err(ExportError::unexpected(
                offset,
                format!("'0' or '1' as {expected}"),
                format!("0x{other:02x}"),
            )),
        }
    }

    /// The name and version a layer starts with.
    pub(crate) fn expect_name(&mut self, name: &'static str) -> Result<(), ExportError> {
        let offset = self.offset;
        let length = self.count(1, name)?;
        let unexpected = |found| ExportError::unexpected(offset, format!("the name {name:?}"), found);
        // The text goes into the message, which must not grow with the file.
        if length > LONGEST_STRING {
            return Err(unexpected(format!("a string of {length} bytes")));
        }
        let found = self.bytes(length, name)?;
        if found == name.as_bytes() {
            Ok(())
        } else {
            Err(unexpected(format!("\"{}\"", found.escape_ascii())))
        }
    }

    /// Nothing may follow the last value: what is left would be data that the export ignores.
    pub(crate) fn expect_end(&self) -> Result<(), ExportError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ExportError::unexpected(
                self.offset,
                "the end of the file",
                format!("{} more bytes", self.rest.len()),
            ))
        }
    }
}

#[cfg(test)]
mod tests;
