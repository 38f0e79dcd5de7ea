//! What the server asks of the face engine, on the threads of a bounded pool.

mod pool;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use actix_web::web::Bytes;
use embedding::ModelId;
use face_core::{
    AnalyzedFaces, EmbeddedFace, EmbeddedFaces, EmbedderInfo, FaceEngine, FaceError, FacePolicy, Purpose,
};
use prometheus_client::metrics::histogram::Histogram;

use self::pool::Pool;
use crate::error::ApiError;

/// Most faces of one picture that are embedded, the largest ones: each costs about as much as a picture of
/// one face.
pub(crate) const MOST_EMBEDDED: usize = 20;

/// What is asked of a face engine. A test has one that is told what its pictures show.
pub(crate) trait Recogniser: Send + Sync + 'static {
    /// The models that it can embed by.
    fn models(&self) -> Vec<&ModelId>;

    /// Embeds the one face of a picture that `policy` chooses.
    fn embed(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError>;

    /// Finds all faces of a picture; there may be none.
    fn detect(&self, picture: &[u8]) -> Result<AnalyzedFaces, FaceError>;

    /// Embeds all faces of a picture, of the largest at most `most`; there may be none.
    fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, FaceError>;
}

/// The engine and the threads it works on; cheap to clone.
#[derive(Clone)]
pub(crate) struct Inference {
    engine: Arc<dyn Recogniser>,
    policy: FacePolicy,
    pool: Pool,
}

impl Inference {
    /// Starts `workers` threads for the engine; `policy` chooses the one face of a picture.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub(crate) fn start(
        workers: NonZeroUsize,
        engine: impl Recogniser,
        policy: FacePolicy,
    ) -> io::Result<Self> {
        Ok(Self { engine: Arc::new(engine), policy, pool: Pool::start(workers)? })
    }

    /// The models that it can embed by.
    pub(crate) fn models(&self) -> Vec<&ModelId> {
        self.engine.models()
    }

    /// How many pictures wait for a thread, and how many there is room for.
    pub(crate) fn queue(&self) -> (usize, usize) {
        self.pool.depth()
    }

    /// Whether no more pictures can wait for a thread.
    pub(crate) fn is_full(&self) -> bool {
        let (waiting, room) = self.queue();
        waiting >= room
    }

    /// How long pictures waited for a thread, in seconds.
    pub(crate) fn queue_wait(&self) -> &Histogram {
        self.pool.wait()
    }

    /// The model of that id, where the server has it.
    ///
    /// # Errors
    /// [`ApiError::Field`] that says which ones there are.
    pub(crate) fn model_named(&self, text: &str) -> Result<ModelId, ApiError> {
        let known = self.engine.models();
        let named = known.iter().find(|id| id.as_str() == text).copied().cloned();
        named.ok_or_else(|| {
            let names: Vec<_> = known.into_iter().map(ModelId::as_str).collect();
            ApiError::Field(format!("field 'model': give one of {}", names.join(", ")))
        })
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
        self.pool.run(move || engine.embed(&picture, policy, &model, purpose)).await
    }

    /// Finds all faces of a picture; there may be none.
    ///
    /// # Errors
    /// As for [`Inference::embed`], never for want of a face.
    pub(crate) async fn detect(&self, picture: Bytes) -> Result<AnalyzedFaces, ApiError> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(move || engine.detect(&picture)).await
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

impl Recogniser for FaceEngine {
    fn models(&self) -> Vec<&ModelId> {
        self.embedders().map(EmbedderInfo::id).collect()
    }

    fn embed(
        &self,
        picture: &[u8],
        policy: FacePolicy,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFace, FaceError> {
        self.embed_as(picture, policy, model, purpose)
    }

    fn detect(&self, picture: &[u8]) -> Result<AnalyzedFaces, FaceError> {
        self.analyze(picture)
    }

    fn embed_all(
        &self,
        picture: &[u8],
        most: usize,
        model: &ModelId,
        purpose: Purpose,
    ) -> Result<EmbeddedFaces, FaceError> {
        Self::embed_all(self, picture, most, model, purpose)
    }
}

impl fmt::Debug for Inference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inference").field("pool", &self.pool).finish_non_exhaustive()
    }
}
