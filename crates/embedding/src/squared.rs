//! The squared Euclidean distance, in the one order of summation that all searches share.

use crate::DIMENSIONS;

/// Accumulators of one distance. With 64 the compiler fills the vector registers of AVX2 and AVX-512;
/// with 16 or 32 it was measured 2 to 3 times slower.
const LANES: usize = 64;

/// The squared Euclidean distance of two vectors.
///
/// Differences are squared and summed as they are: `2 - 2 * dot` would lose the digits of small
/// distances. No fused multiply-add, and one order of summation: every machine finds the same numbers,
/// in memory and in a store. Inlined, so that a caller compiled for wider registers has it in them.
#[inline(always)]
#[must_use]
pub fn squared_distance(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            let difference = a - b;
            *sum += difference * difference;
        }
    }
    let sixteen = fold(fold(&mut sums));
    fold(fold(fold(fold(sixteen)))).iter().sum()
}

/// Adds the upper half to the lower half.
#[inline(always)]
fn fold(sums: &mut [f32]) -> &mut [f32] {
    let (lower, upper) = sums.split_at_mut(sums.len() / 2);
    for (l, u) in lower.iter_mut().zip(upper) {
        *l += *u;
    }
    lower
}

const _: () = assert!(DIMENSIONS.is_multiple_of(LANES), "every number is in a chunk of lanes");
