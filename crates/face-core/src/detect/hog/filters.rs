//! A filter over all features, as products of a column and a row: each plane of weights is of low rank.

use multiversion::multiversion;

use super::features::{FeatureMaps, LANES};
use super::{FEATURES, SIDE};

/// What is left of a plane counts as nothing below this part of its largest weight: the weights are of
/// 32 bits, and those of the published detector are exactly of low rank.
const NOTHING: f64 = 1e-6;

/// One detector's weights: for each feature the products that make up its plane.
#[derive(Debug)]
pub(super) struct Filter {
    planes: Vec<Vec<Product>>,
}

/// The plane of weights `column[i] * row[j]`.
#[derive(Debug, Clone, PartialEq)]
struct Product {
    column: [f32; SIDE],
    row: [f32; SIDE],
}

/// What a filter says of each place where a window can begin.
#[derive(Debug)]
pub(super) struct Scores {
    values: Vec<f32>,
    stride: usize,
    columns: usize,
}

impl Scores {
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.stride).map(|row| row.get(..self.columns).unwrap_or_default())
    }
}

impl Filter {
    /// Of weights by feature, row and column.
    pub(super) fn from_weights(weights: &[f32]) -> Self {
        let (rows, _) = weights.as_chunks::<SIDE>();
        let (planes, _) = rows.as_chunks::<SIDE>();
        // Taken apart at load time: the five published filters then cost 6,100 multiplications a window in
        // place of 15,500.
        Self { planes: planes.iter().take(FEATURES).map(products).collect() }
    }

    /// The correlation of the filter with every window of the maps: nothing is mirrored.
    pub(super) fn scores(&self, maps: &FeatureMaps) -> Scores {
        let stride = maps.columns.next_multiple_of(LANES);
        let mut values = vec![0.0; stride * maps.rows];
        let mut across = vec![0.0; stride * (maps.rows + SIDE - 1)];
        for (map, products) in maps.maps().zip(&self.planes) {
            for product in products {
                filter_rows(map, maps.stride, &product.row, &mut across, stride);
                filter_columns(&across, stride, &product.column, &mut values);
            }
        }
        Scores { values, stride, columns: maps.columns }
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn filter_rows(map: &[f32], map_stride: usize, taps: &[f32; SIDE], across: &mut [f32], stride: usize) {
    for (source, target) in map.chunks_exact(map_stride).zip(across.chunks_exact_mut(stride)) {
        for (i, sums) in target.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let windows = source.get(i * LANES..).unwrap_or_default().windows(LANES);
            *sums = weighted(windows.filter_map(|window| window.first_chunk()), taps, [0.0; LANES]);
        }
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn filter_columns(across: &[f32], stride: usize, taps: &[f32; SIDE], values: &mut [f32]) {
    for (row, target) in values.chunks_exact_mut(stride).enumerate() {
        for (i, sums) in target.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let below = across.get(row * stride + i * LANES..).unwrap_or_default();
            let rows = below.chunks(stride).filter_map(|row| row.first_chunk());
            *sums = weighted(rows, taps, *sums);
        }
    }
}

/// Adds the lines of values, each times its weight.
#[inline(always)]
fn weighted<'a>(
    lines: impl Iterator<Item = &'a [f32; LANES]>,
    taps: &[f32; SIDE],
    mut sums: [f32; LANES],
) -> [f32; LANES] {
    for (tap, line) in taps.iter().zip(lines) {
        for (sum, value) in sums.iter_mut().zip(line) {
            *sum += tap * value;
        }
    }
    sums
}

/// A plane as the fewest products that give it: the row and column of the largest weight that is left are
/// taken out, until nothing is left.
fn products(plane: &[[f32; SIDE]; SIDE]) -> Vec<Product> {
    let mut left = plane.map(|row| row.map(f64::from));
    let largest = |left: &[[f64; SIDE]; SIDE]| {
        let places =
            left.iter().enumerate().flat_map(|(i, row)| (0..).zip(row).map(move |(j, w)| (i, j, *w)));
        places.max_by(|a, b| a.2.abs().total_cmp(&b.2.abs())).unwrap_or_default()
    };
    let nothing = NOTHING * largest(&left).2.abs();
    let mut products = Vec::new();
    for _ in 0..SIDE {
        // Dividing by the largest weight keeps the rounding errors small.
        let (i, j, pivot) = largest(&left);
        if pivot.abs() <= nothing {
            break;
        }
        let row = left.get(i).copied().unwrap_or_default().map(|weight| weight / pivot);
        let column = left.map(|row| row.get(j).copied().unwrap_or_default());
        for (weights, c) in left.iter_mut().zip(column) {
            for (weight, r) in weights.iter_mut().zip(row) {
                *weight -= c * r;
            }
        }
        products.push(Product { column: column.map(|c| c as f32), row: row.map(|r| r as f32) });
    }
    products
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::hog::planes::Planes;

    fn sum_of(products: &[Product]) -> Vec<f32> {
        let weight = |i: usize, j: usize| products.iter().map(|p| p.column[i] * p.row[j]).sum();
        (0..SIDE * SIDE).map(|at| weight(at / SIDE, at % SIDE)).collect()
    }

    fn plane() -> impl Strategy<Value = [[f32; SIDE]; SIDE]> {
        prop::array::uniform10(prop::array::uniform10(-1.0_f32..1.0))
    }

    #[test]
    fn the_fewest_products_are_found() {
        assert_eq!(products(&[[0.0; SIDE]; SIDE]), []);
        assert_eq!(products(&[[0.25; SIDE]; SIDE]).len(), 1);
        let two =
            std::array::from_fn(|i| std::array::from_fn(|j| (i + 1) as f32 * 0.1 + (j * j) as f32 * 0.3));
        assert_eq!(products(&two).len(), 2);
    }

    proptest! {
        #[test]
        fn products_give_the_plane_again(plane in plane()) {
            for (found, expected) in sum_of(&products(&plane)).iter().zip(plane.as_flattened()) {
                prop_assert!((found - expected).abs() < 1e-4, "{found} {expected}");
            }
        }

        #[test]
        fn scores_are_the_correlation_at_every_place(
            plane in plane(),
            feature in 0..FEATURES,
            width in 20_usize..320,
            height in 20_usize..60,
        ) {
            let pixels: Vec<u8> = (0..width * height).map(|i| (i * i % 251) as u8).collect();
            let planes = Planes::from_channels(width, height, [pixels.clone(), pixels.clone(), pixels]);
            let maps = FeatureMaps::from_planes(&planes).unwrap();
            let mut weights = vec![0.0; FEATURES * SIDE * SIDE];
            weights[feature * SIDE * SIDE..][..SIDE * SIDE].copy_from_slice(plane.as_flattened());
            let scores = Filter::from_weights(&weights).scores(&maps);
            let map = maps.maps().nth(feature).unwrap();
            prop_assert_eq!(scores.rows().count(), maps.rows);
            for (y, row) in scores.rows().enumerate() {
                prop_assert_eq!(row.len(), maps.columns);
                for (x, score) in row.iter().enumerate() {
                    let window = |i: usize, j: usize| map[(y + i) * maps.stride + x + j];
                    let expected: f32 =
                        (0..SIDE * SIDE).map(|at| plane[at / SIDE][at % SIDE] * window(at / SIDE, at % SIDE)).sum();
                    prop_assert!((score - expected).abs() < 1e-3, "{score} {expected}");
                }
            }
        }
    }
}
