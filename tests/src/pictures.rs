//! The reference's test pictures, which the set-up gets, and what can be made of them.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// The bytes of a picture, such as `obama.jpg`.
///
/// # Errors
/// When the set-up has not been run for the tests.
pub fn picture(name: &str) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures").join(name);
    std::fs::read(&path).with_context(|| format!("{}: run `cargo xtask setup --tests`", path.display()))
}

/// The portrait of `obama.jpg`, cut to a 4:3 window around the face and scaled to 640x480: what a camera at
/// the door sees, and the picture of the benchmarks.
///
/// # Errors
/// When the set-up has not been run for the tests.
pub fn close_up() -> Result<Vec<u8>> {
    let portrait = decoded(&picture("obama.jpg")?)?;
    let window = portrait.crop_imm(0, 0, 910, 682);
    encoded(&window.resize_exact(640, 480, FilterType::Triangle), ImageFormat::Jpeg)
}

/// The same picture decoded and encoded again, smaller, in another format.
///
/// # Errors
/// When it is no picture.
pub fn reencoded(picture: &[u8], format: ImageFormat) -> Result<Vec<u8>> {
    let decoded = decoded(picture)?;
    let (width, height) = (decoded.width() * 3 / 4, decoded.height() * 3 / 4);
    encoded(&decoded.resize_exact(width, height, FilterType::Triangle), format)
}

/// The mirror image.
///
/// # Errors
/// When it is no picture.
pub fn mirrored(picture: &[u8]) -> Result<Vec<u8>> {
    encoded(&decoded(picture)?.fliph(), ImageFormat::Jpeg)
}

/// Two pictures in one, scaled to the same height.
///
/// # Errors
/// When one is no picture.
pub fn beside_each_other(left: &[u8], right: &[u8]) -> Result<Vec<u8>> {
    const HEIGHT: u32 = 600;
    let scaled = |picture: &[u8]| -> Result<RgbImage> {
        let picture = decoded(picture)?;
        let width = picture.width() * HEIGHT / picture.height();
        Ok(picture.resize_exact(width, HEIGHT, FilterType::Triangle).into_rgb8())
    };
    let (left, right) = (scaled(left)?, scaled(right)?);
    let mut both = RgbImage::new(left.width() + right.width(), HEIGHT);
    imageops::replace(&mut both, &left, 0, 0);
    imageops::replace(&mut both, &right, i64::from(left.width()), 0);
    encoded(&both.into(), ImageFormat::Jpeg)
}

/// Noise of 640x480 pixels, the same every time.
///
/// # Errors
/// When it cannot be encoded.
pub fn faceless() -> Result<Vec<u8>> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    let noise = RgbImage::from_fn(640, 480, |_, _| {
        let [red, green, blue, _] = next();
        Rgb([red, green, blue])
    });
    encoded(&noise.into(), ImageFormat::Png)
}

// Of this type, and not an `RgbImage`, whose functions are generic and so would be compiled without optimisation here.
fn decoded(picture: &[u8]) -> Result<DynamicImage> {
    Ok(image::load_from_memory(picture)?.into_rgb8().into())
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}
