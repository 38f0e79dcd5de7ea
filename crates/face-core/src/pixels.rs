//! A borrowed view of RGB pixels, so that callers with their own buffers need not copy them.

use image::RgbImage;

use crate::PictureError;

/// Interleaved 8-bit RGB rows, top to bottom: three bytes a pixel, `stride` bytes from row to row.
///
/// Invariant: both sides are at least one pixel, and every row lies within the buffer.
#[derive(Clone, Copy)]
pub struct RgbView<'a> {
    data: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> RgbView<'a> {
    /// Views a buffer of `height` rows of `width` pixels, the rows `stride` bytes apart.
    ///
    /// # Errors
    /// [`PictureError::NoPixels`] when a side is zero, [`PictureError::ShortBuffer`] when the buffer or
    /// the stride is too short for that size.
    pub fn new(data: &'a [u8], width: usize, height: usize, stride: usize) -> Result<Self, PictureError> {
        if width == 0 || height == 0 {
            return Err(PictureError::NoPixels);
        }
        // The sizes are the caller's. Checked once here, so that rows and parts are cut without overflow.
        let row = width.checked_mul(3).filter(|&row| row <= stride);
        // Up to the last pixel: the padding behind the last row need not be there.
        let needed = row.and_then(|row| (height - 1).checked_mul(stride)?.checked_add(row));
        match needed {
            Some(needed) if needed <= data.len() => Ok(Self { data, width, height, stride }),
            _ => Err(PictureError::ShortBuffer { bytes: data.len(), width, height, stride }),
        }
    }

    /// Views a whole picture.
    ///
    /// # Errors
    /// [`PictureError::NoPixels`] when a side is zero.
    pub fn from_image(picture: &'a RgbImage) -> Result<Self, PictureError> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self::new(picture.as_raw(), width, height, width * 3)
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes of row `y`, three a pixel; empty below the last row.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        let start = y.saturating_mul(self.stride);
        if y >= self.height {
            return &[];
        }
        self.data.get(start..start + self.width * 3).unwrap_or_default()
    }

    /// Red, green and blue at `x`, `y`; black outside the picture.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        match self.row(y).get(x.saturating_mul(3)..) {
            Some([red, green, blue, ..]) => [*red, *green, *blue],
            _ => [0; 3],
        }
    }

    /// All rows as one slice, when no bytes lie between them.
    pub(crate) fn packed(&self) -> Option<&'a [u8]> {
        if self.stride == self.width * 3 { self.data.get(..self.height * self.stride) } else { None }
    }

    /// The part from `left`, `top`, cut to what lies inside; `None` when nothing does.
    pub(crate) fn part(&self, left: usize, top: usize, width: usize, height: usize) -> Option<Self> {
        let width = width.min(self.width.checked_sub(left)?);
        let height = height.min(self.height.checked_sub(top)?);
        let data = self.data.get(top * self.stride + left * 3..)?;
        Self::new(data, width, height, self.stride).ok()
    }
}

impl std::fmt::Debug for RgbView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RgbView({}x{})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_too_short_for_their_size_are_refused() {
        assert!(RgbView::new(&[0; 12], 2, 2, 6).is_ok());
        assert!(RgbView::new(&[0; 14], 2, 2, 8).is_ok(), "the last row needs no padding");
        for (bytes, width, height, stride) in
            [(11, 2, 2, 6), (12, 2, 2, 5), (12, usize::MAX, 1, 6), (12, 1, usize::MAX, 3)]
        {
            assert!(RgbView::new(&vec![0; bytes], width, height, stride).is_err());
        }
        assert!(matches!(RgbView::new(&[], 0, 0, 0), Err(PictureError::NoPixels)));
    }

    #[test]
    fn a_part_shows_the_same_pixels() {
        let data: Vec<u8> = (0..4 * 3 * 3).collect();
        let view = RgbView::new(&data, 4, 3, 12).unwrap();
        let part = view.part(1, 1, 9, 1).unwrap();
        assert_eq!((part.width(), part.height()), (3, 1));
        assert_eq!(part.pixel(0, 0), view.pixel(1, 1));
        assert_eq!(view.pixel(4, 0), [0; 3]);
        assert!(view.part(5, 0, 1, 1).is_none());
    }
}
