//! From chips to embeddings: one run of the network over all crops, and their mean.

use embedding::{DIMENSIONS, Distance, DistanceScale, Embedding, ModelId};
use ort::environment::Environment;

use crate::align::{Alignment, align};
use crate::manifest::{Channels, ModelEntry};
use crate::network::Network;
use crate::stages::TimedStage;
use crate::{
    Chip, Crops, EngineOptions, Face, InferenceError, OpenError, Purpose, RgbView, Stage, StageObserver,
};

/// How much more of the surroundings the second scale shows: see [`Crops::Four`].
const SECOND_ZOOM: f64 = 1.08;

/// What is known of an embedder before it is loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedderInfo {
    id: ModelId,
    scale: DistanceScale,
    /// Of a face to enrol, and of a probe.
    crops: [Crops; 2],
    recognisability: bool,
}

impl EmbedderInfo {
    /// As the manifest has it; `crops` replaces both numbers of crops.
    pub(crate) fn from_manifest(model: &ModelEntry, crops: Option<Crops>) -> Result<Self, OpenError> {
        Ok(Self {
            id: model.model_id()?,
            scale: model.distance_scale()?,
            crops: crops.map_or_else(|| model.crops(), |crops| Ok([crops; 2]))?,
            recognisability: model.recognisability,
        })
    }

    /// The id that its embeddings carry.
    #[must_use]
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The scale of its distances, between unit vectors.
    #[must_use]
    pub fn scale(&self) -> DistanceScale {
        self.scale
    }

    /// The largest distance between two of its templates that is a match by default, with its error rates at
    /// [`Metric::default_threshold`](embedding::Metric::default_threshold).
    #[must_use]
    pub fn default_threshold(&self) -> Distance {
        self.scale.default_threshold()
    }

    /// How many crops of a face are averaged.
    #[must_use]
    pub fn crops(&self, purpose: Purpose) -> Crops {
        let [enrolled, probe] = self.crops;
        match purpose {
            Purpose::Enrolment => enrolled,
            Purpose::Probe => probe,
        }
    }

    /// Whether the length of its embeddings is the [`Quality::recognisability`](crate::Quality::recognisability).
    #[must_use]
    pub fn measures_recognisability(&self) -> bool {
        self.recognisability
    }
}

/// A loaded embedder, and how it wants its chips.
#[derive(Debug)]
pub struct Embedder {
    network: Network,
    info: EmbedderInfo,
    side: u32,
    alignment: Alignment,
    /// Index of the colour in an RGB pixel, in the order of the input's planes.
    planes: [usize; 3],
    mean: [f32; 3],
    scale: f32,
    outputs: [String; 1],
    stages: Option<StageObserver>,
}

/// What a network says of the crops of one face.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// The mean over the crops, not normalised.
    pub(crate) embedding: Embedding,
    /// Length of the first crop's embedding.
    pub(crate) first_length: f32,
}

impl Embedder {
    pub(crate) fn open(
        environment: &Environment,
        model: &ModelEntry,
        info: EmbedderInfo,
        bytes: &[u8],
        options: &EngineOptions,
    ) -> Result<Self, OpenError> {
        let input = model.input()?;
        Ok(Self {
            info,
            side: input.side().ok_or_else(|| model.unusable("its input has no fixed side".into()))?,
            alignment: model.alignment()?,
            planes: match input.channels {
                Channels::Rgb => [0, 1, 2],
                Channels::Bgr => [2, 1, 0],
            },
            mean: input.mean,
            scale: input.scale,
            outputs: [model.output()?.name.clone()],
            stages: options.stages.clone(),
            network: Network::open(environment, model, bytes, options)?,
        })
    }

    /// Which one it is.
    #[must_use]
    pub fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    /// The chip that the embedder's own authors would embed. It depends on the embedder by which points
    /// of the face it is fitted: dlib's by its landmarks, SFace by the detector's points where there are
    /// any.
    #[must_use]
    pub fn align(&self, picture: RgbView<'_>, face: &Face) -> Chip {
        align(picture, face, &self.alignment, self.side, 1.0)
    }

    /// The chips of one face that are embedded together for a purpose, that of [`align`](Self::align) first.
    #[must_use]
    pub fn crops(&self, picture: RgbView<'_>, face: &Face, purpose: Purpose) -> Vec<Chip> {
        let _step = tracing::debug_span!("align").entered();
        let _timed = TimedStage::begin(Stage::Align, self.stages.as_ref());
        let chip = self.align(picture, face);
        match self.info.crops(purpose) {
            Crops::One => vec![chip],
            Crops::Two => {
                let mirrored = chip.mirrored();
                vec![chip, mirrored]
            }
            Crops::Four => {
                let wider = align(picture, face, &self.alignment, self.side, SECOND_ZOOM);
                let (mirrored, wider_mirrored) = (chip.mirrored(), wider.mirrored());
                vec![chip, mirrored, wider, wider_mirrored]
            }
        }
    }

    /// Embeds the crops of **one** face: the mean of what the network says of each, not normalised.
    ///
    /// # Errors
    /// [`InferenceError`] when there are none, when one is not as large as the model wants, or when the
    /// model fails to run.
    pub fn embed(&self, crops: &[Chip]) -> Result<Embedding, InferenceError> {
        Ok(self.run(crops)?.embedding)
    }

    /// The same, with the length of the first crop's embedding.
    pub(crate) fn run(&self, crops: &[Chip]) -> Result<Embedded, InferenceError> {
        let _step = tracing::debug_span!("embed").entered();
        let _timed = TimedStage::begin(Stage::Embed, self.stages.as_ref());
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
        // The length of the first crop alone: a mean is shorter than what it is made of, and limits must not
        // depend on how many crops there are.
        let read = |outputs: &[&[f32]]| Some((mean(outputs, crops.len())?, first_length(outputs)));
        let read = self.network.run(shape, &values, &self.outputs, read)?;
        let (mean, first_length) =
            read.ok_or_else(|| self.network.misshapen("not 128 numbers a chip".into()))?;
        let embedding = Embedding::new(self.info.id.clone(), mean)
            .map_err(|source| InferenceError::Embedding { model: self.network.model().to_owned(), source })?;
        Ok(Embedded { embedding, first_length })
    }
}

/// Euclidean length of the first row.
fn first_length(outputs: &[&[f32]]) -> f32 {
    let first = outputs.iter().flat_map(|rows| rows.iter()).take(DIMENSIONS);
    first.map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt() as f32
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
