//! dlib's detector by convolution (MMOD): a pyramid laid out in one tensor, one run, cells read as boxes.
//!
//! D. E. King, "Max-Margin Object Detection" (2015); the arithmetic follows dlib/dnn/loss.h and
//! dlib/dnn/input.h, so that boxes and scores are dlib's. What the network takes and gives is described
//! at `dlib_export::mmod_to_onnx`.

mod layout;
mod level;

use ort::environment::Environment;

use self::layout::Layout;
use self::level::Level;
use super::dlib_box::{DlibBox, OverlapLimits, Scored, suppress};
use crate::manifest::{Channels, InputEntry, ModelEntry};
use crate::network::Network;
use crate::{Detection, DetectorKind, EngineOptions, InferenceError, OpenError, RgbView};

/// Most pixels of a picture that is searched as it is: the tensor of a pyramid and what the network
/// makes of it grow with them.
pub(super) const MOST_PIXELS: usize = 4_000_000;

/// Pixels between neighbouring cells, and from the edge to the centre of the first one's window.
// Three convolutions of 5 x 5, stride 2, without padding: cell i lies at 2(2(2i + 2) + 2) + 2 = 8i + 14.
const STRIDE: usize = 8;
const OFFSET: usize = 14;

/// Pixels that the network's convolutions need on a side to give one cell.
// What a cell of the third one spans: 5 + 2 * 4 + 4 * 4. The convolutions behind it are padded.
const LEAST: usize = 29;

/// From the centre of the window of 80 pixels to the centre of its outermost ones.
const REACH: f64 = 39.5;

/// The published file's limits of suppression; the second is never exceeded.
const LIMITS: OverlapLimits = OverlapLimits { shared: 0.338_276_135_110_995_5, covered: 1.0 };

/// The loaded detector.
#[derive(Debug)]
pub(crate) struct Mmod {
    network: Network,
    input: InputEntry,
    outputs: [String; 1],
}

impl Mmod {
    pub(crate) fn open(
        environment: &Environment,
        model: &ModelEntry,
        bytes: &[u8],
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let input = model.input()?.clone();
        // `Level` writes its planes in this order, whatever the manifest says.
        if input.channels != Channels::Rgb {
            return Err(model.unusable("MMOD takes RGB pixels".into()));
        }
        let outputs = [model.output()?.name.clone()];
        Ok(Self { network: Network::open(environment, model, bytes, options)?, input, outputs })
    }

    /// The faces of a picture, in its pixels, best score first.
    pub(crate) fn detect(&self, picture: RgbView<'_>) -> Result<Vec<Detection>, InferenceError> {
        let layout = Layout::new(picture.width(), picture.height());
        let (width, height) = (layout.width, layout.height);
        let [Some(columns), Some(rows)] = [width, height].map(cells) else { return Ok(Vec::new()) };
        let tensor = self.tensor(picture, &layout);
        let found = self.network.run([1, 3, height, width], &tensor, &self.outputs, |outputs| {
            let scores = outputs.first().copied().unwrap_or_default();
            (scores.len() == columns * rows).then(|| read(scores, columns, &layout))
        })?;
        let found =
            found.ok_or_else(|| self.network.misshapen(format!("not the cells of {width}x{height}")))?;
        let found = suppress(found, LIMITS);
        Ok(found.into_iter().map(|scored| scored.detection(DetectorKind::Mmod)).collect())
    }

    /// Red, green and blue planes of all levels, zero between them. Each level is made of the one before,
    /// already normalised and not rounded.
    fn tensor(&self, picture: RgbView<'_>, layout: &Layout) -> Vec<f32> {
        let mut tensor = vec![0.0; 3 * layout.width * layout.height];
        let mut level = Level::from_picture(picture, self.input.mean, self.input.scale);
        for (n, tile) in layout.tiles.iter().enumerate() {
            if n > 0 {
                level = level.resized(tile.width, tile.height);
            }
            level.copy_to(&mut tensor, layout.width, layout.height, tile.left, tile.top);
        }
        tensor
    }
}

/// How many cells the network gives along a side of so many pixels.
fn cells(side: usize) -> Option<usize> {
    Some(side.checked_sub(LEAST)? / STRIDE + 1)
}

/// The boxes of all cells that score above zero, in the picture's pixels.
fn read(scores: &[f32], columns: usize, layout: &Layout) -> Vec<Scored> {
    let found = scores.iter().enumerate().filter(|(_, score)| **score > 0.0 && score.is_finite());
    found
        .map(|(cell, &score)| {
            let (x, y) = (cell % columns * STRIDE + OFFSET, cell / columns * STRIDE + OFFSET);
            let (n, tile) = layout.nearest(x, y);
            let (x, y) = (x as f64 - tile.left as f64, y as f64 - tile.top as f64);
            let place = DlibBox::from_level([x - REACH, y - REACH, x + REACH, y + REACH], n);
            Scored { place, score: f64::from(score) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_too_short_for_the_network_has_no_cells() {
        assert_eq!([0, 28, 29, 36, 37].map(cells), [None, None, Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn only_scores_above_zero_are_boxes_and_the_level_decides_their_size() {
        let layout = Layout::new(640, 480);
        let columns = cells(layout.width).unwrap();
        let mut scores = vec![0.0; columns * cells(layout.height).unwrap()];
        scores[10 * columns + 20] = 0.5;
        scores[5] = f32::NAN;
        let below = (layout.tiles[1].top + 60) / STRIDE;
        scores[below * columns + 20] = 0.25;
        let [whole, smaller] = read(&scores, columns, &layout).try_into().unwrap();
        // The centre is at (174, 94) of the tensor, (163, 83) of the picture.
        assert_eq!(whole.place.corners(), [124.0, 44.0, 203.0, 123.0]);
        let [left, _, right, _] = smaller.place.corners();
        // (163 - 39.5) * 6/5 + 0.3 and (163 + 39.5) * 6/5 + 0.3, each rounded.
        assert_eq!([left, right], [149.0, 243.0]);
    }
}
