//! The 31 features of each cell: its histogram, normalised by the four blocks of 2 x 2 cells around it.
//!
//! dlib/image_transforms/fhog.h, after Felzenszwalb et al.: cut off at 0.2, four texture features.

use multiversion::multiversion;

use super::histogram::{DIRECTIONS, Histograms};
use super::planes::Planes;
use super::{BORDER, FEATURES, SIDE};

/// Values that a filter works on together; a row of features is padded so that they can always be read.
pub(super) const LANES: usize = 16;

/// One map a feature, with zeros around it: [`BORDER`] rows and columns before, one more behind.
#[derive(Debug)]
pub(super) struct FeatureMaps {
    /// Places where a window can begin; as many as cells with features.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Values from row to row.
    pub(super) stride: usize,
    values: Vec<f32>,
}

impl FeatureMaps {
    /// The features of all cells with neighbours on every side; `None` where there is no such cell.
    pub(super) fn from_planes(planes: &Planes) -> Option<Self> {
        let histograms = Histograms::from_planes(planes);
        let (columns, rows) = (histograms.columns.checked_sub(2)?, histograms.rows.checked_sub(2)?);
        if columns == 0 || rows == 0 {
            return None;
        }
        let stride = columns.next_multiple_of(LANES) + LANES;
        let plane = stride * (rows + SIDE - 1);
        let mut values = vec![0.0; FEATURES * plane];
        let energies = Energies::from_histograms(&histograms);
        let mut cells = vec![[0.0; FEATURES]; columns];
        for row in 0..rows {
            measure(&histograms, &energies, row, &mut cells);
            let place = (row + BORDER) * stride + BORDER;
            for (feature, map) in values.chunks_exact_mut(plane).enumerate() {
                for (value, cell) in map.iter_mut().skip(place).zip(&cells) {
                    *value = cell.get(feature).copied().unwrap_or_default();
                }
            }
        }
        Some(Self { columns, rows, stride, values })
    }

    /// The rows of each map, [`Self::stride`] values a row.
    pub(super) fn maps(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.stride * (self.rows + SIDE - 1))
    }
}

/// The features of one row of cells.
// Compiled for each instruction set and chosen at run time: one binary serves every x86-64 machine.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn measure(histograms: &Histograms, energies: &Energies, row: usize, cells: &mut [[f32; FEATURES]]) {
    for (column, cell) in cells.iter_mut().enumerate() {
        *cell = features(&histograms.cell(row + 2, column + 2), energies.around(row, column));
    }
}

/// The energy of each block of 2 x 2 cells, row by row.
struct Energies {
    blocks: Vec<f32>,
    columns: usize,
}

impl Energies {
    fn from_histograms(histograms: &Histograms) -> Self {
        let unsigned = |histogram: [f32; DIRECTIONS]| {
            let (first, opposite) = histogram.split_at(DIRECTIONS / 2);
            first.iter().zip(opposite).map(|(a, b)| (a + b) * (a + b)).sum::<f32>()
        };
        let cells = (1..=histograms.rows).flat_map(|row| {
            (1..=histograms.columns).map(move |column| unsigned(histograms.cell(row, column)))
        });
        let cells: Vec<f32> = cells.collect();
        let lines: Vec<&[f32]> = cells.chunks_exact(histograms.columns.max(1)).collect();
        let blocks = lines.windows(2).flat_map(|pair| match pair {
            [above, below] => above.windows(2).zip(below.windows(2)).map(four as fn(_) -> _).collect(),
            _ => Vec::new(),
        });
        Self { blocks: blocks.collect(), columns: histograms.columns.saturating_sub(1) }
    }

    /// Of the four blocks that hold a cell with features.
    fn around(&self, row: usize, column: usize) -> [f32; 4] {
        [(row + 1, column + 1), (row, column + 1), (row + 1, column), (row, column)]
            .map(|(row, column)| self.blocks.get(row * self.columns + column).copied().unwrap_or_default())
    }
}

fn four((above, below): (&[f32], &[f32])) -> f32 {
    above.iter().zip(below).map(|(a, b)| a + b).sum()
}

/// Signed directions, directions without their sign, and texture, of a histogram in blocks of these energies.
#[inline(always)]
fn features(histogram: &[f32; DIRECTIONS], energies: [f32; 4]) -> [f32; FEATURES] {
    // Each direction is cut off at 0.2 of the block's norm; 1e-4 keeps an even block from dividing by zero.
    let limits = energies.map(|energy| 0.2 * (energy + 1e-4).sqrt());
    let scales = limits.map(|limit| 0.1 / limit);
    // One term a block; the four of a direction are next to each other, as the compiler wants them.
    let terms = |votes: f32| {
        let mut terms = [0.0; 4];
        for ((term, limit), scale) in terms.iter_mut().zip(limits).zip(scales) {
            *term = if votes < limit { votes } else { limit } * scale;
        }
        terms
    };
    let mut found = [0.0; FEATURES];
    let (signed, others) = found.split_at_mut(DIRECTIONS);
    let (unsigned, texture) = others.split_at_mut(DIRECTIONS / 2);
    let mut sums = [0.0; 4];
    for (feature, &votes) in signed.iter_mut().zip(histogram) {
        let terms = terms(votes);
        *feature = terms.iter().sum();
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += term;
        }
    }
    let (first, opposite) = histogram.split_at(DIRECTIONS / 2);
    for (feature, (a, b)) in unsigned.iter_mut().zip(first.iter().zip(opposite)) {
        *feature = terms(a + b).iter().sum();
    }
    // 0.2357 is 1 / sqrt(18). Doubled, because terms are halved already: 0.1 / 0.2.
    for (texture, sum) in texture.iter_mut().zip(sums) {
        *texture = sum * (2.0 * 0.2357);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: usize, height: usize) -> Planes {
        let plane = |seed: usize| (0..width * height).map(|i| ((i * i * seed) >> 3) as u8).collect();
        Planes::from_channels(width, height, [plane(7), plane(11), plane(13)])
    }

    #[test]
    fn a_direction_that_fills_its_blocks_is_cut_off() {
        let mut histogram = [0.0; DIRECTIONS];
        histogram[3] = 10.0;
        let found = features(&histogram, [100.0; 4]);
        // Each of four terms is min(10, 0.2 * 10) * 0.1 / (0.2 * 10).
        assert!((found[3] - 0.4).abs() < 1e-6 && (found[DIRECTIONS + 3] - 0.4).abs() < 1e-6);
        assert!(found[27..].iter().all(|texture| (texture - 0.04714).abs() < 1e-6));
        assert_eq!(found.iter().filter(|f| **f != 0.0).count(), 6);
    }

    #[test]
    fn only_cells_with_neighbours_have_features_and_the_border_is_zero() {
        for (width, height) in [(1, 1), (19, 100), (100, 19)] {
            assert!(FeatureMaps::from_planes(&noise(width, height)).is_none(), "{width}x{height}");
        }
        let maps = FeatureMaps::from_planes(&noise(44, 20)).unwrap();
        assert_eq!((maps.columns, maps.rows), (4, 1));
        for map in maps.maps() {
            for (i, value) in map.iter().enumerate() {
                let inside = i / maps.stride == BORDER && (BORDER..BORDER + 4).contains(&(i % maps.stride));
                assert!(inside || *value == 0.0);
                assert!((0.0..=0.9).contains(value), "{value}");
            }
        }
        assert!(maps.maps().any(|map| map.iter().any(|value| *value > 0.1)));
    }
}
