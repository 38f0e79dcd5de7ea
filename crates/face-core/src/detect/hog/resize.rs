//! Bilinear resizing of 8-bit planes as dlib does it: corners map onto corners, values are truncated.
//!
//! dlib/image_transforms/interpolation.h, `resize_image` for `rgb_pixel`. Where a value falls just at a
//! whole number, the order of the roundings decides; so they are dlib's: 32-bit floats in groups of four
//! columns as far as they go, 64-bit ones for the columns behind them.

use multiversion::multiversion;

use super::planes::Planes;

/// Columns that are worked on together, each step adding four columns' width.
const GROUP: usize = 4;

/// The same planes at another size of at least one pixel.
pub(super) fn resized(planes: &Planes, width: usize, height: usize) -> Planes {
    let columns = Columns::new(planes.width(), width);
    let rows = rows(planes.height(), height);
    let channels =
        planes.channels().each_ref().map(|plane| resized_plane(plane, planes.width(), &columns, &rows));
    Planes::from_channels(width, height, channels)
}

/// Where the columns of a resized row come from.
struct Columns {
    /// The groups: the pixel at the left of each column.
    lefts: Vec<usize>,
    /// The groups: the weight of the pixel to the right of that.
    weights: Vec<f32>,
    /// The columns behind the groups.
    rest: Vec<Between>,
}

/// Between which two lines of pixels a line lies.
#[derive(Debug, Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    /// The second one's weight.
    weight: f64,
}

impl Between {
    fn at(place: f64, length: usize) -> Self {
        let last = length.saturating_sub(1);
        let first = (place.max(0.0) as usize).min(last);
        Self { first, second: (first + 1).min(last), weight: place - first as f64 }
    }
}

/// How far apart neighbouring lines are in the source.
fn step(from: usize, to: usize) -> f64 {
    from.saturating_sub(1) as f64 / to.saturating_sub(1).max(1) as f64
}

impl Columns {
    fn new(from: usize, to: usize) -> Self {
        let step = step(from, to);
        let (mut lefts, mut weights) = (Vec::with_capacity(to), Vec::with_capacity(to));
        let group_step = (GROUP as f64 * step) as f32;
        // One group before the first, because the step is added before the places are used.
        let mut group = [-4.0, -3.0, -2.0, -1.0].map(|lane: f64| (lane * step) as f32);
        while lefts.len() + GROUP <= to {
            group = group.map(|place| place + group_step);
            let [.., last] = group;
            if last as usize + 1 >= from {
                break;
            }
            lefts.extend(group.map(|place| place as usize));
            weights.extend(group.map(|place| place - (place as usize) as f32));
        }
        let mut place = -step + lefts.len() as f64 * step;
        let rest = (lefts.len()..to).map(|_| {
            place += step;
            Between::at(place, from)
        });
        Self { rest: rest.collect(), lefts, weights }
    }
}

/// The places of all rows, one step after the other.
fn rows(from: usize, to: usize) -> Vec<Between> {
    let step = step(from, to);
    let places = std::iter::successors(Some(0.0), |place| Some(place + step));
    places.take(to).map(|place| Between::at(place, from)).collect()
}

fn resized_plane(plane: &[u8], width: usize, columns: &Columns, rows: &[Between]) -> Vec<u8> {
    let line = |y: usize| plane.get(y * width..(y + 1) * width).unwrap_or_default();
    let (mut above, mut below) = (Sides::default(), Sides::default());
    let groups = columns.lefts.len();
    let length = groups + columns.rest.len();
    let mut values = vec![0; length * rows.len()];
    for (row, target) in rows.iter().zip(values.chunks_exact_mut(length.max(1))) {
        // On the way down the lower row of one line becomes the upper row of the next.
        if below.row == Some(row.first) {
            std::mem::swap(&mut above, &mut below);
        }
        above.load(row.first, line(row.first), &columns.lefts);
        below.load(row.second, line(row.second), &columns.lefts);
        let (grouped, rest) = target.split_at_mut(groups);
        blend(&above, &below, &columns.weights, row.weight, grouped);
        let (top, bottom) = (line(row.first), line(row.second));
        for (value, column) in rest.iter_mut().zip(&columns.rest) {
            *value = between_four(top, bottom, column, row.weight);
        }
    }
    values
}

