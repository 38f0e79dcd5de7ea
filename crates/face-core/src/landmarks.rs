//! dlib's shape predictor: an ensemble of regression trees that moves a mean shape onto a face.
//!
//! V. Kazemi and J. Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees"
//! (2014). Each stage looks up brightness at places tied to the current shape, and its trees add small
//! corrections. The arithmetic (32-bit shapes, rounding of places) follows dlib, so that the points agree.

use crate::manifest::ModelEntry;
use crate::similarity::{P2, Similarity};
use crate::tensors::Tensors;
use crate::{BoundingBox, Detection, DetectorKind, OpenError, Point, RgbView};

/// How dlib's predictor wants a face framed, from YuNet's box with centre `c` and `g = sqrt(w * h)`:
/// a square of side `SIDE * g` around `c + (SHIFT_X * g, SHIFT_Y * g)`. Medians over 663 pictures of
/// Labeled Faces in the Wild, in which both detectors found the face.
const SIDE: f64 = 0.965;
const SHIFT_X: f64 = 0.0233;
const SHIFT_Y: f64 = 0.0696;

/// A face as dlib frames it for its landmark predictor: a square of whole pixels around brows and chin,
/// right and bottom edge included. It may reach outside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Last column.
    pub right: i32,
    /// Last row.
    pub bottom: i32,
}

impl Frame {
    /// The frame that dlib's own detector would have drawn around a face that YuNet found.
    #[must_use]
    pub fn from_yunet(found: &BoundingBox) -> Self {
        let g = f64::from(found.width * found.height).sqrt();
        let center = found.center();
        let (x, y) = (f64::from(center.x) + SHIFT_X * g, f64::from(center.y) + SHIFT_Y * g);
        let reach = (SIDE * g - 1.0).max(0.0) / 2.0;
        // Clamped so that the difference of two edges fits in 32 bits.
        let [left, top, right, bottom] =
            [x - reach, y - reach, x + reach, y + reach].map(|v| v.round().clamp(-1e9, 1e9) as i32);
        Self { left, top, right, bottom }
    }

    /// The box of one of dlib's detectors is the frame itself.
    #[must_use]
    pub fn from_dlib(found: &BoundingBox) -> Self {
        let right = found.left + found.width - 1.0;
        let bottom = found.top + found.height - 1.0;
        let [left, top, right, bottom] =
            [found.left, found.top, right, bottom].map(|v| v.round().clamp(-1e9, 1e9) as i32);
        Self { left, top, right, bottom }
    }

    /// The frame of a detected face, whatever found it.
    #[must_use]
    pub fn from_detection(face: &Detection) -> Self {
        match face.found_by {
            DetectorKind::Yunet => Self::from_yunet(&face.bounding_box),
            DetectorKind::Mmod | DetectorKind::Hog => Self::from_dlib(&face.bounding_box),
        }
    }

    /// From the unit square of the predictor to pixels.
    fn place(&self, [x, y]: P2) -> P2 {
        let [left, top, right, bottom] = [self.left, self.top, self.right, self.bottom].map(f64::from);
        [left + x * (right - left), top + y * (bottom - top)]
    }
}

/// A loaded shape predictor with that many points.
#[derive(Debug)]
pub(crate) struct ShapePredictor<const POINTS: usize> {
    mean_shape: Shape<POINTS>,
    stages: Vec<Stage<POINTS>>,
}

type Shape<const POINTS: usize> = [[f32; 2]; POINTS];

#[derive(Debug)]
struct Stage<const POINTS: usize> {
    /// Where brightness is looked up: a point of the shape, and the way from there in the mean shape.
    features: Vec<(usize, [f32; 2])>,
    trees: Vec<Tree<POINTS>>,
}

/// A full binary tree: node `i` has the children `2i + 1` and `2i + 2`, the leaves follow the splits.
#[derive(Debug)]
struct Tree<const POINTS: usize> {
    splits: Vec<Split>,
    leaves: Vec<Shape<POINTS>>,
}

/// Goes left when feature `a` is brighter than feature `b` by more than the threshold.
#[derive(Debug)]
struct Split {
    a: usize,
    b: usize,
    threshold: f32,
}

impl<const POINTS: usize> ShapePredictor<POINTS> {
    /// Loads the file of a model.
    pub(crate) fn open(model: &ModelEntry, bytes: &[u8]) -> Result<Self, OpenError> {
        Self::load(bytes).map_err(|e| model.unusable(e))
    }

    /// Reads the tensors that the exporter wrote: see `dlib-export` for names and shapes.
    fn load(bytes: &[u8]) -> Result<Self, String> {
        let tensors = Tensors::read(bytes)?;
        let mean_shape = tensors.floats("mean_shape", &[Some(POINTS), Some(2)])?;
        let mean_shape = shapes(&mean_shape.values)?.pop().ok_or("no mean shape")?;
        let anchors = tensors.integers("anchors", &[None, None])?;
        let [stages, features] = anchors.dimensions();
        let deltas = tensors.floats("deltas", &[Some(stages), Some(features), Some(2)])?;
        let a = tensors.integers("split_a", &[Some(stages), None, None])?;
        let [_, trees] = a.dimensions();
        let splits = a.last_dimension();
        let b = tensors.integers("split_b", &[Some(stages), Some(trees), Some(splits)])?;
        let thresholds = tensors.floats("thresholds", &[Some(stages), Some(trees), Some(splits)])?;
        let leaves =
            tensors.floats("leaves", &[Some(stages), Some(trees), Some(splits + 1), Some(2 * POINTS)])?;
        // `walk` goes down until there are no more splits, which ends at a leaf in full trees only.
        if !(splits + 1).is_power_of_two() || features == 0 || trees == 0 {
            return Err("the trees are not full".into());
        }
        // Indices are checked once, here: prediction follows them thousands of times a face.
        let index_below = |limit: usize, what: &'static str| {
            move |&index: &u32| {
                Some(index as usize).filter(|&i| i < limit).ok_or_else(|| format!("a {what} is out of range"))
            }
        };
        let anchors = collect(anchors.values.iter().map(index_below(POINTS, "landmark")))?;
        let a = collect(a.values.iter().map(index_below(features, "feature")))?;
        let b = collect(b.values.iter().map(index_below(features, "feature")))?;

