//! The gradient of each pixel of a row: of the channel where it is steepest, in one of 18 directions.

use multiversion::multiversion;

use super::planes::Planes;

/// Pixels that dlib works on together; it resolves ties otherwise in the pixels behind the last block.
const BLOCK: usize = 8;

/// Unit vectors every 20 degrees; the opposite of direction `i` is number `i + 9`.
// The four digits of Felzenszwalb's code and of dlib, which decide between neighbouring directions.
const DIRECTIONS: [[f32; 2]; 9] = [
    [1.0, 0.0],
    [0.9397, 0.3420],
    [0.7660, 0.6428],
    [0.5, 0.8660],
    [0.1736, 0.9848],
    [-0.1736, 0.9848],
    [-0.5, 0.8660],
    [-0.7660, 0.6428],
    [-0.9397, 0.3420],
];

/// The gradients of the pixels of one row, from its second one on.
#[derive(Debug, Default)]
pub(super) struct GradientRow {
    across: Vec<f32>,
    down: Vec<f32>,
    /// Squared lengths, then lengths.
    lengths: Vec<f32>,
    directions: Vec<u32>,
}

impl GradientRow {
    /// Reads `count` pixels of row `y` from column 1 on, which is neither the first nor the last row, and
    /// there is a column more behind them.
    pub(super) fn read(&mut self, planes: &Planes, y: usize, count: usize) {
        let rows = [planes.row(y.saturating_sub(1)), planes.row(y), planes.row(y + 1)];
        self.across.clear();
        self.down.clear();
        self.lengths.clear();
        self.across.resize(count, 0.0);
        self.down.resize(count, 0.0);
        // Less than any, so that the first channel is always taken.
        self.lengths.resize(count, -1.0);
        self.directions.resize(count, 0);
        let in_blocks = count.saturating_sub(BLOCK - 1).div_ceil(BLOCK) * BLOCK;
        for channel in 0..3 {
            let [above, here, below] = rows.map(|row| row.get(channel).copied().unwrap_or_default());
            // Squared lengths are whole numbers: half a step turns "greater" into "greater or equal".
            for (pixels, tie) in [(0..in_blocks, 0.0), (in_blocks..count, 0.5)] {
                let part = |row, shift| part::<u8>(row, pixels.start + shift, pixels.len());
                steepest(
                    [part(here, 0), part(here, 2), part(above, 1), part(below, 1)],
                    tie,
                    self.across.get_mut(pixels.clone()).unwrap_or_default(),
                    self.down.get_mut(pixels.clone()).unwrap_or_default(),
                    self.lengths.get_mut(pixels.clone()).unwrap_or_default(),
                );
            }
        }
        measure(&self.across, &self.down, &mut self.lengths, &mut self.directions);
    }

    /// Length and direction (0 to 17) of each pixel's gradient.
    pub(super) fn lengths_and_directions(&self) -> (&[f32], &[u32]) {
        (&self.lengths, &self.directions)
    }
}

fn part<T>(row: &[T], start: usize, length: usize) -> &[T] {
    row.get(start..start + length).unwrap_or_default()
}

/// Takes a channel's gradient where it is longer than what was found before.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn steepest(neighbours: [&[u8]; 4], tie: f32, across: &mut [f32], down: &mut [f32], lengths: &mut [f32]) {
    let [left, right, above, below] = neighbours;
    let neighbours = left.iter().zip(right).zip(above.iter().zip(below));
    let found = across.iter_mut().zip(down).zip(lengths);
    for (((x, y), length), ((l, r), (a, b))) in found.zip(neighbours) {
        let [dx, dy] = [f32::from(*r) - f32::from(*l), f32::from(*b) - f32::from(*a)];
        let squared = dx * dx + dy * dy;
        let stays = *length + tie > squared;
        *x = if stays { *x } else { dx };
        *y = if stays { *y } else { dy };
        *length = if stays { *length } else { squared };
    }
}

/// The direction with the greatest product, the first of equal ones, and the roots of the lengths.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn measure(across: &[f32], down: &[f32], lengths: &mut [f32], directions: &mut [u32]) {
    for (((x, y), length), direction) in across.iter().zip(down).zip(lengths).zip(directions) {
        let (mut most, mut best) = (0.0, 0);
        for (i, [dx, dy]) in (0..).zip(DIRECTIONS) {
            let product = x * dx + y * dy;
            let better = product.abs() > most;
            let number = if product > 0.0 { i } else { i + 9 };
            best = if better { number } else { best };
            most = if better { product.abs() } else { most };
        }
        *direction = best;
        *length = length.sqrt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planes(width: usize, rows: [&dyn Fn(usize) -> [u8; 3]; 3]) -> Planes {
        let channel = |c: usize| {
            rows.iter().flat_map(|row| (0..width).map(move |x| row(x).get(c).copied().unwrap_or(0))).collect()
        };
        Planes::from_channels(width, 3, [channel(0), channel(1), channel(2)])
    }

    fn read(planes: &Planes, count: usize) -> (Vec<f32>, Vec<u32>) {
        let mut row = GradientRow::default();
        row.read(planes, 1, count);
        let (lengths, directions) = row.lengths_and_directions();
        (lengths.to_vec(), directions.to_vec())
    }

    #[test]
    fn a_slope_points_uphill() {
        let rising = |x: usize| [(x * 10) as u8; 3];
        let falling = |x: usize| [200 - (x * 10) as u8; 3];
        assert_eq!(read(&planes(4, [&rising; 3]), 2), (vec![20.0; 2], vec![0; 2]));
        assert_eq!(read(&planes(4, [&falling; 3]), 2), (vec![20.0; 2], vec![9; 2]));
        let (dark, bright) = (|_| [0; 3], |_| [30; 3]);
        // 90 degrees lies between the directions of 80 and 100 degrees; the first of equal ones is taken.
        assert_eq!(read(&planes(4, [&dark, &dark, &bright]), 2), (vec![30.0; 2], vec![4; 2]));
        assert_eq!(read(&planes(4, [&dark; 3]), 2), (vec![0.0; 2], vec![0; 2]));
    }

    #[test]
    fn of_equally_steep_channels_the_last_counts_in_blocks_and_the_first_behind_them() {
        let ramp = |x: usize| [(x * 2) as u8, 100 - (x * 2) as u8, 50];
        // Two blocks of eight fit before the last seven pixels of 17 + 1; one pixel is left.
        let (_, directions) = read(&planes(19, [&ramp; 3]), 17);
        assert_eq!(directions[..16], [9; 16]);
        assert_eq!(directions[16..], [0]);
    }

    #[test]
    fn the_steepest_channel_counts() {
        let (dark, mixed) = (|_| [0; 3], |_| [10, 30, 20]);
        assert_eq!(read(&planes(3, [&dark, &dark, &mixed]), 1).0, [30.0]);
    }
}
