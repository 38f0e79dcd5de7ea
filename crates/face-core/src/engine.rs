//! The whole path from picture bytes to an embedding, one call a step.

use std::path::Path;

use embedding::{Embedding, ModelId};
use image::RgbImage;

use crate::decode::{Decoded, decode, decode_reduced};
use crate::detect::Detector;
use crate::embed::Embedder;
use crate::landmarks::ShapePredictor;
use crate::manifest::{Manifest, Role};
use crate::select::select;
use crate::{
    AnalyzedFace, Chip, Crops, Detection, DetectorChoice, EmbeddedFace, EngineOptions, Face, FaceError,
    FacePolicy, Frame, InferenceError, Landmarks, Landmarks68, OpenError, PictureError, Quality, RgbView,
    SmallestFace, runtime,
};

/// How much more of the surroundings the second scale shows: see [`Crops::Four`].
const SECOND_ZOOM: f64 = 1.08;

/// Longest side, in pixels, to which a picture may be reduced while it is decoded: twice that of the
/// largest copy which is searched, so that a copy is still averaged.
const LONGEST_SEARCHED: u32 = 1280;

/// Distance between the eyes, in pixels, from which a face in a reduced picture has all that its chip can
/// show: that of the mean face in dlib's chip is 56, in SFace's 35.
const ENOUGH: f32 = 60.0;

/// Finds and embeds faces. `Send + Sync`, used by `&self` from any number of threads.
///
/// Every call runs on the calling thread; with more callers than [`EngineOptions::sessions`] the later
/// ones wait for a free session.
#[derive(Debug)]
pub struct FaceEngine {
    options: EngineOptions,
    detector: Detector,
    predictor: ShapePredictor<5>,
    predictor68: Option<ShapePredictor<68>>,
    embedder: Embedder,
}

impl FaceEngine {
    /// Opens the models of a folder that the set-up made, and ONNX Runtime.
    ///
    /// # Errors
    /// [`OpenError`] says which file is missing or wrong, or where ONNX Runtime was looked for.
    pub fn open(models: &Path, options: EngineOptions) -> Result<Self, OpenError> {
        let manifest = Manifest::open(models)?;
        let (landmarks, embedder) =
            (manifest.model(Role::Landmarks)?, manifest.embedder(options.embedder.as_ref())?);
        let predictor = ShapePredictor::open(landmarks, &manifest.read(landmarks)?)?;
        let predictor68 = if options.landmarks_68 {
            let (model, bytes) = manifest.optional("landmarks-68")?;
            Some(ShapePredictor::open(model, &bytes)?)
        } else {
            None
        };
        let embedder_bytes = manifest.read(embedder)?;
        let environment = runtime::environment(models)?;
        Ok(Self {
            detector: Detector::open(&environment, &manifest, &options)?,
            embedder: Embedder::open(&environment, embedder, &embedder_bytes, &options)?,
            predictor,
            predictor68,
            options,
        })
    }

