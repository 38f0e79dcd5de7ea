//! One picture to the embeddings of the face that counts in it, as it is enrolled and as a probe.

use std::error::Error;
use std::time::Instant;

use face_core::{
    DistanceScale, EngineOptions, Face, FaceEngine, FaceError, ModelId, Purpose, QualityLimits, RgbView,
    Searched,
};

use crate::AccuracyError;
use crate::arguments::{Arguments, Choice, CropCounts, Metric};
use crate::face_choice::choose;
use crate::outcome::{EmbeddedPicture, Outcome, Times};
use crate::pictures::Picture;
use crate::spoil::Spoiling;

/// The engine with everything that says how pictures are embedded.
#[derive(Debug)]
pub struct PictureEmbedder {
    engine: FaceEngine,
    model: ModelId,
    crops: CropCounts,
    scale: DistanceScale,
    choice: Choice,
}

impl PictureEmbedder {
    /// Opens the models that the arguments ask for.
    ///
    /// # Errors
    /// [`AccuracyError::Open`] says which file is missing or wrong.
    pub fn open(arguments: &Arguments) -> Result<Self, AccuracyError> {
        let embedder = arguments.model.as_deref().map(ModelId::new).transpose()?;
        let options = EngineOptions::default()
            .with_detector(arguments.detector.into())
            // As many as threads: with fewer some would wait for a session and count that as work.
            .with_sessions(arguments.threads())
            .with_embedder(embedder)
            .with_recognisability(true);
        let engine = FaceEngine::open(&arguments.models, options.clone())?;
        let model = engine.model().clone();
        let info = engine.embedder(&model)?.info();
        let own = |given: Option<face_core::Crops>, purpose| given.unwrap_or(info.crops(purpose));
        let (enrolled, probe) = match arguments.crops {
            Some(crops) => (Some(crops.enrolled), Some(crops.probe)),
            None => (arguments.enrolled_crops, arguments.probe_crops),
        };
        let (enrolled, probe) = (own(enrolled, Purpose::Enrolment), own(probe, Purpose::Probe));
        let scale = match arguments.metric {
            Metric::Unit => info.scale(),
            Metric::Raw => DistanceScale::RAW,
        };
        let crops = CropCounts { enrolled: enrolled.count(), probe: probe.count() };
        let most = if enrolled.count() > probe.count() { enrolled } else { probe };
        // Opened twice at worst: what the model is used with is known only when it is open. One engine
        // serves both sides, since it makes the crops of the side with more.
        let engine = if info.crops(Purpose::Enrolment) == most {
            engine
        } else {
            FaceEngine::open(&arguments.models, options.with_crops(most))?
        };
        Ok(Self { engine, model, crops, scale, choice: arguments.choose })
    }

    /// The model's id.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Crops of both sides.
    #[must_use]
    pub fn crops(&self) -> CropCounts {
        self.crops
    }

    /// The scale of the distances.
    #[must_use]
    pub fn scale(&self) -> DistanceScale {
        self.scale
    }

    /// Whether probes are embedded otherwise than enrolled pictures.
    #[must_use]
    pub fn sides_differ(&self) -> bool {
        self.crops.enrolled != self.crops.probe
    }

    /// Embeds the face that counts in a picture, or in a spoilt copy of it; the time goes to `times`.
    ///
    /// # Errors
    /// [`AccuracyError::Inference`] when a model fails; a picture that cannot be used is an [`Outcome`].
    pub fn embed(
        &self,
        picture: &Picture,
        spoiling: Option<Spoiling>,
        times: &mut Times,
    ) -> Result<Outcome, AccuracyError> {
        let start = Instant::now();
        let unusable = |error: &dyn Error| Ok(Outcome::Unusable(error.to_string()));
        let bytes = match std::fs::read(&picture.path) {
            Ok(bytes) => bytes,
            Err(error) => return unusable(&error),
        };
        let pixels = match self.engine.decode(&bytes) {
            Ok(pixels) => pixels,
            Err(error) => return unusable(&error),
        };
        let pixels = match spoiling {
            Some(spoiling) => self.spoilt(spoiling, &pixels)?,
            None => pixels,
        };
        let decoded = Instant::now();
        times.decode += decoded - start;
        let searched = match self.engine.search(pixels) {
            Ok(searched) => searched,
            // A model that fails would fail for every picture; anything else is wrong with this one alone.
            Err(FaceError::Inference(error)) => return Err(error.into()),
            Err(error) => return unusable(&error),
        };
        let Searched { pixels, people, .. } = &searched;
        let view = match RgbView::from_image(pixels) {
            Ok(view) => view,
            Err(error) => return unusable(&error),
        };
        let detected = Instant::now();
        times.detect += detected - decoded;
        let Some(face) = choose(people, self.choice, pixels.width() as f32, pixels.height() as f32) else {
            return Ok(Outcome::NoFace);
        };
        let face = self.engine.face_to_embed(view, *face)?;
        let outcome = self.embed_face(view, &face, people.len());
        times.embed += detected.elapsed();
        outcome
    }

    fn embed_face(&self, view: RgbView<'_>, face: &Face, faces: usize) -> Result<Outcome, AccuracyError> {
        let embedder = self.engine.embedder(&self.model)?;
        // Crops of more and of fewer are nested, the fewer first.
        let chips = embedder.crops(view, face, Purpose::Enrolment);
        let of = |count: usize| chips.get(..count).unwrap_or(&chips);
        let enrolled = embedder.embed(of(self.crops.enrolled))?;
        let probe = if self.sides_differ() { Some(embedder.embed(of(self.crops.probe))?) } else { None };
        let mut quality = self.engine.quality(view, face);
        quality.recognisability = self.engine.recognisability(view, face)?;
        let shortcomings = quality.shortcomings(&QualityLimits::default());
        let shortcomings = shortcomings.iter().map(|shortcoming| shortcoming.code).collect();
        Ok(Outcome::Embedded(EmbeddedPicture { enrolled, probe, quality, shortcomings, faces }))
    }

    /// A spoilt copy; of a picture whose face must be known, after looking for it.
    fn spoilt(&self, spoiling: Spoiling, pixels: &image::RgbImage) -> Result<image::RgbImage, AccuracyError> {
        if !spoiling.needs_face() {
            return Ok(spoiling.apply(pixels, None));
        }
        // It cannot be searched either: `embed` meets the same error next and gives the reason.
        let Ok(view) = RgbView::from_image(pixels) else { return Ok(pixels.clone()) };
        let faces = self.engine.detect(view)?;
        let face = choose(&faces, self.choice, pixels.width() as f32, pixels.height() as f32);
        Ok(spoiling.apply(pixels, face))
    }
}
