//! The engine: its models, and each step from picture bytes to an embedding as a call.

mod pictures;

use std::path::Path;

use embedding::{DistanceScale, Embedding, EmbeddingError, ModelId, Template};
use image::RgbImage;

use crate::decode::decode;
use crate::detect::Detector;
use crate::embedders::Embedders;
use crate::landmarks::ShapePredictor;
use crate::manifest::{Manifest, Role};
use crate::select::people;
use crate::stages::TimedStage;
use crate::turns::{Searched, Turn};
use crate::{
    AnalyzedFace, AnalyzedFaces, Detection, Embedder, EmbedderInfo, EngineOptions, Face, FaceError, Frame,
    InferenceError, Landmarks, Landmarks68, OpenError, PictureError, Quality, RgbView, SmallestFace, Stage,
    runtime,
};

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
    embedders: Embedders,
}

impl FaceEngine {
    /// Opens the models of a folder that the set-up made, and ONNX Runtime.
    ///
    /// # Errors
    /// [`OpenError`] says which file is missing or wrong, or where ONNX Runtime was looked for.
    pub fn open(models: impl AsRef<Path>, options: EngineOptions) -> Result<Self, OpenError> {
        let models = models.as_ref();
        let manifest = Manifest::open(models)?;
        let landmarks = manifest.model(Role::Landmarks)?;
        let predictor = ShapePredictor::open(landmarks, &manifest.read(landmarks)?)?;
        let predictor68 = if options.landmarks_68 {
            let (model, bytes) = manifest.optional("landmarks-68")?;
            Some(ShapePredictor::open(model, &bytes)?)
        } else {
            None
        };
        let environment = runtime::environment(models, &manifest)?;
        Ok(Self {
            detector: Detector::open(&environment, &manifest, &options)?,
            embedders: Embedders::open(environment, manifest, &options)?,
            predictor,
            predictor68,
            options,
        })
    }

    /// The model that [`embed_one`](Self::embed_one) uses.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        self.embedders.default_info().id()
    }

    /// All embedders that the models folder has, loaded or not; the first is the one of [`model`](Self::model)
    /// unless [`EngineOptions::embedder`] names another.
    pub fn embedders(&self) -> impl Iterator<Item = &EmbedderInfo> {
        self.embedders.infos()
    }

    /// An embedder by its id, loaded now when it was not before: some 0.1 s and the memory of the network, for
    /// each of [`EngineOptions::sessions`].
    ///
    /// # Errors
    /// [`OpenError`]: there is none of that id, or it cannot be loaded.
    pub fn embedder(&self, model: &ModelId) -> Result<&Embedder, OpenError> {
        self.embedders.get(model)
    }

    /// The template of one person's embeddings, all of one model of this engine, on that model's scale of
    /// distance.
    ///
    /// # Errors
    /// As for [`Template::from_embeddings`].
    pub fn template<'a>(
        &self,
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Template, EmbeddingError> {
        let mut samples = samples.into_iter().peekable();
        let model = samples.peek().map(|sample| sample.model());
        let info = model.and_then(|model| self.embedders().find(|info| info.id() == model));
        Template::from_embeddings(info.map_or(DistanceScale::UNIT, EmbedderInfo::scale), samples)
    }

    /// Turns a picture upright by its faces and finds the people in it: what comes before every embedding, and
    /// is left out where faces are only shown.
    ///
    /// # Errors
    /// [`InferenceError`] when the detector fails to run.
    pub fn search(&self, picture: RgbImage) -> Result<Searched, FaceError> {
        let _step = tracing::debug_span!("search").entered();
        let found = self.detect(RgbView::from_image(&picture)?)?;
        let turn = self.detector.turn(RgbView::from_image(&picture)?, &found)?;
        let pixels = turn.apply(picture);
        let view = RgbView::from_image(&pixels)?;
        // Searched anew: the turn was chosen on a small copy, by scores alone.
        let found = if turn == Turn::None { found } else { self.detect(view)? };
        let people = people(&found, view.width().max(view.height()));
        Ok(Searched { pixels, turn, people })
    }

    /// A detected face as it is embedded: with its landmarks, and with steadier points than a face that is only
    /// shown.
    ///
    /// # Errors
    /// [`InferenceError`] when the detector fails to run.
    pub fn face_to_embed(&self, picture: RgbView<'_>, detection: Detection) -> Result<Face, InferenceError> {
        self.steadied(picture, self.face(picture, detection))
    }

    fn timed(&self, stage: Stage) -> TimedStage<'_> {
        TimedStage::begin(stage, self.options.stages.as_ref())
    }

    fn steadied(&self, picture: RgbView<'_>, face: Face) -> Result<Face, InferenceError> {
        let _step = tracing::debug_span!("steady").entered();
        let _timed = self.timed(Stage::Steady);
        let detection = self.detector.steadied(picture, face.detection, face.landmarks.lean())?;
        Ok(Face { detection, ..face })
    }

    /// Finds every face of a picture, with its landmarks and quality; there may be none.
    ///
    /// # Errors
    /// [`FaceError::Picture`] or [`FaceError::Inference`].
    pub fn analyze(&self, picture: &[u8]) -> Result<AnalyzedFaces, FaceError> {
        let decoded = self.decode(picture)?;
        let pixels = RgbView::from_image(&decoded)?;
        let faces = self.detect(pixels)?.into_iter().map(|detection| self.face(pixels, detection));
        let faces = faces.map(|face| AnalyzedFace { face, quality: self.quality(pixels, &face) }).collect();
        Ok(AnalyzedFaces { size: decoded.dimensions(), faces })
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
        let _timed = self.timed(Stage::Quality);
        Quality::measure(picture, face)
    }

    /// Decodes a picture file, upright, within the engine's limits.
    ///
    /// # Errors
    /// [`PictureError`] says what the sender can do about it.
    pub fn decode(&self, picture: &[u8]) -> Result<RgbImage, PictureError> {
        let _step = tracing::debug_span!("decode").entered();
        let _timed = self.timed(Stage::Decode);
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
        let _timed = self.timed(Stage::Detect);
        self.detector.detect(picture, smallest)
    }

    /// Places the landmarks of a detected face, in whole pixels.
    #[must_use]
    pub fn landmarks(&self, picture: RgbView<'_>, face: &Detection) -> Landmarks {
        self.landmarks_in(picture, &Frame::from_detection(face))
    }

    /// Places the landmarks of a face that is framed as dlib does it, in whole pixels.
    #[must_use]
    pub fn landmarks_in(&self, picture: RgbView<'_>, frame: &Frame) -> Landmarks {
        let _step = tracing::debug_span!("landmarks").entered();
        let _timed = self.timed(Stage::Landmarks);
        Landmarks(self.predictor.predict(picture, frame))
    }

    /// Places the 68 landmarks of a face that is framed as dlib does it, in whole pixels.
    ///
    /// # Errors
    /// [`InferenceError::NotLoaded`] if the engine was opened without [`EngineOptions::landmarks_68`].
    pub fn landmarks68(&self, picture: RgbView<'_>, frame: &Frame) -> Result<Landmarks68, InferenceError> {
        let _step = tracing::debug_span!("landmarks").entered();
        let _timed = self.timed(Stage::Landmarks);
        let option = "EngineOptions::landmarks_68";
        let predictor = self.predictor68.as_ref().ok_or(InferenceError::NotLoaded { option })?;
        Ok(Landmarks68(predictor.predict(picture, frame)))
    }
}
