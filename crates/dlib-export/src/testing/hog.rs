//! Writes a small object detector as dlib does, for tests and fuzz targets.
#![expect(clippy::unwrap_used, reason = "what it writes is known, and no product code uses it")]

use super::Writer;

/// The file of the small one.
#[cfg(fuzzing)]
pub(crate) fn small() -> Vec<u8> {
    DetectorFile::small().bytes()
}

/// What a file says, free to disagree with itself.
#[derive(Debug, Clone)]
pub(crate) struct DetectorFile {
    /// Version of the detector and of its scanner, room for pictures of features and their number.
    pub(crate) versions: [i64; 4],
    pub(crate) cell: i64,
    pub(crate) padding: i64,
    pub(crate) window: [i64; 2],
    pub(crate) max_levels: i64,
    pub(crate) min_level: [i64; 2],
    pub(crate) regulariser: f64,
    pub(crate) dimensions: i64,
    pub(crate) overlap: [f64; 2],
    /// Of each detector: the weights, then the threshold.
    pub(crate) weights: Vec<Vec<f64>>,
}

/// Rows and columns of the small detector's filters.
pub(crate) const ROWS: usize = 1;
pub(crate) const COLUMNS: usize = 2;

impl DetectorFile {
    /// Two detectors with filters of 1 x 2 cells of 4 pixels.
    pub(crate) fn small() -> Self {
        let count = 31 * ROWS * COLUMNS;
        let weights = |base: f64| (0..=count).zip(1_u8..).map(|(_, n)| base + f64::from(n) / 10.0).collect();
        Self {
            versions: [2, 1, 0, 0],
            cell: 4,
            padding: 0,
            window: [8, 4],
            max_levels: 1000,
            min_level: [8, 6],
            regulariser: 9.0,
            dimensions: i64::try_from(count).unwrap(),
            overlap: [0.3, 0.7],
            weights: vec![weights(0.0), weights(-5.0)],
        }
    }

    /// The file after `change`.
    #[cfg(test)]
    pub(crate) fn changed(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut file = Self::small();
        change(&mut file);
        file.bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = Writer::default();
        file.integers(&self.versions).integers(&[self.cell, self.padding]).integers(&self.window);
        file.integer(self.max_levels).integers(&self.min_level).float(self.regulariser);
        file.integer(self.dimensions);
        file.float(self.overlap[0]).float(self.overlap[1]).size(self.weights.len());
        for weights in &self.weights {
            file.integers(&[-i64::try_from(weights.len()).unwrap(), -1]);
            for &weight in weights {
                file.float(weight);
            }
        }
        file.bytes
    }
}
