//! Light, contrast and sharpness of a face, measured on its chip.

use std::ops::Range;

use super::luma::{averaged, luma};
use crate::Chip;

/// What the pixels of an upright face say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Appearance {
    /// Mean luma of the face, 0 to 255.
    pub(super) brightness: f32,
    /// Standard deviation of the luma.
    pub(super) contrast: f32,
    /// Share of the differences between neighbours that a blur takes away, 0 to 1.
    pub(super) sharpness: f32,
}

/// Centre and radii of the face in a chip with padding 0.25, in shares of its side: between the brows
/// and the chin, and within the cheeks, so that hair and background stay out.
const CENTER: [f32; 2] = [0.5, 0.53];
const RADII: [f32; 2] = [0.27, 0.37];

/// Where sharpness is measured: how many pixels of the chip are averaged to one along each side, and how many
/// of those the blur averages, an odd number.
///
/// Neighbours alone do not tell a strong blur: what is left of their differences then is noise and rounding,
/// which reads as sharp. In a smaller chip those are averaged out. The boxes were chosen so that a sharp face
/// reads about alike at all three scales, and the full size decides for it.
const SCALES: [(usize, usize); 3] = [(1, 9), (2, 5), (5, 3)];

impl Appearance {
    pub(super) fn measure(chip: &Chip) -> Self {
        let pixels = chip.pixels();
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let luma: Vec<f32> = pixels.pixels().map(|pixel| luma(pixel.0)).collect();
        let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
        for (y, row) in luma.chunks_exact(width.max(1)).enumerate() {
            for &value in row.get(in_face(y, [height, width], [1, 0])).unwrap_or_default() {
                sum += f64::from(value);
                square += f64::from(value) * f64::from(value);
                count += 1.0;
            }
        }
        let (mean, mean_square) = if count > 0.0 { (sum / count, square / count) } else { (0.0, 0.0) };
        Self {
            brightness: mean as f32,
            // Rounding can take an even face slightly below zero.
            contrast: (mean_square - mean * mean).max(0.0).sqrt() as f32,
            sharpness: SCALES
                .into_iter()
                .map(|(scale, blur)| sharpness(&luma, width, scale, blur))
                .fold(1.0, f32::min),
        }
    }
}

/// The share that a blur takes away at one scale, in the direction that loses less.
fn sharpness(luma: &[f32], width: usize, scale: usize, blur: usize) -> f32 {
    let (pixels, width) = averaged(luma.chunks_exact(width.max(1)), width, scale);
    let height = pixels.len() / width.max(1);
    // Columns as rows, so that one measurement serves both directions.
    let turned: Vec<f32> =
        (0..width).flat_map(|x| pixels.iter().skip(x).step_by(width.max(1))).copied().collect();
    let across = lost_along_rows(&pixels, width, blur, |y| in_face(y, [height, width], [1, 0]));
    let down = lost_along_rows(&turned, height, blur, |x| in_face(x, [width, height], [0, 1]));
    across.min(down)
}

/// How much of the differences between neighbours in a row a blur along the row takes away, 0 to 1.
///
/// F. Crete, T. Dolmiere, P. Ladret and M. Nicolas, "The blur effect: perception and estimation with a new
/// no-reference perceptual blur metric" (2007): what is blurred already changes little. Neighbours in a
/// row that a box averages differ by what enters the box less what leaves it.
fn lost_along_rows(luma: &[f32], width: usize, blur: usize, counted: impl Fn(usize) -> Range<usize>) -> f32 {
    let (mut all, mut lost) = (0.0, 0.0);
    for (y, row) in luma.chunks_exact(width.max(1)).enumerate() {
        let Range { start, end } = counted(y);
        let around = row.get(start.saturating_sub(blur / 2)..(end + blur / 2 + 1).min(width));
        let (mut all_of_row, mut lost_of_row) = (0.0_f32, 0.0_f32);
        for window in around.unwrap_or_default().windows(blur + 1) {
            let middle = window.get(blur / 2..).unwrap_or_default();
            if let (&[leaves, .., enters], &[here, next, ..]) = (window, middle) {
                let difference = (next - here).abs();
                all_of_row += difference;
                lost_of_row += (difference - (enters - leaves).abs() / blur as f32).max(0.0);
            }
        }
        all += f64::from(all_of_row);
        lost += f64::from(lost_of_row);
    }
    if all > 0.0 { (lost / all) as f32 } else { 0.0 }
}

