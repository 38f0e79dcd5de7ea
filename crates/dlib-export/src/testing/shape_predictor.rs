//! Writes a small shape predictor as dlib does, for tests and fuzz targets.

use super::Writer;

/// The file of the small one.
#[cfg(fuzzing)]
pub(crate) fn small() -> Vec<u8> {
    PredictorFile::small().bytes()
}

/// What a file says, free to disagree with itself.
#[derive(Debug, Clone)]
pub(crate) struct PredictorFile {
    pub(crate) mean_shape: Vec<f32>,
    pub(crate) cascades: Vec<Vec<Tree>>,
    pub(crate) anchors: Vec<Vec<i64>>,
    pub(crate) deltas: Vec<Vec<[f32; 2]>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) splits: Vec<(i64, i64, f32)>,
    pub(crate) leaves: Vec<Vec<f32>>,
}

impl PredictorFile {
    /// Two landmarks, two cascades of three trees of depth two, four feature pixels.
    pub(crate) fn small() -> Self {
        let tree = |number: i16| {
            let base = f32::from(number);
            Tree {
                splits: vec![(0, 1, base + 0.25), (2, 3, base + 0.5), (3, 0, -base)],
                leaves: [1.0, 2.0, 3.0, 4.0]
                    .map(|leaf| [0.0, 0.1, 0.2, 0.3].map(|n| base + leaf + n).to_vec())
                    .to_vec(),
            }
        };
        Self {
            mean_shape: vec![0.25, 0.5, 0.75, 0.625],
            cascades: vec![vec![tree(0), tree(1), tree(2)], vec![tree(3), tree(4), tree(5)]],
            anchors: vec![vec![0, 1, 1, 0], vec![1, 0, 1, 0]],
            deltas: vec![vec![[0.125, -0.25]; 4], vec![[-0.1, 0.3]; 4]],
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
        file.integer(1).column(&self.mean_shape).size(self.cascades.len());
        for trees in &self.cascades {
            file.size(trees.len());
            for Tree { splits, leaves } in trees {
                file.size(splits.len());
                for &(a, b, threshold) in splits {
                    file.integers(&[a, b]).floats(&[threshold]);
                }
                file.size(leaves.len());
                for leaf in leaves {
                    file.column(leaf);
                }
            }
        }
        file.size(self.anchors.len());
        for anchors in &self.anchors {
            file.size(anchors.len()).integers(anchors);
        }
        file.size(self.deltas.len());
        for deltas in &self.deltas {
            file.size(deltas.len()).floats(deltas.as_flattened());
        }
        file.bytes
    }
}
