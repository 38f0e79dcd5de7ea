//! The whole path from picture bytes to an embedding, one call a step.

use std::path::Path;

use embedding::{DistanceScale, Embedding, EmbeddingError, ModelId, Template};
use image::RgbImage;

use crate::decode::{Decoded, decode, decode_reduced};
use crate::detect::Detector;
use crate::embed::Embedded;
use crate::embedders::Embedders;
use crate::landmarks::ShapePredictor;
use crate::manifest::{Manifest, Role};
use crate::select::{people, select};
use crate::turns::{Searched, Turn};
use crate::{
    AnalyzedFace, Detection, DetectorChoice, EmbeddedFace, EmbeddedFaces, Embedder, EmbedderInfo,
    EngineOptions, Face, FaceError, FacePolicy, Frame, InferenceError, Landmarks, Landmarks68, OpenError,
    PictureError, Purpose, Quality, RgbView, SmallestFace, runtime,
};

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
        let environment = runtime::environment(models)?;
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
    /// As for [`Template::of`].
    pub fn template<'a>(
        &self,
        samples: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Template, EmbeddingError> {
        let mut samples = samples.into_iter().peekable();
        let model = samples.peek().map(|sample| sample.model());
        let info = model.and_then(|model| self.embedders().find(|info| info.id() == model));
        Template::of(info.map_or(DistanceScale::UNIT, EmbedderInfo::scale), samples)
    }

    /// Embeds the one face that `policy` chooses from a picture, by [`model`](Self::model) and as a face to
    /// enrol: decode, detect, select, align, embed.
    ///
    /// # Errors
    /// [`FaceError`]: the picture cannot be used, or shows no face or several, or a model failed.
    pub fn embed_one(&self, picture: &[u8], policy: FacePolicy) -> Result<EmbeddedFace, FaceError> {
        self.embed_as(picture, policy, self.model(), Purpose::Enrolment)
    }

    /// The same by any model, for a purpose.
    ///
    /// # Errors
    /// As for [`embed_one`](Self::embed_one).
    pub fn embed_as(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        let embedder = self.embedders.get(model).map_err(InferenceError::from)?;
        let decoded = self.decode_to_search(picture)?;
        let ([x, y], searched) = (decoded.reduction, self.search(decoded.pixels)?);
        let pixels = RgbView::of(&searched.pixels)?;
        let (detection, bystanders) = select(&searched.people, policy)?;
        let face = self.face_to_embed(pixels, detection)?;
        let turn = searched.turn;
        if (x, y) == (1.0, 1.0) || face.landmarks.eye_distance() >= ENOUGH {
            let face = self.embed_face(pixels, face, bystanders, embedder, purpose)?;
            return Ok(turn.back(face, searched.pixels.dimensions()).scaled(x, y));
        }
        // The chosen face is carried over to the whole picture: a second search would cost as much as the
        // first, and could choose another face.
        let whole = turn.apply(self.decode(picture)?);
        let pixels = RgbView::of(&whole)?;
        let [x, y] = turn.axes([x, y]);
        let face = self.face_to_embed(pixels, detection.scaled(x, y))?;
        Ok(turn.back(self.embed_face(pixels, face, bystanders, embedder, purpose)?, whole.dimensions()))
    }

    /// Embeds all faces of a picture, of the largest at most `most`; there may be none.
    ///
    /// # Errors
    /// As for [`embed_one`](Self::embed_one), never for want of a face.
    pub fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, FaceError> {
        let embedder = self.embedders.get(model).map_err(InferenceError::from)?;
        let decoded = self.decode(picture)?;
        let size = decoded.dimensions();
        let Searched { pixels: turned, turn, people: mut detections } = self.search(decoded)?;
        let pixels = RgbView::of(&turned)?;
        let found = detections.len();
        let area = |at: &Detection| at.bounding_box.area();
        detections.sort_by(|a, b| area(b).total_cmp(&area(a)));
        detections.truncate(most);
        let faces = detections.into_iter().map(|detection| {
            let face = self.face_to_embed(pixels, detection)?;
            // Runs for a face that was found, so there is at least one to subtract.
            let face = self.embed_face(pixels, face, found - 1, embedder, purpose)?;
            Ok(turn.back(face, turned.dimensions()))
        });
        let faces: Vec<_> = faces.collect::<Result<_, InferenceError>>()?;
        Ok(EmbeddedFaces { size, omitted: found - faces.len(), faces })
    }

    /// Turns a picture upright by its faces and finds the people in it: what comes before every embedding, and
    /// is left out where faces are only shown.
    ///
    /// # Errors
    /// [`InferenceError`] when the detector fails to run.
    pub fn search(&self, picture: RgbImage) -> Result<Searched, FaceError> {
        let _step = tracing::debug_span!("search").entered();
        let found = self.detect(RgbView::of(&picture)?)?;
        let turn = self.detector.turn(RgbView::of(&picture)?, &found)?;
        let pixels = turn.apply(picture);
        let view = RgbView::of(&pixels)?;
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
        let _step = tracing::debug_span!("steady").entered();
        let face = self.face(picture, detection);
        let detection = self.detector.steadied(picture, detection, face.landmarks.lean())?;
        Ok(Face { detection, ..face })
    }

    fn embed_face(
        &self,
        picture: RgbView<'_>,
        face: Face,
        bystanders: usize,
        embedder: &Embedder,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, InferenceError> {
        let mut quality = self.quality(picture, &face);
        let Embedded { embedding, first_length } = embedder.run(&embedder.crops(picture, &face, purpose))?;
        quality.recognisability = if embedder.info().tells_recognisability() {
            Some(first_length)
        } else {
            self.recognisability(picture, &face)?
        };
        Ok(EmbeddedFace { face, quality, embedding, bystanders })
    }

    /// The length of the embedding of the embedder whose length tells something.
    fn recognisability(&self, picture: RgbView<'_>, face: &Face) -> Result<Option<f32>, InferenceError> {
        if !self.options.recognisability {
            return Ok(None);
        }
        // Of its own plain chip, so that the length means the same whichever model embeds the face.
        let Some(recogniser) = self.embedders.recogniser()? else { return Ok(None) };
        Ok(Some(recogniser.run(&[recogniser.align(picture, face)])?.first_length))
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
}
