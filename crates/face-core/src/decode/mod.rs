//! Picture bytes to upright RGB pixels, with every limit checked before the decoder allocates.

mod format;
mod huffman;
mod jpeg;
mod memory;
mod reduced;
#[cfg(feature = "webp")]
mod webp;

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, Rgba,
};

use crate::{PictureError, PictureLimits};
pub(crate) use format::read_formats;
use format::{Format, recognise};
use jpeg::Jpeg;

/// Share of the memory limit that a decoder may use while it reads headers and metadata.
const METADATA_SHARE: u64 = 8;

/// Decodes a JPEG, PNG, WebP, BMP, GIF (first frame) or TIFF picture, recognised by its content. Each
/// format is a feature of this crate.
///
/// The EXIF orientation is applied; 16-bit, grey, palette and CMYK pictures become 8-bit RGB, and
/// transparent ones are laid over white. Needs no models: an engine's
/// [`decode`](crate::FaceEngine::decode) is this function with the engine's limits.
///
/// The result is upright and has at least one pixel; pixels, sides and memory are checked against the
/// limits before the decoder allocates them. A decoder's panic is caught and counts as damage.
///
/// ```
/// use face_core::{PictureError, PictureLimits, decode};
///
/// // A bitmap of one blue pixel.
/// let mut bitmap = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
/// bitmap.extend([0; 24]);
/// bitmap.extend([255, 0, 0, 0]);
///
/// let limits = PictureLimits::default();
/// assert_eq!(decode(&bitmap, &limits)?.get_pixel(0, 0).0, [0, 0, 255]);
///
/// let cut = decode(&bitmap[..54], &limits);
/// assert!(matches!(cut, Err(PictureError::Damaged { format: "BMP", .. })));
/// # Ok::<(), PictureError>(())
/// ```
///
/// # Errors
/// [`PictureError`] says what the sender can do about it.
pub fn decode(bytes: &[u8], limits: &PictureLimits) -> Result<RgbImage, PictureError> {
    Ok(decode_reduced(bytes, limits, u32::MAX)?.pixels)
}

/// A picture that may have been decoded at a part of its size.
pub(crate) struct Decoded {
    /// Upright pixels.
    pub(crate) pixels: RgbImage,
    /// How many pixels of the file, across and down, one of these stands for; 1 for the whole picture.
    pub(crate) reduction: [f32; 2],
}

impl Decoded {
    /// Width and height of the whole picture, upright.
    pub(crate) fn whole_size(&self) -> (u32, u32) {
        let [x, y] = self.reduction;
        // The factors are quotients of these very sides, of at most 16 bits, so rounding finds them again.
        let whole = |side: u32, factor: f32| (side as f32 * factor).round() as u32;
        (whole(self.pixels.width(), x), whole(self.pixels.height(), y))
    }
}

/// Like [`decode`], but where a decoder can do so for less work, at a half, a quarter or an eighth of the
/// size, with at least `longest` pixels on the longest side.
///
/// # Errors
/// Those of [`decode`].
pub(crate) fn decode_reduced(
    bytes: &[u8],
    limits: &PictureLimits,
    longest: u32,
) -> Result<Decoded, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(PictureError::TooManyBytes { bytes: bytes.len(), limit: limits.max_bytes });
    }
    let format = recognise(bytes)?;
    let jpeg = if format.kind == ImageFormat::Jpeg { Some(Jpeg::read(bytes)?) } else { None };
    let bytes = jpeg.as_ref().map_or(Cow::Borrowed(bytes), |jpeg| jpeg.completed(bytes));
    // The decoders are not free of panics on hostile input, by their authors' own word. They hold no
    // state beyond this call, so a panic leaves nothing broken behind.
    let decoded = catch_unwind(AssertUnwindSafe(|| read(&bytes, format, jpeg.as_ref(), limits, longest)));
    decoded.unwrap_or_else(|_| Err(format.damaged("the decoder gave up")))
}

