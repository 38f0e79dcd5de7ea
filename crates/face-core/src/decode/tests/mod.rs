//! Pictures of every format, whole and broken, and what becomes of them.
#![cfg(feature = "default")]

mod awkward;
mod phones;
mod reduced;
mod video_frames;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageBuffer, Luma, LumaA, Rgb, Rgba};
use proptest::prelude::*;

use super::*;

const LIMITS: PictureLimits =
    PictureLimits { max_bytes: 1 << 20, max_pixels: 100_000, max_side: 1_000, max_memory: 1 << 20 };

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Gif,
    ImageFormat::Tiff,
];

/// The flag in kinds that the encoders here do not write.
const PROGRESSIVE: &[u8] = include_bytes!("../../../tests/golden/pictures/progressive.jpg");
const CMYK: &[u8] = include_bytes!("../../../tests/golden/pictures/cmyk.jpg");
/// Its right half is transparent.
const PALETTE: &[u8] = include_bytes!("../../../tests/golden/pictures/palette.png");

/// A 40x20 picture: left half red, right half blue, so that turning and mirroring show.
fn flag() -> RgbImage {
    RgbImage::from_fn(40, 20, |x, _| if x < 20 { Rgb([200, 0, 0]) } else { Rgb([0, 0, 200]) })
}

/// Every pixel different from its neighbours.
fn noise() -> RgbImage {
    RgbImage::from_fn(64, 64, |x, y| Rgb([x * 37 + y * 91, x * y, x ^ y].map(|v| (v % 256) as u8)))
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decoded(bytes: &[u8]) -> Result<RgbImage, PictureError> {
    decode(bytes, &LIMITS)
}

/// A JPEG of the flag with an EXIF segment that says how the camera was held.
fn held(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    image::ImageEncoder::set_exif_metadata(&mut encoder, tiff).unwrap();
    encoder.encode_image(&flag()).unwrap();
    bytes
}

/// Whether the pixel is of the flag's red half.
fn is_red(picture: &RgbImage, x: u32, y: u32) -> bool {
    let Rgb([red, _, blue]) = *picture.get_pixel(x, y);
    red > blue
}

#[test]
fn every_format_is_recognised_by_content_and_gives_its_pixels() {
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::Tiff]
    {
        assert_eq!(decoded(&encoded(flag(), format)).unwrap(), flag(), "{format:?}");
    }
    let jpeg = decoded(&encoded(flag(), ImageFormat::Jpeg)).unwrap();
    assert!(is_red(&jpeg, 2, 10) && !is_red(&jpeg, 37, 10));
}

#[test]
fn the_cameras_orientation_is_applied() {
    let expectations = [
        (1, (40, 20), (2, 10)),
        (2, (40, 20), (37, 10)),
        (3, (40, 20), (37, 10)),
        (6, (20, 40), (10, 2)),
        (8, (20, 40), (10, 37)),
    ];
    for (orientation, size, red_at) in expectations {
        let upright = decoded(&held(orientation)).unwrap();
        assert_eq!((upright.width(), upright.height()), size, "orientation {orientation}");
        assert!(is_red(&upright, red_at.0, red_at.1), "orientation {orientation}");
    }
}

