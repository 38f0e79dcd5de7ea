//! How much memory decoding a picture takes at its peak, known from the header.
//!
//! The decoders check their own limits unevenly: some of their buffers are counted nowhere. So what
//! each is known to hold is added up here, before it starts.

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat};

use super::jpeg::Jpeg;

/// Bytes of a decoded pixel: red, green, blue.
const RGB: u64 = 3;

/// The most bytes that are held at once from the decoder's start to the upright RGB picture. Buffers of
/// a few rows, and those that a decoder checks against its own limit, come on top. Counting stops where
/// they exceed `limit`.
pub(super) fn peak(
    decoder: &impl ImageDecoder,
    bytes: &[u8],
    kind: ImageFormat,
    jpeg: Option<&Jpeg<'_>>,
    orientation: Orientation,
    limit: u64,
) -> u64 {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let output = decoder.total_bytes();
    let held = if let Some(jpeg) = jpeg {
        jpeg.memory()
    } else if kind == ImageFormat::WebP {
        of_webp(bytes, width, height, limit)
    } else if kind == ImageFormat::Tiff {
        // Decoded into a buffer of its own first.
        output
    } else {
        0
    };
    let decoding = output.saturating_add(held);
    let rgb = pixels.saturating_mul(RGB);
    let converting = if decoder.color_type() == ColorType::Rgb8 { 0 } else { output.saturating_add(rgb) };
    let turning = if swaps_sides(orientation) { rgb.saturating_mul(2) } else { 0 };
    // Not a sum: the buffers of a step are freed before the next one begins.
    decoding.max(converting).max(turning)
}

#[cfg(feature = "webp")]
fn of_webp(bytes: &[u8], width: u32, height: u32, limit: u64) -> u64 {
    super::webp::memory(bytes, width, height, limit)
}

/// Without its decoder no WebP file comes this far.
#[cfg(not(feature = "webp"))]
fn of_webp(_: &[u8], _: u32, _: u32, _: u64) -> u64 {
    0
}

/// Whether the upright picture has the stored one's height as its width; it is a copy then.
fn swaps_sides(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}
