//! A picture as red, green and blue planes: rows of one channel are what is resized and differentiated.

use crate::RgbView;

/// Three planes of 8-bit values, row by row. Both sides have at least one pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planes {
    width: usize,
    height: usize,
    channels: [Vec<u8>; 3],
}

impl Planes {
    pub(super) fn from_picture(picture: RgbView<'_>) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let mut channels = [0; 3].map(|_: u8| Vec::with_capacity(width * height));
        for y in 0..height {
            let (pixels, _) = picture.row(y).as_chunks::<3>();
            for (i, channel) in channels.iter_mut().enumerate() {
                channel.extend(pixels.iter().filter_map(|pixel| pixel.get(i)));
            }
        }
        Self { width, height, channels }
    }

    /// Planes that hold `width * height` values each.
    pub(super) fn from_channels(width: usize, height: usize, channels: [Vec<u8>; 3]) -> Self {
        Self { width, height, channels }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn channels(&self) -> &[Vec<u8>; 3] {
        &self.channels
    }

    /// Row `y` of each channel; empty below the last row.
    pub(super) fn row(&self, y: usize) -> [&[u8]; 3] {
        self.channels.each_ref().map(|c| c.get(y * self.width..(y + 1) * self.width).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_taken_apart_and_gaps_between_rows_left_out() {
        let view = RgbView::new(&[1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12], 2, 2, 7).unwrap();
        let planes = Planes::from_picture(view);
        assert_eq!(planes.channels(), &[vec![1, 4, 7, 10], vec![2, 5, 8, 11], vec![3, 6, 9, 12]]);
        assert_eq!(planes.row(1), [[7, 10], [8, 11], [9, 12]]);
        assert_eq!(planes.row(2), [&[] as &[u8]; 3]);
    }
}
