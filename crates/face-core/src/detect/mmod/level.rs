//! One level of the pyramid: three planes of normalised pixels, and the next smaller one made of them.
//!
//! The resizing is dlib's `resize_image` with bilinear interpolation
//! (dlib/image_transforms/interpolation.h): corner pixels map onto corner pixels, without smoothing.

use crate::RgbView;

/// Three planes, one after the other, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Level {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Between which two pixels of a line a pixel of the resized one lies.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Between {
    first: usize,
    second: usize,
    /// The second one's weight.
    weight: f32,
}

impl Level {
    /// The picture itself, its channels normalised as `(value - mean) * scale`.
    pub(super) fn from_picture(picture: RgbView<'_>, mean: [f32; 3], scale: f32) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let mut values = Vec::with_capacity(3 * width * height);
        for (channel, mean) in mean.into_iter().enumerate() {
            for y in 0..height {
                let row = picture.row(y).iter().skip(channel).step_by(3);
                values.extend(row.map(|&value| (f32::from(value) - mean) * scale));
            }
        }
        Self { width, height, values }
    }

    /// The same at another size of at least one pixel.
    pub(super) fn resized(&self, width: usize, height: usize) -> Self {
        let columns = between(self.width, width);
        let rows = between(self.height, height);
        let mut values = Vec::with_capacity(3 * width * height);
        for plane in self.values.chunks_exact((self.width * self.height).max(1)) {
            let row = |y: usize| plane.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
            for y in &rows {
                let (top, bottom) = (row(y.first), row(y.second));
                values.extend(columns.iter().map(|x| {
                    let [above, below] = [top, bottom].map(|row| [pixel(row, x.first), pixel(row, x.second)]);
                    (1.0 - y.weight) * (1.0 - x.weight) * above[0]
                        + (1.0 - y.weight) * x.weight * above[1]
                        + y.weight * (1.0 - x.weight) * below[0]
                        + y.weight * x.weight * below[1]
                }));
            }
        }
        Self { width, height, values }
    }

    /// Copies the planes to `left`, `top` of those of a tensor; what would lie outside is left out.
    pub(super) fn copy_to(&self, tensor: &mut [f32], width: usize, height: usize, left: usize, top: usize) {
        let planes = self.values.chunks_exact((self.width * self.height).max(1));
        for (plane, target) in planes.zip(tensor.chunks_exact_mut((width * height).max(1))) {
            let rows = target.chunks_exact_mut(width.max(1)).skip(top);
            for (row, target) in plane.chunks_exact(self.width.max(1)).zip(rows) {
                if let Some(target) = target.get_mut(left..left + self.width) {
                    target.copy_from_slice(row);
                }
            }
        }
    }
}

fn between(from: usize, to: usize) -> Vec<Between> {
    let last = from.saturating_sub(1);
    let step = last as f64 / to.saturating_sub(1).max(1) as f64;
    let places = (0..to).map(|i| {
        let place = i as f64 * step;
        let first = (place as usize).min(last);
        Between { first, second: (first + 1).min(last), weight: (place - first as f64) as f32 }
    });
    places.collect()
}

fn pixel(row: &[f32], x: usize) -> f32 {
    row.get(x).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Level {
        let plane = (0..width * height).map(|i| (i % width) as f32 + 100.0 * (i / width) as f32);
        Level {
            width,
            height,
            values: [0.0, 1000.0, 2000.0]
                .into_iter()
                .flat_map(|o| plane.clone().map(move |v| v + o))
                .collect(),
        }
    }

    #[test]
    fn corners_stay_corners_and_a_ramp_stays_a_ramp() {
        let resized = ramp(13, 7).resized(7, 4);
        assert_eq!((resized.width, resized.height), (7, 4));
        for (value, expected) in resized.values.iter().zip(&ramp(7, 4).values) {
            let (x, y) = (expected % 100.0 % 10.0, (expected % 1000.0 / 100.0).floor());
            let channel = (expected / 1000.0).floor() * 1000.0;
            assert!((value - (channel + 2.0 * x + 200.0 * y)).abs() < 1e-3, "{value} {expected}");
        }
    }

    #[test]
    fn the_smallest_sizes_are_resized_too() {
        assert_eq!(ramp(1, 1).resized(1, 1), ramp(1, 1));
        assert_eq!(ramp(5, 9).resized(1, 1).values, [0.0, 1000.0, 2000.0]);
    }

    #[test]
    fn planes_are_red_green_blue_and_copied_to_their_place() {
        let view = RgbView::new(&[10, 20, 30, 11, 21, 31], 2, 1, 6).unwrap();
        let level = Level::from_picture(view, [10.0, 0.0, 0.0], 0.5);
        let mut tensor = vec![0.0; 3 * 4 * 2];
        level.copy_to(&mut tensor, 4, 2, 1, 1);
        let rows: Vec<&[f32]> = tensor.chunks(4).collect();
        assert_eq!(rows[1], [0.0, 0.0, 0.5, 0.0]);
        assert_eq!(rows[3], [0.0, 10.0, 10.5, 0.0]);
        assert_eq!(rows[5], [0.0, 15.0, 15.5, 0.0]);
        assert_eq!(rows[0], [0.0; 4]);
    }
}
