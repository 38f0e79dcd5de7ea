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

/// A 640x480 JPEG of one face: the reference's portrait of 910x1137, cut to a 4:3 window and scaled.
pub(crate) fn one_face() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/obama.jpg");
    let portrait = image::open(path).expect("run `cargo xtask setup --tests` first").into_rgb8();
    let window = imageops::crop_imm(&portrait, 0, 0, 910, 682).to_image();
    let scaled = imageops::resize(&window, 640, 480, FilterType::Triangle);
    let jpeg = jpeg(&scaled);
    // For those who time another program on the same picture.
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("640x480.jpg"), &jpeg).unwrap();
    jpeg
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}