    /// The model whose embeddings this engine makes.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        self.embedder.model()
    }

    /// Embeds the one face that `policy` chooses from a picture: decode, detect, select, align, embed.
    ///
    /// # Errors
    /// [`FaceError`]: the picture cannot be used, or shows no face or several, or a model failed.
    pub fn embed_one(&self, picture: &[u8], policy: FacePolicy) -> Result<EmbeddedFace, FaceError> {
        let decoded = self.decode_to_search(picture)?;
        let pixels = RgbView::of(&decoded.pixels)?;
        let (detection, bystanders) = select(&self.detect(pixels)?, policy)?;
        let face = self.face(pixels, detection);
        let [x, y] = decoded.reduction;
        if (x, y) == (1.0, 1.0) || face.landmarks.eye_distance() >= ENOUGH {
            return Ok(self.embed_face(pixels, face, bystanders)?.scaled(x, y));
        }
        let whole = self.decode(picture)?;
        let pixels = RgbView::of(&whole)?;
        let face = self.face(pixels, detection.scaled(x, y));
        Ok(self.embed_face(pixels, face, bystanders)?)
    }

    fn embed_face(
        &self,
        picture: RgbView<'_>,
        face: Face,
        bystanders: usize,
    ) -> Result<EmbeddedFace, InferenceError> {
        let quality = self.quality(picture, &face);
        let embedding = self.embed(&self.crops(picture, &face))?;
        Ok(EmbeddedFace { face, quality, embedding, bystanders })
    }

    /// The picture, at a part of its size where no face is missed for that: YuNet searches copies of 640
    /// pixels and fewer. dlib's detectors search the picture itself.
    fn decode_to_search(&self, picture: &[u8]) -> Result<Decoded, PictureError> {
        let _step = tracing::debug_span!("decode").entered();
        let longest = match (self.options.detector, self.options.smallest_face) {
            (DetectorChoice::Yunet | DetectorChoice::Auto, SmallestFace::OfPicture) => LONGEST_SEARCHED,
            _ => u32::MAX,
        };
        decode_reduced(picture, &self.options.limits, longest)
    }

    /// Finds every face of a picture, with its landmarks and quality; best score first, empty when there
    /// is none.
    ///
    /// # Errors
    /// [`FaceError::Picture`] or [`FaceError::Inference`].
    pub fn analyze(&self, picture: &[u8]) -> Result<Vec<AnalyzedFace>, FaceError> {
        let pixels = self.decode(picture)?;
        let pixels = RgbView::of(&pixels)?;
        let faces = self.detect(pixels)?.into_iter().map(|detection| self.face(pixels, detection));
        Ok(faces.map(|face| AnalyzedFace { face, quality: self.quality(pixels, &face) }).collect())
    }

    /// A detected face with its landmarks.
    #[must_use]
    pub fn face(&self, picture: RgbView<'_>, detection: Detection) -> Face {
        Face { detection, landmarks: self.landmarks(picture, &detection) }
    }

    /// How well a face is shown.
    #[must_use]
    pub fn quality(&self, picture: RgbView<'_>, face: &Face) -> Quality {
        let _step = tracing::debug_span!("quality").entered();
        Quality::measure(picture, face)
    }

    /// Decodes a picture file, upright, within the engine's limits.
    ///
    /// # Errors
    /// [`PictureError`] says what the sender can do about it.
    pub fn decode(&self, picture: &[u8]) -> Result<RgbImage, PictureError> {
        let _step = tracing::debug_span!("decode").entered();
        decode(picture, &self.options.limits)
    }

    /// Finds the faces by [`EngineOptions::detector`], best score first, down to
    /// [`EngineOptions::smallest_face`].
    ///
    /// # Errors
    /// [`InferenceError`] when the detector fails to run.
    pub fn detect(&self, picture: RgbView<'_>) -> Result<Vec<Detection>, InferenceError> {
        self.detect_down_to(picture, self.options.smallest_face)
    }

    /// Finds the faces down to a size, best score first. dlib's detectors have a smallest size of their
    /// own: this one counts for YuNet.
    ///
    /// # Errors
    /// [`InferenceError`] when the detector fails to run.
    pub fn detect_down_to(
        &self,
        picture: RgbView<'_>,
        smallest: SmallestFace,
    ) -> Result<Vec<Detection>, InferenceError> {
        let _step = tracing::debug_span!("detect").entered();
        self.detector.detect(picture, smallest)
    }

    /// Places the landmarks of a detected face, in whole pixels.
    #[must_use]
    pub fn landmarks(&self, picture: RgbView<'_>, face: &Detection) -> Landmarks {
        self.landmarks_in(picture, &Frame::of(face))
    }

    /// Places the landmarks of a face that is framed as dlib does it, in whole pixels.
    #[must_use]
    pub fn landmarks_in(&self, picture: RgbView<'_>, frame: &Frame) -> Landmarks {
        let _step = tracing::debug_span!("landmarks").entered();
        Landmarks(self.predictor.predict(picture, frame))
    }

    /// Places the 68 landmarks of a face that is framed as dlib does it, in whole pixels.
    ///
    /// # Errors
    /// [`InferenceError::NotLoaded`] if the engine was opened without [`EngineOptions::landmarks_68`].
    pub fn landmarks68(&self, picture: RgbView<'_>, frame: &Frame) -> Result<Landmarks68, InferenceError> {
        let _step = tracing::debug_span!("landmarks").entered();
        let option = "EngineOptions::landmarks_68";
        let predictor = self.predictor68.as_ref().ok_or(InferenceError::NotLoaded { option })?;
        Ok(Landmarks68(predictor.predict(picture, frame)))
    }

    /// The chip that the embedder's own authors would embed. It depends on the embedder by which points
    /// of the face it is fitted: dlib's by its landmarks, SFace by the detector's points where there are
    /// any.
    #[must_use]
    pub fn align(&self, picture: RgbView<'_>, face: &Face) -> Chip {
        self.embedder.align(picture, face, 1.0)
    }

    /// The chips of one face that this engine embeds together; that of [`align`](Self::align) is among
    /// them.
    #[must_use]
    pub fn crops(&self, picture: RgbView<'_>, face: &Face) -> Vec<Chip> {
        let _step = tracing::debug_span!("align").entered();
        let chip = self.align(picture, face);
        match self.options.crops {
            Crops::One => vec![chip],
            Crops::Two => vec![chip.mirrored(), chip],
            Crops::Four => {
                let wider = self.embedder.align(picture, face, SECOND_ZOOM);
                vec![chip.mirrored(), chip, wider.mirrored(), wider]
            }
        }
    }

    /// Embeds the crops of **one** face: the mean of what the network says of each, not normalised.
    ///
    /// # Errors
    /// [`InferenceError`] when there are none, when one is not as large as the model wants, or when the
    /// model fails to run.
    pub fn embed(&self, crops: &[Chip]) -> Result<Embedding, InferenceError> {
        let _step = tracing::debug_span!("embed").entered();
        self.embedder.embed(crops)
    }
}
