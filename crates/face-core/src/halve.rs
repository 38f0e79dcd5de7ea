//! Halving a picture as dlib's image pyramid does it: a 5x5 binomial filter, every second pixel kept.

use image::RgbImage;

use crate::RgbView;

/// Pictures with a side of this or fewer pixels are not halved.
// `pyramid_down<2>` of dlib gives no picture for these.
const SMALLEST_SIDE: usize = 8;

/// The picture at half the size, `(side - 3) / 2` pixels, or `None` when it is too small to halve.
///
/// Pixel `(x, y)` of the result is the filter's value around `(2x + 2, 2y + 2)`, truncated: the weights
/// sum to 256 over both axes, so that 16 bits hold every sum (255 * 256 < 65,536).
pub(crate) fn halve(picture: RgbView<'_>) -> Option<RgbImage> {
    if picture.width() <= SMALLEST_SIDE || picture.height() <= SMALLEST_SIDE {
        return None;
    }
    let (width, height) = ((picture.width() - 3) / 2, (picture.height() - 3) / 2);
    let mut half = RgbImage::new(width as u32, height as u32);
    let mut sums = vec![0; picture.width() * 3];
    for (y, line) in half.chunks_exact_mut(width * 3).enumerate() {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|tap| picture.row(2 * y + tap));
        let columns = a.iter().zip(b).zip(c).zip(d).zip(e);
        for (sum, ((((a, b), c), d), e)) in sums.iter_mut().zip(columns) {
            *sum = binomial([*a, *b, *c, *d, *e].map(u16::from));
        }
        filter_row(&sums, line);
    }
    Some(half)
}

/// Sums five neighbouring pixels' columns, from every second pixel on.
fn filter_row(sums: &[u16], line: &mut [u8]) {
    // Five pixels of three channels; the next window begins two pixels, six values, further on.
    for (pixel, window) in line.as_chunks_mut::<3>().0.iter_mut().zip(sums.windows(15).step_by(6)) {
        if let &[a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2, e0, e1, e2] = window {
            let channels = [[a0, b0, c0, d0, e0], [a1, b1, c1, d1, e1], [a2, b2, c2, d2, e2]];
            *pixel = channels.map(|taps| (binomial(taps) >> 8) as u8);
        }
    }
}

/// Five values weighted 1 4 6 4 1.
fn binomial([a, b, c, d, e]: [u16; 5]) -> u16 {
    a + e + (b + d) * 4 + c * 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_picture_keeps_its_colour() {
        let picture = RgbImage::from_pixel(31, 20, image::Rgb([10, 128, 255]));
        let half = halve(RgbView::from_image(&picture).unwrap()).unwrap();
        assert_eq!((half.width(), half.height()), (14, 8));
        assert!(half.pixels().all(|p| p.0 == [10, 128, 255]));
    }

    #[test]
    fn one_bright_pixel_spreads_by_the_binomial_weights() {
        let mut picture = RgbImage::new(11, 11);
        picture.put_pixel(4, 4, image::Rgb([255; 3]));
        let half = halve(RgbView::from_image(&picture).unwrap()).unwrap();
        assert_eq!(half.get_pixel(1, 1).0[0], (255 * 36 / 256) as u8);
        assert_eq!(half.get_pixel(0, 1).0[0], (255 * 6 / 256) as u8);
        assert_eq!(half.get_pixel(2, 2).0[0], 0, "255 / 256 is truncated");
        assert_eq!(half.get_pixel(3, 3).0[0], 0);
    }

    #[test]
    fn small_pictures_are_not_halved() {
        assert!(halve(RgbView::from_image(&RgbImage::new(8, 100)).unwrap()).is_none());
        assert!(halve(RgbView::from_image(&RgbImage::new(9, 9)).unwrap()).is_some());
    }
}
