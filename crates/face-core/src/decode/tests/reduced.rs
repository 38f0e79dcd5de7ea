//! What a JPEG decoded at a part of its size shows, and which files are decoded whole instead.

use image::ImageEncoder;
use image::imageops::{self, FilterType};

use super::*;

/// Smooth, so that an averaged picture is near every way of making it smaller.
fn waves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |v: u32, period: f32| (127.5 + 110.0 * (v as f32 / period).sin()) as u8;
        Rgb([wave(x, 31.0), wave(y, 27.0), wave(x + y, 43.0)])
    })
}

fn jpeg(picture: &RgbImage, orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(orientation) = orientation {
        let exif = [b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], &[0; 7]]
            .concat();
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.encode_image(picture).unwrap();
    bytes
}

fn reduced(bytes: &[u8], longest: u32) -> Decoded {
    decode_reduced(bytes, &PictureLimits::default(), longest).unwrap()
}

#[test]
fn the_smallest_size_that_is_large_enough_is_taken_and_shows_the_same() {
    let picture = waves(803, 600);
    let bytes = jpeg(&picture, None);
    for (longest, width, height) in
        [(804, 803, 600), (403, 803, 600), (402, 402, 300), (201, 201, 150), (101, 101, 75), (1, 101, 75)]
    {
        let found = reduced(&bytes, longest);
        assert_eq!(found.pixels.dimensions(), (width, height), "{longest}");
        let [across, down] = found.reduction;
        assert!((across * width as f32 - 803.0).abs() < 0.01 && (down * height as f32 - 600.0).abs() < 0.01);
        let expected = imageops::resize(&picture, width, height, FilterType::Triangle);
        let off =
            found.pixels.iter().zip(expected.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
        let off = off / f64::from(width * height * 3);
        assert!(off < 5.0, "{longest}: {off}");
    }
}

#[test]
fn a_picture_that_lies_on_its_side_is_turned_after_it_was_reduced() {
    let upright = waves(300, 400);
    let lying = jpeg(&imageops::rotate270(&upright), Some(6));
    let found = reduced(&lying, 200);
    assert_eq!(found.pixels.dimensions(), (150, 200));
    assert_eq!(found.reduction, [2.0, 2.0]);
    let expected = imageops::resize(&upright, 150, 200, FilterType::Triangle);
    let off = found.pixels.iter().zip(expected.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
    assert!(off / f64::from(150 * 200 * 3) < 2.5, "{off}");
}

#[test]
fn other_kinds_of_picture_are_decoded_whole_and_broken_ones_are_refused_as_ever() {
    let picture = waves(400, 300);
    let grey = encoded(DynamicImage::ImageRgb8(picture.clone()).into_luma8(), ImageFormat::Jpeg);
    let png = encoded(picture.clone(), ImageFormat::Png);
    for bytes in [grey.as_slice(), &png, PROGRESSIVE, CMYK] {
        let found = reduced(bytes, 1);
        assert_eq!(found.reduction, [1.0, 1.0]);
        assert_eq!(found.pixels, decode(bytes, &PictureLimits::default()).unwrap());
    }
    let bytes = jpeg(&picture, None);
    let half = &bytes[..bytes.len() / 2];
    assert!(matches!(
        decode_reduced(half, &PictureLimits::default(), 1),
        Err(PictureError::Damaged { format: "JPEG", .. })
    ));
}
