//! The picture that the benches work on, made of the reference's portrait.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};

/// The folder that the set-up makes.
pub(crate) fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// The reference's portrait of 910x1137.
fn portrait() -> RgbImage {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/obama.jpg");
    image::open(path).expect("run `cargo xtask setup --tests` first").into_rgb8()
}

/// A 640x480 JPEG of one face: the portrait, cut to a 4:3 window and scaled.
#[allow(dead_code, reason = "each bench has its own picture")]
pub(crate) fn one_face() -> Vec<u8> {
    let window = imageops::crop_imm(&portrait(), 0, 0, 910, 682).to_image();
    let scaled = imageops::resize(&window, 640, 480, FilterType::Triangle);
    let jpeg = jpeg(&scaled);
    // For those who time another program on the same picture.
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("640x480.jpg"), &jpeg).unwrap();
    jpeg
}

/// A 3000x4000 JPEG that one face fills, with the noise of a camera, which is what decoding takes long for.
#[allow(dead_code, reason = "each bench has its own picture")]
pub(crate) fn selfie() -> Vec<u8> {
    let window = imageops::crop_imm(&portrait(), 190, 0, 600, 800).to_image();
    let mut selfie = imageops::resize(&window, 3000, 4000, FilterType::Triangle);
    let mut state = 1_u32;
    for value in selfie.iter_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = value.saturating_add((state >> 28) as u8).saturating_sub(8);
    }
    jpeg(&selfie)
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}
