//! The film that Chromium plays as its camera.

use std::io::Cursor;

use anyhow::Result;
use image::ImageFormat;
use image::imageops::FilterType;

/// Pictures in the film, which Chromium plays over and over.
const PICTURES: usize = 12;

/// Motion JPEG of a camera that shows a still picture, scaled to fit 640x480: JPEGs one after another.
pub(super) fn film(picture: &[u8]) -> Result<Vec<u8>> {
    let picture = image::load_from_memory(picture)?.resize(640, 480, FilterType::Triangle);
    let mut jpeg = Cursor::new(Vec::new());
    picture.into_rgb8().write_to(&mut jpeg, ImageFormat::Jpeg)?;
    Ok(jpeg.into_inner().repeat(PICTURES))
}
