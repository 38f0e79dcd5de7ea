//! Histograms of gradients: each pixel votes for its direction in the four cells around it.

use multiversion::multiversion;

use super::CELL;
use super::gradient::GradientRow;
use super::planes::Planes;

/// Signed directions of a cell.
pub(super) const DIRECTIONS: usize = 18;

/// Pixels on either side of a cell's middle.
const HALF: usize = CELL / 2;

/// One histogram a cell, row by row, with a border of one cell around those of the picture.
#[derive(Debug)]
pub(super) struct Histograms {
    /// Cells of the picture.
    pub(super) columns: usize,
    pub(super) rows: usize,
    votes: Vec<f32>,
}

impl Histograms {
    pub(super) fn from_planes(planes: &Planes) -> Self {
        // Rounded as dlib does: half a cell at the edge counts as one.
        let cells = |side: usize| (side + HALF) / CELL;
        let (columns, rows) = (cells(planes.width()), cells(planes.height()));
        let line = (columns + 2) * DIRECTIONS;
        let mut votes = vec![0.0; line * (rows + 2)];
        // Gradients need a neighbour on either side.
        let last_row = (rows * CELL).min(planes.height()).saturating_sub(1);
        let count = (columns * CELL).min(planes.width()).saturating_sub(2);
        let mut gradients = GradientRow::default();
        let mut row_votes = vec![0.0; line];
        for y in 1..last_row {
            gradients.read(planes, y, count);
            let (lengths, directions) = gradients.lengths_and_directions();
            // Scattered votes are slow: cast once a row of pixels, then added to both rows of cells.
            row_votes.fill(0.0);
            vote(lengths, directions, &mut row_votes);
            // The upper of the two cells, counted with the border, and how far the row is towards the lower.
            let (cell, lower) = between(y);
            let start = (cell * line).min(votes.len());
            let (_, from_upper) = votes.split_at_mut(start);
            let (upper_cells, from_lower) = from_upper.split_at_mut(line.min(from_upper.len()));
            add(&row_votes, 1.0 - lower, upper_cells);
            add(&row_votes, lower, from_lower);
        }
        Self { columns, rows, votes }
    }

    /// The histogram of a cell, counted with the border.
    pub(super) fn cell(&self, row: usize, column: usize) -> [f32; DIRECTIONS] {
        let start = (row * (self.columns + 2) + column) * DIRECTIONS;
        self.votes.get(start..).and_then(|votes| votes.first_chunk()).copied().unwrap_or_default()
    }
}

/// The first of the two cells, counted with the border, between whose middles a pixel lies, and the weight
/// of the second one.
fn between(pixel: usize) -> (usize, f32) {
    let place = pixel + HALF;
    (place / CELL, ((place % CELL) as f32 + 0.5) / CELL as f32)
}

/// Adds the votes of a row's pixels, from the second one on, to the cells at their left and right.
fn vote(lengths: &[f32], directions: &[u32], row: &mut [f32]) {
    let mut pixels = lengths.iter().zip(directions);
    let mut next = 1;
    while pixels.len() > 0 {
        let (cell, _) = between(next);
        let in_run = CELL - (next + HALF) % CELL;
        let cells =
            row.get_mut(cell * DIRECTIONS..).and_then(|row| row.first_chunk_mut::<{ 2 * DIRECTIONS }>());
        let Some(cells) = cells else { return };
        let (left, right) = cells.split_at_mut(DIRECTIONS);
        for (x, (length, &direction)) in (next..).zip(pixels.by_ref().take(in_run)) {
            let (_, weight) = between(x);
            let direction = direction as usize;
            if let (Some(left), Some(right)) = (left.get_mut(direction), right.get_mut(direction)) {
                *left += (1.0 - weight) * length;
                *right += weight * length;
            }
        }
        next += in_run;
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add(row: &[f32], weight: f32, votes: &mut [f32]) {
    for (sum, vote) in votes.iter_mut().zip(row) {
        *sum += weight * vote;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pixel_votes_by_its_distance_from_the_middles_of_cells() {
        assert_eq!(between(0), (0, 0.5625));
        assert_eq!(between(3), (0, 0.9375));
        assert_eq!(between(4), (1, 0.0625));
        let mut row = [0.0; 3 * DIRECTIONS];
        vote(&[16.0, 0.0, 0.0, 32.0], &[2, 0, 0, 17], &mut row);
        assert_eq!((row[2], row[DIRECTIONS + 2]), (16.0 * 0.3125, 16.0 * 0.6875));
        assert_eq!((row[2 * DIRECTIONS - 1], row[3 * DIRECTIONS - 1]), (30.0, 2.0));
    }

    proptest! {
        #[test]
        fn no_vote_is_lost(width in 1_usize..60, height in 1_usize..60, seed in any::<u8>()) {
            let plane: Vec<u8> = (0..width * height).map(|i| (i * i + i * usize::from(seed)) as u8).collect();
            let planes = Planes::from_channels(width, height, [plane.clone(), plane.clone(), plane]);
            let histograms = Histograms::from_planes(&planes);
            let mut expected = 0.0;
            let mut row = GradientRow::default();
            for y in 1..(histograms.rows * CELL).min(height).saturating_sub(1) {
                row.read(&planes, y, (histograms.columns * CELL).min(width).saturating_sub(2));
                expected += row.lengths_and_directions().0.iter().copied().map(f64::from).sum::<f64>();
            }
            let sum: f64 = histograms.votes.iter().copied().map(f64::from).sum();
            prop_assert!((sum - expected).abs() <= 1e-4 * expected, "{sum} {expected}");
        }
    }
}