#[test]
fn deep_grey_and_transparent_pictures_become_rgb_over_white() {
    let deep = ImageBuffer::<Rgb<u16>, _>::from_pixel(3, 2, Rgb([65_535, 257 * 100, 0]));
    assert_eq!(decoded(&encoded(deep, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [255, 100, 0]);
    let grey = ImageBuffer::<Luma<u8>, _>::from_pixel(3, 2, Luma([77]));
    assert_eq!(decoded(&encoded(grey, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [77; 3]);
    let glass = ImageBuffer::<LumaA<u8>, _>::from_pixel(3, 2, LumaA([0, 0]));
    assert_eq!(decoded(&encoded(glass, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [255; 3]);
    let half = ImageBuffer::<Rgba<u8>, _>::from_pixel(3, 2, Rgba([255, 0, 0, 51]));
    assert_eq!(decoded(&encoded(half, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [255, 204, 204]);
}

#[test]
fn limits_hold_before_anything_is_decoded() {
    assert!(matches!(decoded(&[]), Err(PictureError::Empty)));
    let long = vec![0; LIMITS.max_bytes + 1];
    assert!(matches!(decoded(&long), Err(PictureError::TooManyBytes { .. })));
    let wide = encoded(RgbImage::new(1_001, 1), ImageFormat::Png);
    assert!(matches!(decoded(&wide), Err(PictureError::TooLarge { .. })));
    let many = encoded(RgbImage::new(500, 201), ImageFormat::Png);
    assert!(matches!(decoded(&many), Err(PictureError::TooLarge { .. })));
}

#[test]
fn the_memory_that_decoding_would_take_is_limited_too() {
    let deep = ImageBuffer::<Rgba<u16>, Vec<u16>>::new(400, 250);
    assert!(matches!(decoded(&encoded(deep, ImageFormat::Png)), Err(PictureError::TooMuchMemory { .. })));
    let plain = RgbImage::new(400, 250);
    assert_eq!(decoded(&encoded(plain.clone(), ImageFormat::Png)).unwrap(), plain);
    let tight = PictureLimits { max_memory: 400_000, ..LIMITS };
    for format in FORMATS {
        let refused = decode(&encoded(plain.clone(), format), &tight).is_err();
        let expected = [ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Tiff].contains(&format);
        assert_eq!(refused, expected, "{format:?}");
    }
}

#[test]
fn a_small_gif_with_a_large_frame_is_refused() {
    let mut gif = encoded(RgbImage::new(8, 8), ImageFormat::Gif);
    let frame = gif.windows(9).position(|bytes| bytes == [0x2c, 0, 0, 0, 0, 8, 0, 8, 0]).unwrap();
    gif[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert!(decoded(&gif).is_err());
    let limits = PictureLimits::default();
    assert!(matches!(
        decode(&gif, &limits),
        Err(PictureError::TooMuchMemory { .. } | PictureError::Damaged { .. })
    ));
}

/// A lossless WebP of 4x4 pixels with 65,536 groups of five codes, each of eleven symbols and 4 KiB in a
/// decoder's table; the bits of one code are the ones between `groups` and the end.
fn webp_of_many_codes() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    for (value, count) in [(0x2f, 8), (3, 14), (3, 14), (0, 4), (0, 1), (0, 1), (1, 1), (0, 3), (0, 1)] {
        put(value, count);
    }
    for only in [255, 255, 0, 0, 0] {
        put(0b101, 3);
        put(only, 8);
    }
    for _ in 0..5 * 65_536 {
        put(0, 1);
        put(10, 4);
        for length in [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4] {
            put(length, 3);
        }
        put(0b0011 | 9 << 4, 8);
        for (code, length) in
            [(0, 3), (4, 3), (2, 3), (6, 3), (1, 3), (5, 3), (3, 4), (11, 4), (7, 4), (15, 4), (15, 4)]
        {
            put(code, length);
        }
    }
    let mut bytes: Vec<u8> =
        bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |b, &bit| b << 1 | u8::from(bit))).collect();
    bytes.resize(bytes.len().next_multiple_of(2) + 64, 0);
    let length = bytes.len() as u32;
    let head = [&b"RIFF"[..], &(length + 12).to_le_bytes(), b"WEBPVP8L", &length.to_le_bytes()].concat();
    [head, bytes].concat()
}

#[test]
fn a_webp_whose_codes_would_fill_a_gigabyte_is_refused_and_a_good_one_is_not() {
    let bomb = webp_of_many_codes();
    assert!(bomb.len() < 4_000_000);
    assert!(matches!(decode(&bomb, &PictureLimits::default()), Err(PictureError::TooMuchMemory { .. })));
    let lossless = include_bytes!("../../../tests/golden/pictures/lossless.webp");
    assert!(decode(lossless, &PictureLimits { max_memory: 1 << 20, ..LIMITS }).is_ok());
    assert!(webp::memory(lossless, 0, 0, u64::MAX) > 30_000, "it has several groups of codes");
}

#[test]
fn a_tiny_jpeg_that_claims_four_gigapixels_is_too_large() {
    let mut jpeg = encoded(RgbImage::new(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    for limits in [LIMITS, PictureLimits::default()] {
        assert!(matches!(decode(&jpeg, &limits), Err(PictureError::TooLarge { .. })));
    }
}

#[test]
fn what_is_no_picture_says_so() {
    assert!(matches!(decoded(b"just text"), Err(PictureError::UnknownFormat)));
    assert!(matches!(
        decoded(b"\0\0\0\x18ftypheic\0\0\0\0"),
        Err(PictureError::UnsupportedFormat { format: "HEIC" })
    ));
    assert!(matches!(
        decoded(b"\0\0\0\x18ftypavif\0\0\0\0"),
        Err(PictureError::UnsupportedFormat { format: "AVIF" })
    ));
    assert!(matches!(decoded(b"%PDF-1.7"), Err(PictureError::UnsupportedFormat { format: "PDF" })));
}

#[test]
fn half_a_picture_is_damaged_in_every_format() {
    for format in FORMATS {
        let bytes = encoded(noise(), format);
        let error = decoded(&bytes[..bytes.len() / 2]).err();
        assert!(matches!(error, Some(PictureError::Damaged { .. })), "{format:?}: {error:?}");
    }
}

#[test]
fn a_jpeg_of_more_scans_than_anyone_writes_is_refused_unread() {
    for (jpeg, copies) in [(PROGRESSIVE.to_vec(), 30), (encoded_in_planes(), 3)] {
        let mut jpeg = jpeg;
        let end = jpeg.split_off(jpeg.len() - 2);
        for _ in 0..copies {
            jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
        }
        jpeg.extend(end);
        assert!(matches!(decoded(&jpeg), Err(PictureError::UnsupportedVariant { format: "JPEG", .. })));
    }
}

#[test]
fn scans_that_follow_a_whole_picture_are_never_decoded() {
    let whole = encoded(flag(), ImageFormat::Jpeg);
    let mut repeated = whole.clone();
    let end = repeated.split_off(repeated.len() - 2);
    for _ in 0..3 {
        repeated.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    }
    repeated.extend(&end);
    // What comes after the end marker, such as a phone's second picture, is none of them.
    let with_another = [whole.as_slice(), &whole].concat();
    let is_plain = |bytes: &[u8]| Jpeg::read(bytes).unwrap().plain_size().is_some();
    assert_eq!([whole.as_slice(), &repeated, &with_another].map(is_plain), [true, false, true]);
}

/// A JPEG whose first scan says that it holds one component of three.
fn encoded_in_planes() -> Vec<u8> {
    let mut jpeg = encoded(flag(), ImageFormat::Jpeg);
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    jpeg.splice(scan + 2..scan + 14, [0, 8, 1, 1, 0, 0, 63, 0]);
    jpeg
}

#[test]
fn progressive_cmyk_and_palette_pictures_have_their_colours() {
    for (name, bytes) in [("progressive", PROGRESSIVE), ("CMYK", CMYK)] {
        let picture = decoded(bytes).unwrap();
        for (x, expected) in [(5, [200, 0, 0]), (34, [0, 0, 200])] {
            let off =
                picture.get_pixel(x, 10).0.iter().zip(expected).map(|(&a, b): (&u8, u8)| a.abs_diff(b)).max();
            assert!(off < Some(8), "{name}: {picture:?}");
        }
    }
    let palette = decoded(PALETTE).unwrap();
    assert_eq!([5, 34].map(|x| palette.get_pixel(x, 10).0), [[200, 0, 0], [255; 3]]);
}

#[test]
fn rare_kinds_of_jpeg_are_named_as_such() {
    let jpeg = encoded(flag(), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for (at, value, expected) in [(1, 0xc9, "arithmetic"), (1, 0xc3, "lossless"), (4, 12, "more than 8 bits")]
    {
        let mut rare = jpeg.clone();
        rare[frame + at] = value;
        let error = decoded(&rare).unwrap_err();
        assert!(
            matches!(error, PictureError::UnsupportedVariant { format: "JPEG", .. }),
            "{expected}: {error:?}"
        );
        assert!(std::error::Error::source(&error).unwrap().to_string().contains(expected), "{error:?}");
    }
}

#[test]
fn a_jpeg_that_lost_only_its_end_marker_shows_all_its_pixels() {
    let jpeg = encoded(noise(), ImageFormat::Jpeg);
    assert_eq!(decoded(&jpeg[..jpeg.len() - 2]).unwrap(), decoded(&jpeg).unwrap());
    let cut = decoded(&PROGRESSIVE[..PROGRESSIVE.len() - 2]);
    assert!(matches!(cut, Err(PictureError::Damaged { .. })), "a progressive one may lack detail anywhere");
}

#[test]
fn what_follows_the_end_of_a_jpeg_and_thumbnails_inside_do_not_matter() {
    let mut jpeg = encoded(flag(), ImageFormat::Jpeg);
    let thumbnail = encoded(RgbImage::new(8, 8), ImageFormat::Jpeg);
    let mut segment = vec![0xff, 0xed];
    segment.extend((thumbnail.len() as u16 + 2).to_be_bytes());
    segment.extend(&thumbnail);
    jpeg.splice(2..2, segment);
    let plain = decoded(&jpeg).unwrap();
    assert_eq!(plain.dimensions(), (40, 20));
    jpeg.extend(&thumbnail);
    assert_eq!(decoded(&jpeg).unwrap(), plain);
}

proptest! {
    #[test]
    fn no_cut_or_flipped_byte_panics_or_exceeds_the_limits(
        which in 0_usize..6,
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = encoded(flag(), FORMATS[which]);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len() * 2));
        if let Ok(picture) = decoded(&bytes) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= LIMITS.max_pixels);
        }
    }

    #[test]
    fn a_jpeg_cut_anywhere_but_in_its_last_rows_is_damaged(cut in 0.0_f64..0.8) {
        let jpeg = encoded(noise(), ImageFormat::Jpeg);
        let cut = (jpeg.len() as f64 * cut) as usize;
        prop_assert!(decoded(&jpeg[..cut]).is_err());
    }
}
