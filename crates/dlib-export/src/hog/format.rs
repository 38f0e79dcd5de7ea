//! Reads an object detector from dlib's serialisation and checks that its parts agree.

use super::{FEATURES, HogDetector, Scan};
use crate::error::ExportError;
use crate::reader::{INTEGER_BYTES, Reader};

/// The largest of the scanner's sizes that is believed; with it no sum or product below overflows.
const LARGEST_SIZE: usize = 1 << 12;

impl HogDetector {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ExportError> {
        reader.expect_integer(2, "the version of an object detector")?;
        let scan = Scan::read(reader)?;
        let overlap = [
            reader.fraction("the overlap at which a box is suppressed")?,
            reader.fraction("the cover at which a box is suppressed")?,
        ];

        let offset = reader.offset();
        let detectors = reader.count(INTEGER_BYTES, "the detectors")?;
        if detectors == 0 {
            return Err(ExportError::unexpected(offset, "at least one detector", "none"));
        }
        // Not reserved: the count of detectors is checked loosely, the room for weights only at each of
        // them.
        let mut filters = Vec::new();
        let mut thresholds = Vec::new();
        for _ in 0..detectors {
            read_weights(reader, scan.weights(), &mut filters)?;
            // Not rounded as the weights are: dlib compares the sum with the double.
            thresholds.push(reader.f64("the threshold of a detector")?);
        }
        Ok(Self { scan, overlap, filters, thresholds })
    }
}

impl Scan {
    /// A scanner without a picture, as dlib writes it with a detector.
    fn read(reader: &mut Reader<'_>) -> Result<Self, ExportError> {
        reader.expect_integer(1, "the version of a scanner")?;
        // A scanner that has loaded a picture would have its features here.
        reader.expect_integer(0, "the room for feature pictures")?;
        reader.expect_integer(0, "the number of feature pictures")?;
        // Cells of one pixel have features of another kind.
        let cell = size(reader, 2, "the side of a cell")?;
        let padding = size(reader, 0, "the padding of the window")?;
        let window =
            [size(reader, 1, "the width of the window")?, size(reader, 1, "the height of the window")?];
        let max_levels = size(reader, 1, "the most levels of the pyramid")?;
        let min_level = [
            size(reader, 1, "the width of the last level")?,
            size(reader, 1, "the height of the last level")?,
        ];
        // Used in training alone.
        reader.f64("the strength of the regulariser")?;
        let scan = Self { cell, padding, window, max_levels, min_level };
        reader.expect_size(scan.weights(), "the number of weights that fit the window")?;
        Ok(scan)
    }

    /// Rows and columns of a filter: the cells that the corners of a window around the origin fall
    /// into, and the padding (`compute_fhog_window_size`; integers are rounded towards zero).
    pub(super) fn filter_shape(self) -> [usize; 2] {
        let [width, height] = self.window;
        let cells = |side: u32| {
            let first = -i64::from(side / 2);
            let last = first + i64::from(side) - 1;
            // A border of one pixel, since a gradient needs both neighbours.
            let cell = |pixel: i64| (pixel - 1) / i64::from(self.cell);
            let count = cell(last) - cell(first) + 1 + 2 * i64::from(self.padding);
            // The last cell is not before the first.
            usize::try_from(count).unwrap_or(0)
        };
        [cells(height), cells(width)]
    }

    fn weights(self) -> usize {
        let [rows, columns] = self.filter_shape();
        FEATURES * rows * columns
    }
}

/// The filter of a detector, a column of one number more than it has weights: what follows is the
/// threshold.
fn read_weights(reader: &mut Reader<'_>, count: usize, filters: &mut Vec<f32>) -> Result<(), ExportError> {
    let offset = reader.offset();
    let rows = reader.column("the weights of a detector")?;
    if rows != count + 1 {
        return Err(ExportError::unexpected(
            offset,
            format!("{count} weights and a threshold"),
            format!("{rows} numbers"),
        ));
    }
    for _ in 0..count {
        let offset = reader.offset();
        let weight = reader.f64("a weight")?;
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the purpose")]
        let rounded = weight as f32;
        if !rounded.is_finite() {
            return Err(ExportError::unexpected(offset, "a weight within the range of f32", weight));
        }
        filters.push(rounded);
    }
    Ok(())
}

fn size(reader: &mut Reader<'_>, least: usize, expected: &'static str) -> Result<u32, ExportError> {
    // The range is within u32.
    reader.size_within(least..=LARGEST_SIZE, expected).map(|size| u32::try_from(size).unwrap_or(u32::MAX))
}
