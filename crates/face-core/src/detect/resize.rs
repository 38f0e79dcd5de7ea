//! Copies of a picture small enough for the detector.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

use crate::RgbView;

/// One copy of the picture for each of `longest_sides` (in falling order) that is shorter than the one
/// before; a picture is never enlarged, so a small one gives a single copy in its own size.
pub(super) fn shrink(picture: RgbView<'_>, longest_sides: &[usize]) -> Vec<RgbImage> {
    let mut copies: Vec<RgbImage> = Vec::with_capacity(longest_sides.len());
    for &longest in longest_sides {
        // Made of the copy before, so that a picture of many megapixels is read through once.
        let source = copies.last().and_then(|copy| RgbView::from_image(copy).ok()).unwrap_or(picture);
        let side = source.width().max(source.height());
        if side <= longest && !copies.is_empty() {
            continue;
        }
        let fitted = |length: usize| (length * longest.min(side)).div_ceil(side).max(1);
        copies.push(resized(source, fitted(source.width()), fitted(source.height())));
    }
    copies
}

/// The picture at a size no larger than its own, each pixel averaged over the area it covers.
fn resized(picture: RgbView<'_>, width: usize, height: usize) -> RgbImage {
    let (same_width, same_height) = (picture.width(), picture.height());
    let (width, height) = (width as u32, height as u32);
    let pixels = match picture.packed() {
        Some(rows) if (width, height) == (same_width as u32, same_height as u32) => {
            RgbImage::from_raw(width, height, rows.to_vec())
        }
        Some(rows) => convolved(rows, [same_width, same_height].map(|side| side as u32), width, height),
        None => {
            // The resizer takes no rows with gaps between them, as a part of a picture has.
            let rows: Vec<&[u8]> = (0..same_height).map(|y| picture.row(y)).collect();
            let packed = RgbImage::from_raw(same_width as u32, same_height as u32, rows.concat());
            packed.and_then(|packed| {
                Some(resized(RgbView::from_image(&packed).ok()?, width as usize, height as usize))
            })
        }
    };
    // The sizes agree by construction. Should they not, a black copy shows no face.
    pixels.unwrap_or_else(|| RgbImage::new(width, height))
}

fn convolved(
    rows: &[u8],
    [source_width, source_height]: [u32; 2],
    width: u32,
    height: u32,
) -> Option<RgbImage> {
    // Typed, since `Resizer::resize` would compile the resizer into this crate once for each kind of pixels.
    let source = TypedImageRef::<U8x3>::from_buffer(source_width, source_height, rows).ok()?;
    let mut copy = RgbImage::new(width, height);
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut copy).ok()?;
    // A convolution widens with the factor; plain interpolation would leave out pixels and alias.
    let smooth = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize_typed(&source, &mut target, &smooth).ok()?;
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
        let picture = RgbImage::new(width, height);
        shrink(RgbView::from_image(&picture).unwrap(), &[640, 320])
            .iter()
            .map(|c| (c.width(), c.height()))
            .collect()
    }

    #[test]
    fn copies_have_the_asked_sides_and_nothing_is_enlarged() {
        assert_eq!(sizes(1280, 960), [(640, 480), (320, 240)]);
        assert_eq!(sizes(500, 400), [(500, 400), (320, 256)]);
        assert_eq!(sizes(100, 60), [(100, 60)]);
        assert_eq!(sizes(1, 1), [(1, 1)]);
        assert_eq!(sizes(8000, 1), [(640, 1), (320, 1)]);
    }

    #[test]
    fn a_view_with_gaps_between_rows_gives_the_same_copy() {
        let packed: Vec<u8> = (0..700_u32 * 3 * 2).map(|i| (i % 251) as u8).collect();
        let gapped: Vec<u8> = packed.chunks(2100).flat_map(|row| row.iter().copied().chain([9; 7])).collect();
        let a = shrink(RgbView::new(&packed, 700, 2, 2100).unwrap(), &[640]);
        let b = shrink(RgbView::new(&gapped, 700, 2, 2107).unwrap(), &[640]);
        assert_eq!(a, b);
    }
}
