//! Small pictures in every format and kind that their encoders know, to start from.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageFormat, RgbImage, RgbaImage};

use crate::Seeds;

/// Formats that are read, with the ending of their files.
const FORMATS: [(ImageFormat, &str); 6] = [
    (ImageFormat::Jpeg, "jpg"),
    (ImageFormat::Png, "png"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Bmp, "bmp"),
    (ImageFormat::Gif, "gif"),
    (ImageFormat::Tiff, "tiff"),
];

/// Kinds that no encoder here writes, as they lie in the tests of face-core.
const KEPT: [(&str, &[u8]); 4] = [
    ("progressive.jpg", include_bytes!("../../crates/face-core/tests/golden/pictures/progressive.jpg")),
    ("cmyk.jpg", include_bytes!("../../crates/face-core/tests/golden/pictures/cmyk.jpg")),
    ("palette.png", include_bytes!("../../crates/face-core/tests/golden/pictures/palette.png")),
    ("lossless.webp", include_bytes!("../../crates/face-core/tests/golden/pictures/lossless.webp")),
];

/// The pictures.
pub fn seeds() -> Seeds {
    let rgb = RgbImage::from_fn(24, 17, |x, y| image::Rgb([x * 37 + y * 91, x * y, x ^ y].map(|v| v as u8)));
    let rgba =
        RgbaImage::from_fn(9, 8, |x, y| image::Rgba([x * 28, y * 30, x ^ y, x * y * 3].map(|v| v as u8)));
    let colours: [(&str, DynamicImage); 6] = [
        ("rgb", rgb.clone().into()),
        ("rgba", rgba.clone().into()),
        ("grey", DynamicImage::from(rgb.clone()).into_luma8().into()),
        ("grey-alpha", DynamicImage::from(rgba.clone()).into_luma_alpha8().into()),
        ("rgb16", DynamicImage::from(rgb.clone()).into_rgb16().into()),
        ("rgb32f", DynamicImage::from(rgb.clone()).into_rgb32f().into()),
    ];
    let mut seeds: Seeds = KEPT.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    for (format, ending) in FORMATS {
        for (colour, picture) in &colours {
            let mut bytes = Cursor::new(Vec::new());
            // Not every format has every colour.
            if picture.write_to(&mut bytes, format).is_ok() {
                seeds.push((format!("{colour}.{ending}"), bytes.into_inner()));
            }
        }
    }
    seeds.push(("turned.jpg".to_owned(), turned(&rgb)));
    seeds.push(("frame.jpg".to_owned(), without_tables(&turned(&rgb))));
    seeds.push(("animated.gif".to_owned(), animated(&rgba)));
    seeds.push(("exif.webp".to_owned(), webp_with_exif(&rgb)));
    seeds
}

/// EXIF that says that the camera was turned a quarter.
fn turned_exif() -> Vec<u8> {
    b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec()
}

fn turned(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 60);
    if encoder.set_exif_metadata(turned_exif()).is_ok() {
        let _ = encoder.encode_image(picture);
    }
    bytes
}

/// A frame of a video: the file without its Huffman tables.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (Vec::new(), jpeg);
    while let Some(at) = rest.windows(2).position(|pair| pair == [0xff, 0xc4]) {
        let (before, table) = rest.split_at(at);
        let length = table
            .get(2..4)
            .map_or(0, |length| length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)));
        kept.extend(before);
        rest = table.get(2 + length..).unwrap_or_default();
    }
    kept.extend(rest);
    kept
}

fn webp_with_exif(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if encoder.set_exif_metadata(turned_exif()).is_ok() {
        let _ = encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8);
    }
    bytes
}

fn animated(picture: &RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    let _ = encoder.encode_frames([Frame::new(picture.clone()), Frame::new(picture.clone())]);
    drop(encoder);
    bytes
}