/// The part of a line that lies in the face; the axes are those of [`CENTER`].
fn in_face(line: usize, [lines, length]: [usize; 2], [across, along]: [usize; 2]) -> Range<usize> {
    let at = |of: &[f32; 2], axis: usize| of.get(axis).copied().unwrap_or_default();
    let off = (line as f32 / lines as f32 - at(&CENTER, across)) / at(&RADII, across);
    let half = at(&RADII, along) * (1.0 - off * off).max(0.0).sqrt();
    let edge = |share: f32| ((share * length as f32).max(0.0) as usize).min(length);
    edge(at(&CENTER, along) - half)..edge(at(&CENTER, along) + half)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, imageops};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    /// Stripes and spots of several sizes, between `dark` and `bright`.
    fn chip(dark: f32, bright: f32) -> RgbImage {
        RgbImage::from_fn(150, 150, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let wave = (x * 0.9).sin() * (y * 0.7).sin() + (x * 0.11).sin() + (y * 0.13).cos();
            Rgb([(dark + (bright - dark) * (wave + 3.0) / 6.0) as u8; 3])
        })
    }

    fn appearance(picture: RgbImage) -> Appearance {
        Appearance::measure(&Chip::from_aligned(picture))
    }

    #[test]
    fn a_flat_chip_has_its_brightness_and_nothing_else() {
        let found = appearance(RgbImage::from_pixel(150, 150, Rgb([80; 3])));
        assert!((found.brightness - 80.0).abs() < 0.01 && found.contrast < 0.1, "{found:?}");
        assert_eq!(found.sharpness, 0.0);
        assert_eq!(appearance(RgbImage::new(1, 1)).sharpness, 0.0);
    }

    #[test]
    fn every_blur_costs_sharpness_in_bright_and_in_dim_light() {
        for (dark, bright) in [(20.0, 230.0), (20.0, 80.0)] {
            let sharp = chip(dark, bright);
            let mut before = appearance(sharp.clone()).sharpness;
            for sigma in [1.0, 1.5, 2.5] {
                let after = appearance(imageops::blur(&sharp, sigma)).sharpness;
                assert!(after < before - 0.01, "{sigma}: {after} {before}");
                before = after;
            }
        }
    }

    /// Waves of many lengths in random directions, those twice as long twice as high, as in pictures.
    fn natural(phases: &[f32], side: u32) -> RgbImage {
        RgbImage::from_fn(side, side, |x, y| {
            let waves = phases.iter().enumerate().map(|(wave, phase)| {
                let length = side as f32 / 2.0_f32.powf(wave as f32 / 2.0 + 1.0);
                let along = x as f32 * (phase * 5.0).cos() + y as f32 * (phase * 5.0).sin();
                length / side as f32 * (along * std::f32::consts::TAU / length + phase).sin()
            });
            Rgb([(128.0 + 60.0 * waves.sum::<f32>()) as u8; 3])
        })
    }

    /// The mean of a box around each pixel: one that starts there would also move the picture.
    fn boxed(picture: &RgbImage, columns: u32, rows: u32) -> RgbImage {
        let (last_x, last_y) = (picture.width() - 1, picture.height() - 1);
        RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
            let taken = (0..columns * rows).map(|i| (x + i % columns, y + i / columns));
            let around = taken.map(|(x, y)| (x.saturating_sub(columns / 2), y.saturating_sub(rows / 2)));
            let values = around.map(|(x, y)| u32::from(picture.get_pixel(x.min(last_x), y.min(last_y)).0[0]));
            Rgb([(values.sum::<u32>() / (columns * rows)) as u8; 3])
        })
    }

    /// What pictures blurred more and more read, by a Gaussian, by boxes and by movement. Each box is on top of the one
    /// before: a larger one alone lets through a little of what a smaller one removes.
    fn readings(sharp: &RgbImage) -> [Vec<f32>; 3] {
        let reads = |picture: &RgbImage| appearance(picture.clone()).sharpness;
        let on_top = |rows_of: fn(u32) -> u32| {
            let mut blurred = sharp.clone();
            let boxes = [3, 7, 15, 31].into_iter().map(|side| {
                blurred = boxed(&blurred, side, rows_of(side));
                reads(&blurred)
            });
            boxes.collect()
        };
        let gauss = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0].map(|sigma| reads(&imageops::blur(sharp, sigma)));
        [gauss.to_vec(), on_top(|side| side), on_top(|_| 1)]
    }

    proptest! {
        // The same pictures each time: the measure wavers by a little more in about one of a thousand, see below.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(24) })]

        #[test]
        fn more_blur_never_reads_as_sharper(phases in prop::collection::vec(0.0_f32..6.3, 12)) {
            let sharp = natural(&phases, 150);
            for series in readings(&sharp) {
                let mut least = appearance(sharp.clone()).sharpness;
                for &after in &series {
                    // What is left of a strong blur are roundings: far below the limit they may waver.
                    prop_assert!(after <= least + 0.01 || after < 0.1, "{least} {series:?}");
                    least = least.min(after);
                }
                prop_assert!(least < 0.22, "{series:?}");
            }
        }
    }

    #[test]
    fn where_strong_blurs_waver_most_they_are_far_below_the_limit() {
        let phases = [5.938_142_3, 2.791_05, 4.307_571, 4.704_745_3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for series in readings(&natural(&phases, 150)) {
            let mut least = 1.0_f32;
            for &after in &series {
                assert!(after <= least + 0.01 || after < 0.15, "{least} {series:?}");
                least = least.min(after);
            }
        }
    }

    #[test]
    fn a_blur_in_one_direction_counts_as_a_blur() {
        let sharp = chip(20.0, 230.0);
        let moved = RgbImage::from_fn(150, 150, |x, y| {
            let taken = (0..9).map(|i| u32::from(sharp.get_pixel((x + i).min(149), y).0[0])).sum::<u32>();
            Rgb([(taken / 9) as u8; 3])
        });
        let (before, after) = (appearance(sharp).sharpness, appearance(moved).sharpness);
        assert!(after < 0.8 * before, "{after} {before}");
    }
}
