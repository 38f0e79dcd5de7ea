//! From chips to embeddings: one run of the network over all crops, and their mean.

use embedding::{DIMENSIONS, Embedding, ModelId};
use ort::environment::Environment;

use crate::align::{Alignment, align};
use crate::manifest::{Channels, ModelEntry};
use crate::network::Network;
use crate::{Chip, EngineOptions, Face, InferenceError, OpenError, RgbView};

/// The loaded embedder, and how it wants its chips.
#[derive(Debug)]
pub(crate) struct Embedder {
    network: Network,
    model: ModelId,
    side: u32,
    alignment: Alignment,
    /// Index of the colour in an RGB pixel, in the order of the input's planes.
    planes: [usize; 3],
    mean: [f32; 3],
    scale: f32,
    outputs: [String; 1],
}

impl Embedder {
    pub(crate) fn open(
        environment: &Environment,
        model: &ModelEntry,
        bytes: &[u8],
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let input = model.input()?;
        Ok(Self {
            model: model.model_id()?,
            side: input.side().ok_or_else(|| model.unusable("its input has no fixed side".into()))?,
            alignment: model.alignment()?,
            planes: match input.channels {
                Channels::Rgb => [0, 1, 2],
                Channels::Bgr => [2, 1, 0],
            },
            mean: input.mean,
            scale: input.scale,
            outputs: [model.output()?.name.clone()],
            network: Network::open(environment, model, bytes, options)?,
        })
    }

    /// The id that its embeddings carry.
    pub(crate) fn model(&self) -> &ModelId {
        &self.model
    }

    /// The chip of a face as this model wants it; a `zoom` above 1 shows more of the surroundings.
    pub(crate) fn align(&self, picture: RgbView<'_>, face: &Face, zoom: f64) -> Chip {
        align(picture, face, &self.alignment, self.side, zoom)
    }

    /// One embedding of one face: the mean over its crops, as the network gave them (not normalised).
    pub(crate) fn embed(&self, crops: &[Chip]) -> Result<Embedding, InferenceError> {
        let side = self.side as usize;
        let mut values = Vec::with_capacity(crops.len() * 3 * side * side);
        for chip in crops {
            let pixels = chip.pixels();
            if (pixels.width(), pixels.height()) != (self.side, self.side) {
                return Err(self.network.misshapen(format!("a chip has {side} pixels a side")));
            }
            for (plane, mean) in self.planes.into_iter().zip(self.mean) {
                let channel = pixels.as_raw().iter().skip(plane).step_by(3);
                values.extend(channel.map(|&byte| (f32::from(byte) - mean) * self.scale));
            }
        }
        let shape = [crops.len(), 3, side, side];
        let mean = self.network.run(shape, &values, &self.outputs, |outputs| mean(outputs, crops.len()))?;
        let mean = mean.ok_or_else(|| self.network.misshapen("not 128 numbers a chip".into()))?;
        Embedding::new(self.model.clone(), mean)
            .map_err(|source| InferenceError::Embedding { model: self.network.model().to_owned(), source })
    }
}

/// The mean of `count` rows of 128 numbers; `None` when there are not as many.
fn mean(outputs: &[&[f32]], count: usize) -> Option<[f32; DIMENSIONS]> {
    let (rows, rest) = outputs.first()?.as_chunks::<DIMENSIONS>();
    if rows.len() != count || count == 0 || !rest.is_empty() {
        return None;
    }
    let mut sum = [0.0; DIMENSIONS];
    for row in rows {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    Some(sum.map(|v| v / count as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_needs_one_row_a_crop() {
        let rows: Vec<f32> = [[1.0; DIMENSIONS], [4.0; DIMENSIONS]].concat();
        assert_eq!(mean(&[&rows], 2), Some([2.5; DIMENSIONS]));
        assert_eq!(mean(&[&rows], 3), None);
        assert_eq!(mean(&[&rows[1..]], 2), None);
        assert_eq!(mean(&[], 0), None);
    }
}
