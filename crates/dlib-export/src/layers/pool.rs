//! Pooling layers.

use crate::error::ExportError;
use crate::reader::Reader;

/// What a pool makes of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    Max,
    Average,
}

/// The size of a square pooling window; 0 is the whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolShape {
    pub(crate) window: usize,
    pub(crate) stride: usize,
}

impl PoolShape {
    /// Rows (or columns) of the result for a picture of that many.
    pub(crate) fn output_side(self, side: usize) -> usize {
        side.saturating_sub(self.window) / self.stride.max(1) + 1
    }
}

impl Pool {
    /// A pooling layer without padding, which must have the given sizes.
    pub(crate) fn expect(self, reader: &mut Reader<'_>, shape: PoolShape) -> Result<(), ExportError> {
        reader.expect_name(match self {
            Self::Max => "max_pool_2",
            Self::Average => "avg_pool_2",
        })?;
        // Compared, though nothing is made of them: the graph is built by the sizes that are expected here.
        for (size, what) in [
            (shape.window, "the rows of a pooling window"),
            (shape.window, "the columns of a pooling window"),
            (shape.stride, "the vertical stride"),
            (shape.stride, "the horizontal stride"),
            (0, "the vertical padding"),
            (0, "the horizontal padding"),
        ] {
            reader.expect_size(size, what)?;
        }
        Ok(())
    }
}
