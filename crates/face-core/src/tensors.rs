//! Typed reading of the safetensors files that the set-up writes.

use safetensors::{Dtype, SafeTensors};

/// The tensors of one file; little-endian bytes stay where they are until a tensor is asked for.
pub(crate) struct Tensors<'a>(SafeTensors<'a>);

/// The values of one tensor in row-major order, and its shape.
pub(crate) struct Tensor<T> {
    pub(crate) values: Vec<T>,
    shape: Vec<usize>,
}

impl<T> Tensor<T> {
    /// The first two dimensions, zero where there are fewer.
    pub(crate) fn dimensions(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.shape.get(axis).copied().unwrap_or_default())
    }

    /// The last dimension.
    pub(crate) fn last_dimension(&self) -> usize {
        self.shape.last().copied().unwrap_or_default()
    }
}

impl<'a> Tensors<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        SafeTensors::deserialize(bytes).map(Self).map_err(|e| format!("no safetensors file: {e}"))
    }

    /// A tensor of 32-bit floats; `None` in `shape` lets a dimension be anything.
    pub(crate) fn floats(&self, name: &str, shape: &[Option<usize>]) -> Result<Tensor<f32>, String> {
        finite(name, self.tensor(name, shape, Dtype::F32, f32::from_le_bytes)?, |value| value.is_finite())
    }

    /// A tensor of unsigned 32-bit integers; `None` in `shape` lets a dimension be anything.
    pub(crate) fn integers(&self, name: &str, shape: &[Option<usize>]) -> Result<Tensor<u32>, String> {
        self.tensor(name, shape, Dtype::U32, u32::from_le_bytes)
    }

    /// A tensor of 64-bit floats; `None` in `shape` lets a dimension be anything.
    pub(crate) fn doubles(&self, name: &str, shape: &[Option<usize>]) -> Result<Tensor<f64>, String> {
        finite(name, self.tensor(name, shape, Dtype::F64, f64::from_le_bytes)?, |value| value.is_finite())
    }

    fn tensor<T, const BYTES: usize>(
        &self,
        name: &str,
        shape: &[Option<usize>],
        kind: Dtype,
        from_bytes: fn([u8; BYTES]) -> T,
    ) -> Result<Tensor<T>, String> {
        let view = self.0.tensor(name).map_err(|_| format!("tensor '{name}' is missing"))?;
        let fits = view.shape().len() == shape.len()
            && view.shape().iter().zip(shape).all(|(&got, wanted)| wanted.is_none_or(|wanted| wanted == got));
        if view.dtype() != kind || !fits {
            return Err(format!("tensor '{name}' is {:?} {:?}, not as expected", view.dtype(), view.shape()));
        }
        // There is no rest: `safetensors` checked the length against shape and type.
        let (words, _) = view.data().as_chunks::<BYTES>();
        Ok(Tensor {
            values: words.iter().map(|&word| from_bytes(word)).collect(),
            shape: view.shape().to_vec(),
        })
    }
}

/// A NaN would pass unnoticed: comparisons with it are false, and sums become it.
fn finite<T: Copy>(name: &str, tensor: Tensor<T>, is_finite: fn(T) -> bool) -> Result<Tensor<T>, String> {
    if tensor.values.iter().all(|&value| is_finite(value)) {
        Ok(tensor)
    } else {
        Err(format!("tensor '{name}' holds a number that is not finite"))
    }
}
