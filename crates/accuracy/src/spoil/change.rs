//! What each kind does to the pixels.

use face_core::Detection;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, blur, crop_imm, invert, resize, rotate90, rotate180, rotate270};
use image::{ImageFormat, Rgb, RgbImage};

use super::SpoilKind;
use super::geometry::{cover_lower_face, turned};

/// A picture spoilt in one way; the amount is in the range of the kind.
pub(super) fn changed(
    kind: SpoilKind,
    amount: f32,
    picture: &RgbImage,
    face: Option<&Detection>,
) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scaled = |side: u32, factor: f32| ((side as f32 * factor) as u32).max(1);
    match kind {
        SpoilKind::Shrink => {
            resize(picture, scaled(width, amount), scaled(height, amount), FilterType::Triangle)
        }
        SpoilKind::Blur => blur(picture, amount),
        SpoilKind::Dark | SpoilKind::Bright => {
            noisy(picture, |value, random| value * amount + random.even() * 4.0)
        }
        SpoilKind::Flat => {
            noisy(picture, |value, random| 128.0 + (value - 128.0) * amount + random.even() * 2.0)
        }
        SpoilKind::Noise => noisy(picture, |value, random| value + random.normal() * amount),
        SpoilKind::Cut => {
            let left = scaled(width, 1.0 - amount);
            crop_imm(picture, width.saturating_sub(left), 0, left, height).to_image()
        }
        SpoilKind::CutTop => {
            let left = scaled(height, 1.0 - amount);
            crop_imm(picture, 0, height.saturating_sub(left), width, left).to_image()
        }
        SpoilKind::CutBottom => crop_imm(picture, 0, 0, width, scaled(height, 1.0 - amount)).to_image(),
        // Quarters of a turn lose nothing; they are how pictures without their orientation come in.
        SpoilKind::Turn if amount == 90.0 => rotate90(picture),
        SpoilKind::Turn if amount.abs() == 180.0 => rotate180(picture),
        SpoilKind::Turn if amount == 270.0 || amount == -90.0 => rotate270(picture),
        SpoilKind::Turn => turned(picture, amount),
        SpoilKind::Mask => cover_lower_face(picture, face, Rgb([amount as u8; 3])),
        SpoilKind::Jpeg => compressed(picture, amount as u8),
        SpoilKind::Mosaic => mosaic(picture, (amount as u32).max(1)),
        SpoilKind::Motion => moved(picture, (amount as u32).max(1)),
        SpoilKind::Negative => {
            let mut negative = picture.clone();
            invert(&mut negative);
            negative
        }
    }
}

/// Through JPEG and back; a picture that is too large for JPEG stays as it is.
fn compressed(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture);
    let decoded = encoded.and_then(|()| image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg));
    decoded.map_or_else(|_| picture.clone(), |picture| picture.to_rgb8())
}

/// Each square of `side` pixels in the mean of its colours.
fn mosaic(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let small = resize(picture, width.div_ceil(side), height.div_ceil(side), FilterType::Triangle);
    RgbImage::from_fn(width, height, |x, y| {
        let x = (x / side).min(small.width().saturating_sub(1));
        let y = (y / side).min(small.height().saturating_sub(1));
        *small.get_pixel(x, y)
    })
}

/// The mean of each pixel and those to its right, so many in all.
fn moved(picture: &RgbImage, pixels: u32) -> RgbImage {
    let last = picture.width().saturating_sub(1);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let mut sums = [0_u32; 3];
        for step in 0..pixels {
            let pixel = picture.get_pixel((x + step).min(last), y);
            for (sum, value) in sums.iter_mut().zip(pixel.0) {
                *sum += u32::from(value);
            }
        }
        Rgb(sums.map(|sum| (sum / pixels) as u8))
    })
}

/// Every value changed, with random numbers at hand: without noise a network would see through a change that
/// is linear, which a dark or hazy camera's is not.
fn noisy(picture: &RgbImage, change: impl Fn(f32, &mut Random) -> f32) -> RgbImage {
    let mut spoilt = picture.clone();
    let mut random = Random(1);
    for value in spoilt.iter_mut() {
        *value = change(f32::from(*value), &mut random).clamp(0.0, 255.0) as u8;
    }
    spoilt
}

/// A linear congruential generator (Numerical Recipes): each run makes the same noise.
struct Random(u32);

impl Random {
    /// Evenly from -1 to 1.
    fn even(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Not the lowest bits, which repeat after a few steps in a generator of this kind.
        ((self.0 >> 16) & 0xff) as f32 / 127.5 - 1.0
    }

    /// About normally distributed with deviation 1: of twelve even numbers from -1 to 1 the sum has 2.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.even()).sum::<f32>() / 2.0
    }
}
