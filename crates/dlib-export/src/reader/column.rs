//! Matrices of one column, written number by number.

use super::{FLOAT_BYTES, Reader};
use crate::error::ExportError;

impl Reader<'_> {
    /// The sizes of a matrix of one column; returns the rows, as many as the file can hold. dlib marks
    /// its present matrix format by negative sizes.
    pub(crate) fn column(&mut self, expected: &'static str) -> Result<usize, ExportError> {
        let offset = self.offset();
        let rows = self.integer(expected)?;
        let columns = self.integer(expected)?;
        // Cannot overflow: an integer has at most 63 bits beside its sign.
        let (rows, columns) = if rows < 0 || columns < 0 { (-rows, -columns) } else { (rows, columns) };
        match usize::try_from(rows) {
            Ok(rows) if columns == 1 => {
                self.check_room(offset, rows, FLOAT_BYTES, expected)?;
                Ok(rows)
            }
            Ok(_) | Err(_) => Err(ExportError::unexpected(
                offset,
                format!("{expected} as a column of numbers"),
                format!("{rows} x {columns}"),
            )),
        }
    }
}
