//! Blocks: the edges on a grid that strong compression and mosaics leave in a face.

use std::ops::{Range, RangeInclusive};

use super::luma::{averaged, luma};
use crate::{BoundingBox, RgbView};

/// Sides of blocks, in pixels: 8 of JPEG and of most video codecs, and what larger ones come to in a copy of half the size,
/// and mosaics. What has larger ones is unrecognisable anyway.
const PERIODS: RangeInclusive<usize> = 3..=8;

/// Distance between the eyes, in pixels, down to which a larger face is averaged: the embedders see no finer pixels.
const EYES: f32 = 40.0;

/// Levels of luma that steps on and off the grid are raised by: a step that nobody sees is no edge, whatever its share.
const UNSEEN: f64 = 0.5;

/// How much steeper the steps on a grid are than all others around a face, on the axis where they are less so: about
/// 1.2 without a grid.
///
/// The measure of Z. Wang, H. R. Sheikh and A. C. Bovik, "No-reference perceptual quality assessment of JPEG compressed
/// images" (2002), for a grid that may start anywhere, as in a picture that was cut or turned.
pub(super) fn blockiness(picture: RgbView<'_>, face: &BoundingBox, eye_distance: f32) -> f32 {
    // A NaN becomes 0 as an integer.
    let scale = ((eye_distance / EYES) as usize).clamp(1, 64);
    let (columns, rows) =
        (within(face.left, face.width, picture.width()), within(face.top, face.height, picture.height()));
    let Some(part) = picture.part(columns.start, rows.start, columns.len(), rows.len()) else { return 1.0 };
    let rows =
        (0..part.height()).map(|y| part.row(y).as_chunks().0.iter().copied().map(luma).collect::<Vec<_>>());
    let (luma, width) = averaged(rows, part.width(), scale);
    let height = luma.len() / width.max(1);
    let at = |x: usize, y: usize| luma.get(y * width + x).copied().unwrap_or_default();
    let across = steepness(width, height, at);
    let down = steepness(height, width, |along, line| at(line, along));
    across.min(down)
}

/// The pixels of one side that a box covers.
fn within(start: f32, length: f32, most: usize) -> Range<usize> {
    let edge = |place: f32| (place.max(0.0) as usize).min(most);
    edge(start)..edge(start + length).max(edge(start))
}

/// The mean step of the grid, of any period and start, whose steps are steepest, to that of all others; 1 where there is
/// nothing to compare.
fn steepness(length: usize, lines: usize, at: impl Fn(usize, usize) -> f32) -> f32 {
    let step = |along: usize| {
        (0..lines).map(|line| f64::from((at(along, line) - at(along - 1, line)).abs())).sum::<f64>()
    };
    let steps: Vec<f64> = (1..length).map(|along| step(along) / lines.max(1) as f64).collect();
    let (all, count) = (steps.iter().sum::<f64>(), steps.len() as f64);
    let mut steepest = 1.0_f64;
    for period in PERIODS.filter(|period| period * 3 <= steps.len()) {
        for start in 0..period {
            let on_grid = || steps.iter().skip(start).step_by(period);
            let (sum, number) = (on_grid().sum::<f64>(), on_grid().count() as f64);
            let (on, off) = (sum / number, (all - sum) / (count - number));
            steepest = steepest.max((on + UNSEEN) / (off + UNSEEN));
        }
    }
    steepest as f32
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn smooth(side: u32, period: f32) -> RgbImage {
        RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as f32 / period, y as f32 / period);
            Rgb([(127.0 + 60.0 * (x + 0.4 * y).sin() * (y - 0.3 * x).cos()) as u8; 3])
        })
    }

    fn compressed(picture: &RgbImage, quality: u8) -> RgbImage {
        let mut file = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality)).unwrap();
        image::load_from_memory(&file).unwrap().into_rgb8()
    }

    fn blocks(picture: &RgbImage, eye_distance: f32) -> f32 {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let whole = BoundingBox { left: 0.0, top: 0.0, width, height };
        blockiness(RgbView::from_image(picture).unwrap(), &whole, eye_distance)
    }

    #[test]
    fn strong_compression_reads_as_blocks_wherever_its_grid_starts_and_a_good_picture_does_not() {
        let picture = smooth(160, 13.0);
        assert!(blocks(&picture, 40.0) < 1.3, "{}", blocks(&picture, 40.0));
        let ruined = compressed(&picture, 3);
        for (x, y) in [(0, 0), (3, 5)] {
            let part = image::imageops::crop_imm(&ruined, x, y, 120, 120).to_image();
            assert!(blocks(&part, 40.0) > 2.5, "{}", blocks(&part, 40.0));
        }
        for side in [4, 5, 6] {
            let mosaic =
                RgbImage::from_fn(160, 160, |x, y| *picture.get_pixel(x / side * side, y / side * side));
            assert!(blocks(&mosaic, 40.0) > 2.5, "{side}: {}", blocks(&mosaic, 40.0));
        }
        // In a large picture the blocks are small against the face.
        let large = compressed(&smooth(1280, 104.0), 10);
        assert!(blocks(&large, 320.0) < 2.0, "{}", blocks(&large, 320.0));
    }

    proptest! {
        #[test]
        fn any_box_in_any_picture_gives_a_number(
            width in 1_u32..40, height in 1_u32..40,
            left in prop::num::f32::ANY, top in -50.0_f32..50.0, side in prop::num::f32::ANY,
            eye_distance in prop::num::f32::ANY,
        ) {
            let picture = smooth(40, 5.0);
            let picture = image::imageops::crop_imm(&picture, 0, 0, width, height).to_image();
            let face = BoundingBox { left, top, width: side, height: side };
            let found = blockiness(RgbView::from_image(&picture).unwrap(), &face, eye_distance);
            prop_assert!(found.is_finite() && found >= 0.0, "{found}");
        }
    }
}