fn read(
    bytes: &[u8],
    format: Format,
    jpeg: Option<&Jpeg<'_>>,
    limits: &PictureLimits,
    longest: u32,
) -> Result<Decoded, PictureError> {
    let refused = |error| refusal(error, format, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.kind);
    // Metadata, such as the compressed profile of a PNG, is unpacked while a file is opened, before its size
    // was looked at. PNG keeps this limit to the end: `image` cannot raise it later.
    reader.limits(allowed(limits, limits.max_memory / METADATA_SHARE));
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    // `image-webp` takes a lossless side of 16,384 pixels for 0, and scales divide by the sides.
    if width == 0 || height == 0 {
        return Err(PictureError::NoPixels);
    }
    // `image` limits each side, but not their product.
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(too_large(limits));
    }
    // Pictures with broken metadata are shown everywhere, so they are read here too.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // Counted for the whole picture also where a part of its size will do: a small face is embedded from the
    // whole one, and whether a file is taken must not depend on that.
    let peak = memory::peak(&decoder, bytes, format.kind, jpeg, orientation, limits.max_memory);
    if peak > limits.max_memory {
        return Err(PictureError::TooMuchMemory { limit: limits.max_memory });
    }
    let reduced = jpeg.and_then(|jpeg| jpeg.reduced(bytes, longest));
    let mut picture = match reduced {
        Some(reduced) => reduced,
        None => {
            // `from_decoder` allocates the output; the limit is for what the decoder holds beside it.
            let left = limits.max_memory.saturating_sub(decoder.total_bytes());
            decoder.set_limits(allowed(limits, left)).map_err(refused)?;
            let whole = flatten(DynamicImage::from_decoder(decoder).map_err(refused)?);
            if jpeg.is_some_and(|jpeg| jpeg.cut_short(&whole)) {
                return Err(format.damaged("its last rows are missing"));
            }
            whole
        }
    };
    let mut reduction = [width as f32 / picture.width() as f32, height as f32 / picture.height() as f32];
    // Turned last, at three bytes a pixel: a quarter turn holds the picture twice.
    if orientation != Orientation::NoTransforms {
        let lying = picture.dimensions();
        let mut upright = DynamicImage::ImageRgb8(picture);
        upright.apply_orientation(orientation);
        picture = upright.into_rgb8();
        // A quarter turn exchanges the axes, which the two factors belong to.
        if picture.dimensions() != lying {
            reduction.reverse();
        }
    }
    Ok(Decoded { pixels: picture, reduction })
}

/// Eight-bit RGB; what is transparent lets white through.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut flat = RgbImage::new(picture.width(), picture.height());
    // The common kind is walked as it lies in memory; `DynamicImage` finds out its kind anew for each pixel.
    match picture.as_rgba8() {
        Some(pixels) => {
            flat.pixels_mut().zip(pixels.pixels()).for_each(|(out, pixel)| *out = over_white(*pixel))
        }
        None => {
            flat.pixels_mut().zip(picture.pixels()).for_each(|(out, (_, _, pixel))| *out = over_white(pixel))
        }
    }
    flat
}

fn over_white(pixel: Rgba<u8>) -> Rgb<u8> {
    // 127 is half of the divisor, so that the division rounds to the nearest value.
    let [red, green, blue, alpha] = pixel.0.map(u32::from);
    Rgb([red, green, blue].map(|channel| ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
}

fn allowed(limits: &PictureLimits, bytes: u64) -> Limits {
    let mut allowed = Limits::no_limits();
    allowed.max_image_width = Some(limits.max_side);
    allowed.max_image_height = Some(limits.max_side);
    allowed.max_alloc = Some(bytes);
    allowed
}

fn too_large(limits: &PictureLimits) -> PictureError {
    PictureError::TooLarge { max_pixels: limits.max_pixels, max_side: limits.max_side }
}

fn refusal(error: ImageError, format: Format, limits: &PictureLimits) -> PictureError {
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => too_large(limits),
            LimitErrorKind::InsufficientMemory => PictureError::TooMuchMemory { limit: limits.max_memory },
            LimitErrorKind::Unsupported { .. } | _ => format.unsupported(ImageError::Limits(limit)),
        },
        ImageError::Unsupported(error) => format.unsupported(error),
        // Reading from memory fails only where the bytes end too early, so that is damage as well.
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => format.damaged(error),
    }
}

#[cfg(test)]
mod tests;
