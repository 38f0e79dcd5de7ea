//! The aligned picture of one face that the embedder looks at.

use image::RgbImage;

/// A square RGB picture of one upright face, eyes and nose where the embedder expects them.
///
/// Biometric data like the picture it came from: never stored, and `Debug` shows its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct Chip(RgbImage);

impl Chip {
    /// Takes a picture that is aligned already, such as one of the reference's chips.
    #[must_use]
    pub fn from_aligned(picture: RgbImage) -> Self {
        Self(picture)
    }

    /// The pixels.
    #[must_use]
    pub fn pixels(&self) -> &RgbImage {
        &self.0
    }

    /// The mirror image, left and right exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self(image::imageops::flip_horizontal(&self.0))
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chip({}x{})", self.0.width(), self.0.height())
    }
}
