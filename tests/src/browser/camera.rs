//! The film that Chromium plays as its camera.

use std::io::Cursor;

use anyhow::Result;
use image::imageops::{self, FilterType};
use image::{ImageFormat, Rgb, RgbImage};

/// What Chromium makes of a file of Motion JPEG.
const PICTURES_A_SECOND: f32 = 30.0;
const SIZE: (u32, u32) = (640, 480);

/// What the camera sees for a while.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Pictures that are seen beside each other; none is an empty room.
    pub pictures: Vec<Vec<u8>>,
    /// The colour around them, by which a frame of the scene is told.
    pub colour: [u8; 3],
    /// How long, in seconds.
    pub seconds: f32,
}

/// Motion JPEG of the scenes one after another, which Chromium plays over and over: JPEGs in a row.
pub(super) fn film(scenes: &[Scene]) -> Result<Vec<u8>> {
    let mut film = Vec::new();
    for Scene { pictures, colour, seconds } in scenes {
        let mut frame = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb(*colour));
        let width = SIZE.0 / u32::try_from(pictures.len().max(1))?;
        for (number, picture) in (0_u32..).zip(pictures) {
            let picture = image::load_from_memory(picture)?.resize(width, SIZE.1, FilterType::Triangle);
            let picture = picture.into_rgb8();
            let left = number * width + (width - picture.width()) / 2;
            let top = (SIZE.1 - picture.height()) / 2;
            imageops::replace(&mut frame, &picture, left.into(), top.into());
        }
        let mut jpeg = Cursor::new(Vec::new());
        frame.write_to(&mut jpeg, ImageFormat::Jpeg)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the seconds of a test")]
        let times = (seconds * PICTURES_A_SECOND).ceil() as usize;
        film.extend(jpeg.into_inner().repeat(times));
    }
    Ok(film)
}
