//! A limit on the memory that reading a file may take.

/// Memory that does not depend on the size of the file: messages of errors, names, small tables.
const CONSTANT: usize = 16 << 10;

/// Reads `file`, and fails if the reading held more than `per_byte` bytes for each byte of it at any
/// time.
pub(crate) fn within_memory<T>(file: &[u8], per_byte: usize, read: impl FnOnce(&[u8]) -> T) -> T {
    let mut result = None;
    let held = allocation_counter::measure(|| result = Some(read(file))).bytes_max;
    let limit = per_byte * file.len() + CONSTANT;
    assert!(held <= limit as u64, "{held} bytes for a file of {} bytes", file.len());
    result.unwrap()
}
