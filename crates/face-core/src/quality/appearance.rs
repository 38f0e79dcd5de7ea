//! Light, contrast and sharpness of a face, measured on its chip.

use std::ops::Range;

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

/// Pixels that the blur averages; odd.
const BLUR: usize = 9;

impl Appearance {
    pub(super) fn of(chip: &Chip) -> Self {
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
        let turned: Vec<f32> =
            (0..width).flat_map(|x| luma.iter().skip(x).step_by(width.max(1))).copied().collect();
        let across = lost_along_rows(&luma, width, |y| in_face(y, [height, width], [1, 0]));
        let down = lost_along_rows(&turned, height, |x| in_face(x, [width, height], [0, 1]));
        Self {
            brightness: mean as f32,
            contrast: (mean_square - mean * mean).max(0.0).sqrt() as f32,
            sharpness: across.min(down),
        }
    }
}

/// How much of the differences between neighbours in a row a blur along the row takes away, 0 to 1.
///
/// F. Crete, T. Dolmiere, P. Ladret and M. Nicolas, "The blur effect: perception and estimation with a new
/// no-reference perceptual blur metric" (2007): what is blurred already changes little. Neighbours in a
/// row that a box averages differ by what enters the box less what leaves it.
fn lost_along_rows(luma: &[f32], width: usize, counted: impl Fn(usize) -> Range<usize>) -> f32 {
    let (mut all, mut lost) = (0.0, 0.0);
    for (y, row) in luma.chunks_exact(width.max(1)).enumerate() {
        let Range { start, end } = counted(y);
        let around = row.get(start.saturating_sub(BLUR / 2)..(end + BLUR / 2 + 1).min(width));
        let (mut all_of_row, mut lost_of_row) = (0.0_f32, 0.0_f32);
        for window in around.unwrap_or_default().windows(BLUR + 1) {
            if let &[leaves, _, _, _, here, next, .., enters] = window {
                let difference = (next - here).abs();
                all_of_row += difference;
                lost_of_row += (difference - (enters - leaves).abs() / BLUR as f32).max(0.0);
            }
        }
        all += f64::from(all_of_row);
        lost += f64::from(lost_of_row);
    }
    if all > 0.0 { (lost / all) as f32 } else { 0.0 }
}

/// Luma by ITU-R BT.601, as JPEG has it.
fn luma([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
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
        Appearance::of(&Chip::from_aligned(picture))
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
                assert!(after < before - 0.02, "{sigma}: {after} {before}");
                before = after;
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
