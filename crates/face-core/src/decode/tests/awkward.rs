//! Awkward files of our own making: animations, interlacing, broken checksums, headers that lie.

use image::codecs::gif::GifEncoder;
use image::{Frame, RgbaImage};

use super::*;

/// Appends a chunk of PNG: length, name, content, checksum (CRC-32 of ISO 3309).
fn chunk(png: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    let checked = [name, content].concat();
    let mut crc = u32::MAX;
    for byte in &checked {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    png.extend((content.len() as u32).to_be_bytes());
    png.extend(checked);
    png.extend((!crc).to_be_bytes());
}

/// The chunks of a PNG, each as name and content.
fn chunks(png: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut rest = &png[8..];
    let mut found = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        found.push((after[..4].try_into().unwrap(), after[4..4 + length].to_vec()));
        rest = &after[4 + length + 4..];
    }
    found
}

/// A PNG of one pixel, its chunks changed.
fn png_with(change: impl FnOnce(&mut Vec<([u8; 4], Vec<u8>)>)) -> Vec<u8> {
    let png = encoded(RgbImage::from_pixel(1, 1, Rgb([9, 8, 7])), ImageFormat::Png);
    let mut parts = chunks(&png);
    change(&mut parts);
    let mut changed = png[..8].to_vec();
    parts.iter().for_each(|(name, content)| chunk(&mut changed, name, content));
    changed
}

#[test]
fn of_an_animated_gif_the_first_frame_counts() {
    let frame = |colour: [u8; 4]| Frame::new(RgbaImage::from_pixel(6, 4, Rgba(colour)));
    let mut gif = Vec::new();
    GifEncoder::new(&mut gif).encode_frames([frame([250, 0, 0, 255]), frame([0, 0, 250, 255])]).unwrap();
    assert_eq!(decoded(&gif).unwrap(), RgbImage::from_pixel(6, 4, Rgb([250, 0, 0])));
}

#[test]
fn of_an_animated_png_the_picture_that_every_viewer_shows_counts() {
    let png = png_with(|parts| {
        let second = [&[0, 0, 0, 1][..], &parts.iter().find(|(name, _)| name == b"IDAT").unwrap().1].concat();
        let control = |number: u8| {
            [&[0, 0, 0, number, 0, 0, 0, 1, 0, 0, 0, 1][..], &[0; 8], &[0, 1, 0, 1, 0, 0]].concat()
        };
        let end = parts.pop().unwrap();
        parts.insert(1, (*b"acTL", vec![0, 0, 0, 2, 0, 0, 0, 0]));
        parts.push((*b"fcTL", control(0)));
        parts.push((*b"fdAT", second));
        parts.push(end);
    });
    assert_eq!(decoded(&png).unwrap().get_pixel(0, 0).0, [9, 8, 7]);
}

#[test]
fn an_interlaced_png_is_read() {
    // Of the seven passes over one pixel only the first is not empty.
    let png = png_with(|parts| parts[0].1[12] = 1);
    assert_eq!(decoded(&png).unwrap().get_pixel(0, 0).0, [9, 8, 7]);
}

#[test]
fn a_png_whose_pixels_fail_their_checksum_is_damaged() {
    let mut png = encoded(flag(), ImageFormat::Png);
    let data = png.windows(4).position(|name| name == b"IDAT").unwrap();
    png[data + 12] ^= 0x40;
    assert!(matches!(decoded(&png), Err(PictureError::Damaged { format: "PNG", .. })));
}

#[test]
fn a_grey_jpeg_becomes_rgb() {
    let grey = ImageBuffer::<Luma<u8>, _>::from_pixel(16, 16, Luma([77]));
    let decoded = decoded(&encoded(grey, ImageFormat::Jpeg)).unwrap();
    assert!(decoded.pixels().all(|Rgb([r, g, b])| r == g && g == b && r.abs_diff(77) < 2));
}

#[test]
fn a_header_that_claims_a_huge_picture_is_refused_before_anything_is_allocated() {
    let tiny = RgbImage::new(8, 8);
    let png = png_with(|parts| parts[0].1[..8].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]));
    let mut bmp = encoded(tiny.clone(), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    let mut gif = encoded(tiny.clone(), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut webp = encoded(tiny, ImageFormat::WebP);
    webp[21..25].copy_from_slice(&[0xfe, 0xbf, 0xff, 0x0f]);
    for (name, bytes) in [("PNG", png), ("BMP", bmp), ("GIF", gif), ("WebP", webp)] {
        let error = decode(&bytes, &PictureLimits::default()).err();
        assert!(matches!(error, Some(PictureError::TooLarge { .. })), "{name}: {error:?}");
    }
}

#[test]
fn a_palette_that_ends_within_a_colour_is_damage_although_the_decoder_panics() {
    let mut png = PALETTE[..8].to_vec();
    for (name, mut content) in chunks(PALETTE) {
        if &name == b"PLTE" {
            content.truncate(4);
        }
        chunk(&mut png, &name, &content);
    }
    assert!(matches!(decoded(&png), Err(PictureError::Damaged { format: "PNG", .. })));
}
