//! Which formats this build of the crate reads, and what it says of the others.

use face_core::{PictureError, PictureLimits, decode};

/// Each format's name, how its files start, and whether the crate was built with it.
const FORMATS: [(&str, &[u8], bool); 6] = [
    ("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF\0", cfg!(feature = "jpeg")),
    ("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", cfg!(feature = "png")),
    ("WebP", b"RIFF\x1a\0\0\0WEBPVP8L", cfg!(feature = "webp")),
    ("BMP", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0", cfg!(feature = "bmp")),
    ("GIF", b"GIF89a\x01\0\x01\0", cfg!(feature = "gif")),
    ("TIFF", b"II*\0\x08\0\0\0", cfg!(feature = "tiff")),
];

#[test]
fn a_format_that_was_left_out_is_refused_by_name_and_the_others_are_read() {
    for (name, start, built_in) in FORMATS {
        let error = decode(start, &PictureLimits::default()).unwrap_err();
        let refused_as = match (&error, built_in) {
            (PictureError::Damaged { format, .. }, true) => *format,
            (PictureError::UnsupportedFormat { format }, false) => *format,
            _ => panic!("{name}: {error:?}"),
        };
        assert_eq!(refused_as, name);
    }
}

#[test]
fn the_sender_is_told_what_this_build_reads() {
    let message = decode(b"just text", &PictureLimits::default()).unwrap_err().to_string();
    for (name, _, built_in) in FORMATS {
        assert_eq!(message.contains(name), built_in, "{message}");
    }
}
