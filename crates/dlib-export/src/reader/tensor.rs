//! Tensors of a network: four sizes, then raw single-precision numbers.

use super::Reader;
use crate::error::ExportError;

/// A tensor as dlib stores it: samples, channels (`k`), rows and columns, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: [usize; 4],
    pub(crate) values: Vec<f32>,
}

impl Reader<'_> {
    /// A tensor of finite numbers: version 2, the four sizes, then little-endian IEEE 754 values.
    pub(crate) fn tensor(&mut self, expected: &'static str) -> Result<Tensor, ExportError> {
        self.expect_integer(2, "the version of a tensor")?;
        let offset = self.offset();
        let shape = self.shape(expected)?;
        let count = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        // A product beyond usize is longer than any file.
        let count = count.unwrap_or(usize::MAX);
        self.check_room(offset, count, size_of::<f32>(), expected)?;
        let start = self.offset();
        let bytes = self.bytes(count * size_of::<f32>(), expected)?;
        // No remainder: so many whole words were taken.
        let (words, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(Tensor { shape, values }),
            Some(index) => Err(ExportError::unexpected(
                start + index * size_of::<f32>(),
                format!("finite numbers in {expected}"),
                "infinity or NaN",
            )),
        }
    }

    /// The four sizes of a tensor.
    pub(crate) fn shape(&mut self, expected: &'static str) -> Result<[usize; 4], ExportError> {
        Ok([self.size(expected)?, self.size(expected)?, self.size(expected)?, self.size(expected)?])
    }
}
