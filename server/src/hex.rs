//! Bytes as hexadecimal digits, and back.

/// Two digits a byte, in lower case.
pub(crate) fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    bytes.into_iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that these digits are, in either case; `None` unless there are as many as needed and nothing else.
pub(crate) fn from_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    // The digits are checked, because `from_str_radix` takes a sign too: "+f" would be 15.
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
