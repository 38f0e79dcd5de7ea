//! Which format a file is of, by its first bytes alone.

use image::ImageFormat;

use crate::PictureError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A format that is read here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) kind: ImageFormat,
    /// Its usual name, for messages.
    name: &'static str,
    /// Whether the crate was built with its decoder.
    built_in: bool,
}

const KNOWN: [Format; 6] = [
    Format { kind: ImageFormat::Jpeg, name: "JPEG", built_in: cfg!(feature = "jpeg") },
    Format { kind: ImageFormat::Png, name: "PNG", built_in: cfg!(feature = "png") },
    Format { kind: ImageFormat::WebP, name: "WebP", built_in: cfg!(feature = "webp") },
    Format { kind: ImageFormat::Bmp, name: "BMP", built_in: cfg!(feature = "bmp") },
    Format { kind: ImageFormat::Gif, name: "GIF", built_in: cfg!(feature = "gif") },
    Format { kind: ImageFormat::Tiff, name: "TIFF", built_in: cfg!(feature = "tiff") },
];

/// What to send, for a message: `a JPEG, PNG or TIFF file`.
pub(crate) fn read_formats() -> String {
    let names: Vec<&str> = KNOWN.iter().filter(|format| format.built_in).map(|format| format.name).collect();
    match names.split_last() {
        None => "nothing, for this build reads no format".to_owned(),
        Some((only, [])) => format!("a {only} file"),
        Some((last, others)) => format!("a {} or {last} file", others.join(", ")),
    }
}

impl Format {
    /// The file is of this format, and broken.
    pub(super) fn damaged(self, source: impl Into<Cause>) -> PictureError {
        PictureError::Damaged { format: self.name, source: source.into() }
    }

    /// The file is of this format, in a variant that is not read here.
    pub(super) fn unsupported(self, source: impl Into<Cause>) -> PictureError {
        PictureError::UnsupportedVariant { format: self.name, source: source.into() }
    }
}

/// The format of a file.
///
/// # Errors
/// [`PictureError::UnsupportedFormat`] for those that people do send and that are not read here, or not
/// by this build; [`PictureError::UnknownFormat`] for everything else.
pub(super) fn recognise(bytes: &[u8]) -> Result<Format, PictureError> {
    let guessed = image::guess_format(bytes).ok();
    if let Some(&found) = KNOWN.iter().find(|format| Some(format.kind) == guessed) {
        let left_out = PictureError::UnsupportedFormat { format: found.name };
        return if found.built_in { Ok(found) } else { Err(left_out) };
    }
    Err(match not_read(bytes) {
        Some(format) => PictureError::UnsupportedFormat { format },
        None => PictureError::UnknownFormat,
    })
}

fn not_read(bytes: &[u8]) -> Option<&'static str> {
    // Files of ISO/IEC 14496-12 begin with a box `ftyp`, after its length, whose first field is the brand.
    let brand = bytes.get(4..8).filter(|&kind| kind == b"ftyp").and(bytes.get(8..12));
    match brand {
        Some(b"avif" | b"avis") => return Some("AVIF"),
        // Brands of ISO/IEC 23008-12; `mif1` and `msf1` leave open how the pixels are coded.
        Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
            return Some("HEIC");
        }
        // The same container holds MP4, MOV and camera files such as CR3.
        Some(_) => return Some("Video or camera-raw"),
        None => {}
    }
    // JPEG XL comes as a bare codestream or in a container of its own (ISO/IEC 18181-2).
    let starts: [(&[u8], &'static str); 4] =
        [(b"%PDF", "PDF"), (b"<svg", "SVG"), (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL")];
    starts.iter().find(|(start, _)| bytes.starts_with(start)).map(|&(_, name)| name)
}
