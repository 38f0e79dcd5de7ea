//! The encoding of the old document: UTF-8, or what editors and shells of Windows make of it.

use std::borrow::Cow;

use super::report::LegacyError;

/// The text as UTF-8, without a byte-order mark. Without a mark it is left as it is.
///
/// # Errors
/// [`LegacyError::NotUtf16`] when the mark says UTF-16 and the rest is none.
pub(super) fn to_utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, LegacyError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, text @ ..] => Ok(Cow::Borrowed(text)),
        [0xFF, 0xFE, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xFE, 0xFF, text @ ..] => utf16(text, u16::from_be_bytes),
        text => Ok(Cow::Borrowed(text)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, [u8]>, LegacyError> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(LegacyError::NotUtf16);
    }
    let text = char::decode_utf16(units.iter().map(|bytes| unit(*bytes)));
    let text = text.collect::<Result<String, _>>().map_err(|_| LegacyError::NotUtf16)?;
    Ok(Cow::Owned(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_known_and_taken_away() {
        let text = "{\"Zoë 🎉\": {}}";
        let units = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<_>>();
        let marked = [
            [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat(),
            [b"\xFF\xFE".as_slice(), &units(u16::to_le_bytes)].concat(),
            [b"\xFE\xFF".as_slice(), &units(u16::to_be_bytes)].concat(),
            text.as_bytes().to_vec(),
        ];
        for bytes in marked {
            assert_eq!(*to_utf8(&bytes).unwrap(), *text.as_bytes());
        }
    }

    #[test]
    fn half_a_character_is_an_error() {
        for bytes in [b"\xFF\xFE{".as_slice(), b"\xFF\xFE\x00\xD8"] {
            assert!(matches!(to_utf8(bytes), Err(LegacyError::NotUtf16)));
        }
    }
}
