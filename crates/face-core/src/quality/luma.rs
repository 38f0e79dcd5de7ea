//! Luma of pixels, and of squares of them averaged to one.

/// Luma by ITU-R BT.601, as JPEG has it.
pub(super) fn luma([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Squares of `scale` pixels a side as one, and how many are in a row; what is left at the ends is dropped. The rows
/// are of `width` pixels, and only one of squares is held at a time.
pub(super) fn averaged<R: AsRef<[f32]>>(
    rows: impl Iterator<Item = R>,
    width: usize,
    scale: usize,
) -> (Vec<f32>, usize) {
    let columns = width / scale;
    let (mut means, mut sums) = (Vec::new(), vec![0.0; columns]);
    for (number, row) in (1..).zip(rows) {
        for (sum, pixels) in sums.iter_mut().zip(row.as_ref().chunks_exact(scale)) {
            *sum += pixels.iter().sum::<f32>();
        }
        if number % scale == 0 {
            means.extend(sums.iter().map(|sum| sum / (scale * scale) as f32));
            sums.fill(0.0);
        }
    }
    (means, columns)
}
