//! What the server asks of the face engine, on the threads of a bounded pool.

mod pool;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use actix_web::web::Bytes;
use embedding::ModelId;
use face_core::{
    AnalyzedFace, EmbeddedFace, EmbeddedFaces, FaceEngine, FaceError, FacePolicy, OpenError, Purpose, RgbView,
};

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
    /// The faces, best detection score first.
    pub(crate) faces: Vec<AnalyzedFace>,
}

impl Inference {
    /// Starts `workers` threads for the engine; `policy` chooses the one face of a picture.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub(crate) fn start(workers: NonZeroUsize, engine: FaceEngine, policy: FacePolicy) -> io::Result<Self> {
        Ok(Self { engine: Arc::new(engine), policy, pool: Pool::start(workers)? })
    }

    /// The model whose embeddings are made where none is named.
    pub(crate) fn model(&self) -> &ModelId {
        self.engine.model()
    }

    /// The model of that id, where the server has it.
    ///
    /// # Errors
    /// [`ApiError::Field`] that says which ones there are.
    pub(crate) fn model_named(&self, text: &str) -> Result<ModelId, ApiError> {
        let known = || self.engine.embedders().map(|info| info.id());
        let named = known().find(|id| id.as_str() == text).cloned();
        named.ok_or_else(|| {
            let names: Vec<_> = known().map(ModelId::as_str).collect();
            ApiError::Field(format!("field 'model': give one of {}", names.join(", ")))
        })
    }

    /// Loads the network of a model now rather than with its first picture.
    ///
    /// # Errors
    /// [`OpenError`] when there is none of that id, or it cannot be loaded.
    pub(crate) fn load(&self, model: &ModelId) -> Result<(), OpenError> {
        // The engine keeps what it has loaded.
        self.engine.embedder(model).map(drop)
    }

    /// Embeds the one face of a picture by a model.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when the queue is full or moved too slowly, [`ApiError::Face`] for what the engine
    /// found wrong, [`ApiError::Internal`] when it panicked.
    pub(crate) async fn embed(
        &self,
        picture: Bytes,
        model: ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, ApiError> {
        // The job owns what it uses: it may outlive this future, which is dropped when the client leaves.
        let (engine, policy) = (Arc::clone(&self.engine), self.policy);
        self.pool.run(move || engine.embed_as(&picture, policy, &model, purpose)).await
    }

    /// Finds all faces of a picture; there may be none.
    ///
    /// # Errors
    /// As for [`Inference::embed`], never for want of a face.
    pub(crate) async fn detect(&self, picture: Bytes) -> Result<FoundFaces, ApiError> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(move || faces_of(&engine, &picture)).await
    }

    /// Finds all faces of a picture and embeds the largest, [`MOST_EMBEDDED`] at most; there may be none.
    ///
    /// # Errors
    /// As for [`Inference::embed`], never for want of a face.
    pub(crate) async fn embed_all(
        &self,
        picture: Bytes,
        model: ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, ApiError> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(move || engine.embed_all(&picture, MOST_EMBEDDED, &model, purpose)).await
    }
}

fn faces_of(engine: &FaceEngine, picture: &[u8]) -> Result<FoundFaces, FaceError> {
    let decoded = engine.decode(picture)?;
    let pixels = RgbView::from_image(&decoded)?;
    let faces = engine.detect(pixels)?.into_iter().map(|detection| {
        let face = engine.face(pixels, detection);
        AnalyzedFace { face, quality: engine.quality(pixels, &face) }
    });
    Ok(FoundFaces { size: decoded.dimensions(), faces: faces.collect() })
}

impl fmt::Debug for Inference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (model, pool) = (self.model(), &self.pool);
        f.debug_struct("Inference").field("model", model).field("pool", pool).finish_non_exhaustive()
    }
}
