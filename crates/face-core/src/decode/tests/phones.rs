//! Pictures as large as phones make them.

use image::{GenericImageView, ImageEncoder};

use super::*;

/// A smooth picture of any size that lies nowhere in memory.
struct Drawn {
    width: u32,
    height: u32,
}

impl GenericImageView for Drawn {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        if x < self.width / 2 { Rgb([200, 0, (y >> 6) as u8]) } else { Rgb([0, (x >> 6) as u8, 200]) }
    }
}

/// A JPEG of a picture that was taken upright: it lies on its side, and EXIF says so.
fn held_upright(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 60);
    encoder
        .set_exif_metadata(b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec())
        .unwrap();
    encoder.encode_image(&Drawn { width, height }).unwrap();
    bytes
}

#[test]
fn what_phones_call_50_megapixels_is_taken_also_when_held_upright() {
    for (width, height) in [(8160, 6144), (8192, 6144)] {
        let bytes = held_upright(width, height);
        let limits = PictureLimits::default();
        let found = decode_reduced(&bytes, &limits, 640).unwrap();
        assert_eq!(found.pixels.dimensions(), (height / 8, width / 8));
        assert!(is_red(&found.pixels, 300, 100) && !is_red(&found.pixels, 300, 900));
        // The whole of it: pixels lying and upright at once are what it takes most memory for.
        let turned = 2 * 3 * u64::from(width) * u64::from(height);
        assert!(turned <= limits.max_memory);
        let less = PictureLimits { max_memory: turned - 1, ..limits };
        assert!(matches!(decode_reduced(&bytes, &less, 640), Err(PictureError::TooMuchMemory { .. })));
    }
}

#[test]
fn what_is_larger_than_that_is_refused_with_the_limit() {
    let mut jpeg = encoded(RgbImage::new(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for (width, height) in [(8192_u16, 6400_u16), (9000, 6000), (12000, 9000)] {
        jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        let refused = decode(&jpeg, &PictureLimits::default()).unwrap_err();
        let words = "the picture is too large: at most 52 megapixels and 16384 pixels on a side are allowed";
        assert_eq!(refused.to_string(), words);
    }
}
