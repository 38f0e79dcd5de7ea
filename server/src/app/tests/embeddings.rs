//! Embeddings as a client may make them, without a picture.

/// A unit vector of its own for every number below 65,536.
pub(super) fn embedding(number: usize) -> Vec<f32> {
    let sign = |bit: usize| if (number >> (bit % 16)) & 1 == bit / 16 % 2 { 1.0 } else { -1.0 };
    (0..128).map(|bit| sign(bit) / 128.0_f32.sqrt()).collect()
}
