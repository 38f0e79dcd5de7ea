//! Reads a shape predictor from dlib's serialisation and checks that its parts agree.

use super::{ShapePredictor, Sizes};
use crate::error::ExportError;
use crate::reader::{FLOAT_BYTES, INTEGER_BYTES, Reader};

/// Trees of all cascades, appended to each other.
#[derive(Default)]
struct Trees {
    split_a: Vec<u32>,
    split_b: Vec<u32>,
    thresholds: Vec<f32>,
    leaves: Vec<f32>,
    /// The largest of the split indices and where in the file it is, checked when the number of
    /// features is known: dlib writes the features after the trees.
    largest_index: (u32, usize),
}

impl ShapePredictor {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ExportError> {
        reader.expect_integer(1, "the version of a shape predictor")?;
        let mean_shape = mean_shape(reader)?;
        let points = mean_shape.len() / 2;

        let mut trees = Trees::default();
        // dlib could write trees of different sizes; the arrays of the export cannot hold them.
        let mut per_cascade = Equal::new("trees in each cascade");
        let mut per_tree = Equal::new("splits in each tree");
        let offset = reader.offset();
        let cascades = reader.count(INTEGER_BYTES, "the cascades")?;
        not_empty(cascades, offset, "at least one cascade")?;
        for _ in 0..cascades {
            let offset = reader.offset();
            let count = reader.count(INTEGER_BYTES, "the trees of a cascade")?;
            per_cascade.check(count, offset)?;
            for _ in 0..count {
                trees.read_tree(reader, points, &mut per_tree)?;
            }
        }

        let (features, anchors) = anchors(reader, cascades, points)?;
        let (largest, offset) = trees.largest_index;
        if usize::try_from(largest).is_ok_and(|largest| largest >= features) {
            return Err(ExportError::unexpected(
                offset,
                format!("the index of one of {features} feature pixels"),
                largest,
            ));
        }
        let deltas = deltas(reader, cascades, features)?;

        let sizes = Sizes {
            points,
            cascades,
            features,
            trees: per_cascade.value.unwrap_or(0),
            splits: per_tree.value.unwrap_or(0),
        };
        let Trees { split_a, split_b, thresholds, leaves, largest_index: _ } = trees;
        Ok(Self { sizes, mean_shape, anchors, deltas, split_a, split_b, thresholds, leaves })
    }
}

impl Trees {
    fn read_tree(
        &mut self,
        reader: &mut Reader<'_>,
        points: usize,
        per_tree: &mut Equal,
    ) -> Result<(), ExportError> {
        let offset = reader.offset();
        let splits = reader.count(2 * INTEGER_BYTES + FLOAT_BYTES, "the splits of a tree")?;
        per_tree.check(splits, offset)?;
        // Nodes are found by arithmetic on their index, which is right in a full tree alone.
        if !(splits + 1).is_power_of_two() {
            return Err(ExportError::unexpected(
                offset,
                "one less than a power of two as the number of splits",
                splits,
            ));
        }
        for _ in 0..splits {
            let a = self.split_index(reader)?;
            self.split_a.push(a);
            let b = self.split_index(reader)?;
            self.split_b.push(b);
            self.thresholds.push(reader.f32("the threshold of a split")?);
        }
        let offset = reader.offset();
        let leaves = reader.count(INTEGER_BYTES, "the leaves of a tree")?;
        if leaves != splits + 1 {
            return Err(ExportError::unexpected(
                offset,
                format!("{} leaves for {splits} splits", splits + 1),
                leaves,
            ));
        }
        for _ in 0..leaves {
            let offset = reader.offset();
            let rows = reader.column("a leaf")?;
            if rows != 2 * points {
                return Err(ExportError::unexpected(
                    offset,
                    format!("a leaf of {} numbers", 2 * points),
                    rows,
                ));
            }
            for _ in 0..rows {
                self.leaves.push(reader.f32("a leaf")?);
            }
        }
        Ok(())
    }

    fn split_index(&mut self, reader: &mut Reader<'_>) -> Result<u32, ExportError> {
        let offset = reader.offset();
        let index = index(reader, usize::MAX, "the feature pixel of a split")?;
        if index >= self.largest_index.0 {
            self.largest_index = (index, offset);
        }
        Ok(index)
    }
}

/// A size that the file repeats and that must be the same each time.
struct Equal {
    value: Option<usize>,
    what: &'static str,
}

impl Equal {
    fn new(what: &'static str) -> Self {
        Self { value: None, what }
    }

    fn check(&mut self, count: usize, offset: usize) -> Result<(), ExportError> {
        let expected = *self.value.get_or_insert(count);
        if count == expected && count > 0 {
            return Ok(());
        }
        let least = if expected == 0 { "one or more".to_owned() } else { expected.to_string() };
        Err(ExportError::unexpected(offset, format!("{least} {}", self.what), count))
    }
}

fn mean_shape(reader: &mut Reader<'_>) -> Result<Vec<f32>, ExportError> {
    let offset = reader.offset();
    let rows = reader.column("the mean shape")?;
    if rows == 0 || rows % 2 != 0 {
        return Err(ExportError::unexpected(offset, "an even number of coordinates in the mean shape", rows));
    }
    (0..rows).map(|_| reader.f32("a coordinate of the mean shape")).collect()
}

/// `[cascades, features]`, and the number of features.
fn anchors(
    reader: &mut Reader<'_>,
    cascades: usize,
    points: usize,
) -> Result<(usize, Vec<u32>), ExportError> {
    reader.expect_size(cascades, "the number of anchor lists")?;
    let mut features = Equal::new("features in each cascade");
    let mut anchors = Vec::new();
    for _ in 0..cascades {
        let offset = reader.offset();
        let count = reader.count(INTEGER_BYTES, "the anchors of a cascade")?;
        features.check(count, offset)?;
        for _ in 0..count {
            anchors.push(index(reader, points, "a landmark")?);
        }
    }
    Ok((features.value.unwrap_or(0), anchors))
}

/// `[cascades, features, 2]`.
fn deltas(reader: &mut Reader<'_>, cascades: usize, features: usize) -> Result<Vec<f32>, ExportError> {
    reader.expect_size(cascades, "the number of delta lists")?;
    let mut deltas = Vec::new();
    for _ in 0..cascades {
        reader.expect_size(features, "the deltas of a cascade")?;
        for _ in 0..2 * features {
            deltas.push(reader.f32("a delta")?);
        }
    }
    Ok(deltas)
}

/// An index below `limit`, which fits 32 bits.
fn index(reader: &mut Reader<'_>, limit: usize, expected: &'static str) -> Result<u32, ExportError> {
    let offset = reader.offset();
    let index = reader.size(expected)?;
    match u32::try_from(index) {
        Ok(index32) if index < limit => Ok(index32),
        Ok(_) | Err(_) => Err(ExportError::unexpected(offset, format!("the index of {expected}"), index)),
    }
}

fn not_empty(count: usize, offset: usize, expected: &'static str) -> Result<(), ExportError> {
    if count > 0 {
        return Ok(());
    }
    Err(ExportError::unexpected(offset, expected, "none"))
}