        let mut features_of = anchors
            .chunks_exact(features)
            .zip(deltas.values.chunks_exact(2 * features))
            .map(|(anchors, deltas)| {
                let deltas = deltas.chunks_exact(2).map(|d| [first(d, 0), first(d, 1)]);
                anchors.iter().copied().zip(deltas).collect::<Vec<_>>()
            });
        let mut splits_of =
            a.chunks_exact(splits).zip(b.chunks_exact(splits)).zip(thresholds.values.chunks_exact(splits));
        let mut leaves_of = leaves.values.chunks_exact((splits + 1) * 2 * POINTS);
        let mut read = Vec::with_capacity(stages);
        for _ in 0..stages {
            let mut forest = Vec::with_capacity(trees);
            for _ in 0..trees {
                let ((a, b), thresholds) = splits_of.next().ok_or("too few splits")?;
                let nodes = a.iter().zip(b).zip(thresholds);
                forest.push(Tree {
                    splits: nodes.map(|((&a, &b), &threshold)| Split { a, b, threshold }).collect(),
                    leaves: shapes(leaves_of.next().ok_or("too few leaves")?)?,
                });
            }
            read.push(Stage { features: features_of.next().ok_or("too few features")?, trees: forest });
        }
        Ok(Self { mean_shape, stages: read })
    }

    /// Places the landmarks of the face in `frame`, in whole pixels of the picture, as dlib does.
    pub(crate) fn predict(&self, picture: RgbView<'_>, frame: &Frame) -> [Point; POINTS] {
        let mut shape = self.mean_shape;
        let mut brightness = Vec::new();
        for stage in &self.stages {
            // All trees of a stage see the pixels around the shape that it began with, as they were trained.
            stage.sample(picture, frame, &self.mean_shape, &shape, &mut brightness);
            for tree in &stage.trees {
                let correction = tree.walk(&brightness);
                for (point, delta) in shape.iter_mut().zip(correction) {
                    *point = [point[0] + delta[0], point[1] + delta[1]];
                }
            }
        }
        // dlib's `full_object_detection` holds whole pixels, and chips are cut by those.
        shape.map(|p| {
            let [x, y] = frame.place(p.map(f64::from)).map(round_half_up);
            Point { x: x as f32, y: y as f32 }
        })
    }
}

impl<const POINTS: usize> Stage<POINTS> {
    fn sample(
        &self,
        picture: RgbView<'_>,
        frame: &Frame,
        mean: &Shape<POINTS>,
        shape: &Shape<POINTS>,
        brightness: &mut Vec<f32>,
    ) {
        let pairs = mean.iter().zip(shape).map(|(m, s)| (m.map(f64::from), s.map(f64::from)));
        let turn = Similarity::fit(pairs);
        // dlib fits in 64 bits and keeps the matrix in 32; pixels at a boundary depend on it.
        let (a, b) = (turn.a as f32, turn.b as f32);
        brightness.clear();
        brightness.extend(self.features.iter().map(|&(anchor, [dx, dy])| {
            let [x, y] = shape.get(anchor).copied().unwrap_or_default();
            let place = [(a * dx - b * dy) + x, (b * dx + a * dy) + y];
            let [x, y] = frame.place(place.map(f64::from)).map(round_half_up);
            intensity(picture, x, y)
        }));
    }
}

impl<const POINTS: usize> Tree<POINTS> {
    fn walk(&self, brightness: &[f32]) -> Shape<POINTS> {
        let value = |index: usize| brightness.get(index).copied().unwrap_or_default();
        let mut node = 0;
        while let Some(split) = self.splits.get(node) {
            let left = value(split.a) - value(split.b) > split.threshold;
            node = 2 * node + if left { 1 } else { 2 };
        }
        self.leaves.get(node - self.splits.len()).copied().unwrap_or([[0.0; 2]; POINTS])
    }
}

/// The mean of the three channels, as dlib turns colour to grey (truncated); 0 outside the picture.
fn intensity(picture: RgbView<'_>, x: f64, y: f64) -> f32 {
    if !(x >= 0.0 && y >= 0.0 && x < picture.width() as f64 && y < picture.height() as f64) {
        return 0.0;
    }
    let [red, green, blue] = picture.pixel(x as usize, y as usize).map(u16::from);
    f32::from((red + green + blue) / 3)
}

/// dlib rounds a place to a pixel by `floor(v + 0.5)`.
fn round_half_up(value: f64) -> f64 {
    (value + 0.5).floor()
}

fn first(values: &[f32], index: usize) -> f32 {
    values.get(index).copied().unwrap_or_default()
}

fn collect(indices: impl Iterator<Item = Result<usize, String>>) -> Result<Vec<usize>, String> {
    indices.collect()
}

/// Groups of two numbers a point, `x0, y0, x1, ...`, as shapes.
fn shapes<const POINTS: usize>(values: &[f32]) -> Result<Vec<Shape<POINTS>>, String> {
    let (points, rest) = values.as_chunks::<2>();
    let (shapes, more) = points.as_chunks::<POINTS>();
    if rest.is_empty() && more.is_empty() {
        Ok(shapes.to_vec())
    } else {
        Err(format!("a shape has {POINTS} points"))
    }
}
