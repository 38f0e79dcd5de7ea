//! What the server asks of the face engine, on the threads of a bounded pool.

mod pool;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use actix_web::web::Bytes;
use embedding::{Embedding, ModelId};
use face_core::{AnalyzedFace, EmbeddedFace, FaceEngine, FaceError, FacePolicy, RgbView};

use self::pool::Pool;
use crate::error::ApiError;

/// Most faces of one picture that are embedded, the largest ones: each costs about as much as a picture of
/// one face.
pub(crate) const MOST_EMBEDDED: usize = 20;

/// The engine and the threads it works on; cheap to clone.
#[derive(Clone)]
pub(crate) struct Inference {
    engine: Arc<FaceEngine>,
    policy: FacePolicy,
    pool: Pool,
}

/// The faces of a picture.
#[derive(Debug)]
pub(crate) struct FoundFaces {
    /// Width and height of the upright picture, in pixels.
    pub(crate) size: (u32, u32),
    /// The faces, best detection score first; with embeddings those that were embedded, largest first.
    pub(crate) faces: Vec<FoundFace>,
    /// How many more there are that were not embedded.
    pub(crate) omitted: usize,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct FoundFace {
    pub(crate) shown: AnalyzedFace,
    /// Its embedding, where that was asked for.
    pub(crate) embedding: Option<Embedding>,
}

impl Inference {
    /// Starts `workers` threads for the engine; `policy` chooses the one face of a picture.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub(crate) fn start(workers: NonZeroUsize, engine: FaceEngine, policy: FacePolicy) -> io::Result<Self> {
        Ok(Self { engine: Arc::new(engine), policy, pool: Pool::start(workers)? })
    }

    /// The model whose embeddings are made.
    pub(crate) fn model(&self) -> &ModelId {
        self.engine.model()
    }

    /// Embeds the one face of a picture.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when the queue is full or moved too slowly, [`ApiError::Face`] for what the engine
    /// found wrong, [`ApiError::Internal`] when it panicked.
    pub(crate) async fn embed(&self, picture: Bytes) -> Result<EmbeddedFace, ApiError> {
        let (engine, policy) = (Arc::clone(&self.engine), self.policy);
        self.pool.run(move || engine.embed_one(&picture, policy)).await
    }

    /// Finds all faces of a picture; there may be none.
    ///
    /// # Errors
    /// As for [`Inference::embed`], never for want of a face.
    pub(crate) async fn detect(&self, picture: Bytes) -> Result<FoundFaces, ApiError> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(move || faces_of(&engine, &picture, false)).await
    }

    /// Finds all faces of a picture and embeds the largest, [`MOST_EMBEDDED`] at most; there may be none.
    ///
    /// # Errors
    /// As for [`Inference::embed`], never for want of a face.
    pub(crate) async fn embed_all(&self, picture: Bytes) -> Result<FoundFaces, ApiError> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(move || faces_of(&engine, &picture, true)).await
    }
}

fn faces_of(engine: &FaceEngine, picture: &[u8], embed: bool) -> Result<FoundFaces, FaceError> {
    let decoded = engine.decode(picture)?;
    let pixels = RgbView::of(&decoded)?;
    let mut detections = engine.detect(pixels)?;
    let found = detections.len();
    if embed {
        let area = |at: &face_core::Detection| at.bounding_box.area();
        detections.sort_by(|a, b| area(b).total_cmp(&area(a)));
        detections.truncate(MOST_EMBEDDED);
    }
    let faces = detections.into_iter().map(|detection| {
        let face = engine.face(pixels, detection);
        let shown = AnalyzedFace { face, quality: engine.quality(pixels, &face) };
        let embedding = if embed { Some(engine.embed(&engine.crops(pixels, &face))?) } else { None };
        Ok(FoundFace { shown, embedding })
    });
    let faces: Vec<_> = faces.collect::<Result<_, FaceError>>()?;
    Ok(FoundFaces { size: decoded.dimensions(), omitted: found - faces.len(), faces })
}

impl fmt::Debug for Inference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (model, pool) = (self.model(), &self.pool);
        f.debug_struct("Inference").field("model", model).field("pool", pool).finish_non_exhaustive()
    }
}