/// The pixels to the left and right of each column in the groups, of one row.
#[derive(Default)]
struct Sides {
    row: Option<usize>,
    left: Vec<u8>,
    right: Vec<u8>,
}

impl Sides {
    fn load(&mut self, row: usize, line: &[u8], lefts: &[usize]) {
        if self.row == Some(row) {
            return;
        }
        self.row = Some(row);
        self.left.resize(lefts.len(), 0);
        self.right.resize(lefts.len(), 0);
        // One search of the row a column: the second pixel is the first of the rest.
        for ((left, right), &at) in self.left.iter_mut().zip(&mut self.right).zip(lefts) {
            if let Some([l, r, ..]) = line.get(at..) {
                (*left, *right) = (*l, *r);
            }
        }
    }
}

/// Products of weights first, then with the four pixels, summed in dlib's order, and truncated.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn blend(above: &Sides, below: &Sides, weights: &[f32], weight: f64, target: &mut [u8]) {
    let (lower, upper) = (weight as f32, (1.0 - weight) as f32);
    let pixels = above.left.iter().zip(&above.right).zip(below.left.iter().zip(&below.right));
    for ((value, &right), ((tl, tr), (bl, br))) in target.iter_mut().zip(weights).zip(pixels) {
        let left = 1.0 - right;
        let sum = upper * left * f32::from(*tl);
        let sum = sum + upper * right * f32::from(*tr);
        let sum = sum + lower * left * f32::from(*bl);
        let sum = sum + lower * right * f32::from(*br);
        *value = sum as i32 as u8;
    }
}

fn between_four(top: &[u8], bottom: &[u8], column: &Between, weight: f64) -> u8 {
    let pixel = |row: &[u8], x: usize| row.get(x).copied().map_or(0.0, f64::from);
    let across =
        |row| (1.0 - column.weight) * pixel(row, column.first) + column.weight * pixel(row, column.second);
    ((1.0 - weight) * across(top) + weight * across(bottom)) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ramp(width: usize, height: usize) -> Planes {
        let plane =
            |step: usize| (0..width * height).map(|i| ((i % width) * step + i / width) as u8).collect();
        Planes::from_channels(width, height, [plane(1), plane(2), plane(3)])
    }

    #[test]
    fn values_are_truncated() {
        let planes = Planes::from_channels(2, 1, [vec![0, 99], vec![0, 3], vec![3, 0]]);
        // Between the two: 0, 49.5, 99 and 0, 1.5, 3.
        assert_eq!(resized(&planes, 3, 1).row(0), [[0, 49, 99], [0, 1, 3], [3, 1, 0]]);
    }

    proptest! {
        #[test]
        fn corners_stay_corners_at_any_size(
            (width, height) in (1_usize..70, 1_usize..40),
            (to_width, to_height) in (1_usize..150, 1_usize..60),
        ) {
            let planes = ramp(width, height);
            let other = resized(&planes, to_width, to_height);
            let corner = |p: &Planes, x: usize, y: usize| p.row(y).map(|row| row[x]);
            prop_assert_eq!(corner(&other, 0, 0), corner(&planes, 0, 0));
            if to_width > 1 && to_height > 1 {
                let found = corner(&other, to_width - 1, to_height - 1);
                for (found, expected) in found.iter().zip(corner(&planes, width - 1, height - 1)) {
                    prop_assert!(expected - found <= 1, "a sum of steps may stop short: {found} {expected}");
                }
            }
        }

        #[test]
        fn groups_and_the_columns_behind_them_agree_but_for_the_last_digit(
            from in 1_usize..300,
            to in 1_usize..700,
        ) {
            let columns = Columns::new(from, to);
            prop_assert_eq!(columns.lefts.len() + columns.rest.len(), to);
            for (i, (&left, &weight)) in columns.lefts.iter().zip(&columns.weights).enumerate() {
                prop_assert!(left + 1 < from && (0.0..=1.0).contains(&weight));
                let place = left as f64 + f64::from(weight);
                prop_assert!((place - i as f64 * step(from, to)).abs() < 1e-2);
            }
        }
    }
}
