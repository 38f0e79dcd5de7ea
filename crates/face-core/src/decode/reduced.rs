//! Decoding a large JPEG picture at a half, a quarter or an eighth of its size, which costs less.
//!
//! The inverse transform is computed at the smaller size, so what is left of the work is reading the coded
//! data: about half of the whole for a picture of 12 megapixels.

use super::jpeg::Jpeg;
use image::RgbImage;

/// How many times smaller a picture can be decoded, the most first.
// The inverse transform can turn a block of 8 x 8 coefficients into 1, 2 or 4 pixels a side.
const DIVISORS: [u16; 3] = [8, 4, 2];

impl Jpeg<'_> {
    /// The picture, not turned, at the smallest size that still has `longest` pixels on its longest side.
    ///
    /// `None` when that is its own size, and for every file that is not of the plainest kind, whole and
    /// free of errors: those are for the other decoder, which says what is wrong.
    pub(super) fn reduced(&self, bytes: &[u8], longest: u32) -> Option<RgbImage> {
        let (width, height) = self.plain_size()?;
        let fits = |divisor: &u16| u32::from(width.max(height).div_ceil(*divisor)) >= longest;
        let divisor = DIVISORS.into_iter().find(fits)?;
        // jpeg-decoder stops at the first size that reaches either side, so both are of one divisor, rounded
        // up like its own sizes.
        decode_at(bytes, width.div_ceil(divisor), height.div_ceil(divisor))
    }
}

#[cfg(feature = "jpeg")]
fn decode_at(bytes: &[u8], width: u16, height: u16) -> Option<RgbImage> {
    use jpeg_decoder::{Decoder, PixelFormat};

    let mut decoder = Decoder::new(bytes);
    let (width, height) = decoder.scale(width, height).ok()?;
    let pixels = decoder.decode().ok()?;
    let rgb = decoder.info()?.pixel_format == PixelFormat::RGB24;
    rgb.then(|| RgbImage::from_raw(u32::from(width), u32::from(height), pixels))?
}

/// A build without the format never comes here with one of its files.
#[cfg(not(feature = "jpeg"))]
fn decode_at(_bytes: &[u8], _width: u16, _height: u16) -> Option<RgbImage> {
    None
}
