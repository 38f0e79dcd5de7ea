//! The users of an event nearest to faces, wherever the event is searched.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, EmbeddingError, ModelId, Template};
use embedding_store::{EventName, StoreError};

use super::Inner;
use super::loaded_event::LoadedEvent;
use crate::{EventError, Gallery, Nearest};

/// Larger galleries are searched on a thread for blocking work: up to here a search takes some 0.1 ms,
/// which may hold up the other tasks of an async thread.
pub(super) const MOST_USERS_INLINE: usize = 16_384;

/// What a search of an event comes to.
#[derive(Debug)]
pub(super) struct SearchResult {
    /// The nearest users of each face, nearest first.
    pub(super) nearest: Vec<Vec<Nearest>>,
    /// How many users each was compared with.
    pub(super) users: usize,
    /// Whether nobody can be nearer.
    pub(super) exact: bool,
}

impl Inner {
    /// The `depth` users nearest to each face; `None` when the event is gone, as another service deleted it and
    /// no change has come of it yet.
    pub(super) async fn search_for(
        &self,
        event: &EventName,
        loaded: &LoadedEvent,
        faces: &[&Embedding],
        depth: NonZeroUsize,
    ) -> Result<Option<SearchResult>, EventError> {
        // Also where the store searches by itself: a face without a direction is refused.
        let scale = self.models.scale(loaded.model());
        let probes = faces.iter().map(|face| Template::from_embeddings(scale, [*face]));
        let probes = probes.collect::<Result<Vec<_>, _>>()?;
        match loaded {
            LoadedEvent::InMemory(gallery) => in_memory(Arc::clone(gallery), probes, depth).await.map(Some),
            LoadedEvent::InStore(model, _) => self.in_store(event, model, &probes, depth).await,
        }
    }

    /// Of an event that is too large for memory.
    async fn in_store(
        &self,
        event: &EventName,
        model: &ModelId,
        faces: &[Template],
        depth: NonZeroUsize,
    ) -> Result<Option<SearchResult>, EventError> {
        let Some(store) = self.search(model) else {
            return Err(StoreError::unavailable(false, "it does not search any more").into());
        };
        let mut all = SearchResult { nearest: Vec::with_capacity(faces.len()), users: 0, exact: true };
        for face in faces {
            let answer = match store.nearest(event, face, depth).await {
                Ok(answer) => answer,
                Err(StoreError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let nearest = answer.users.into_iter().map(|(user, distance)| Nearest { user, distance });
            all.nearest.push(nearest.collect());
            all.users = usize::try_from(answer.user_count).unwrap_or(usize::MAX);
            all.exact &= answer.exact;
        }
        Ok(Some(all))
    }
}

async fn in_memory(
    gallery: Arc<Gallery>,
    probes: Vec<Template>,
    depth: NonZeroUsize,
) -> Result<SearchResult, EventError> {
    let users = gallery.len();
    let search = move || {
        let nearest = probes.iter().map(|probe| gallery.nearest_k(probe, depth));
        nearest.collect::<Result<Vec<_>, EmbeddingError>>()
    };
    let nearest = if users <= MOST_USERS_INLINE {
        search()
    } else {
        tokio::task::spawn_blocking(search).await.map_err(EventError::Interrupted)?
    };
    Ok(SearchResult { nearest: nearest?, users, exact: true })
}
