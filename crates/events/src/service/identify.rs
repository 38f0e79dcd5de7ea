//! Identification: the nearest user of the event, and the decision.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, Template};
use embedding_store::{EventName, StoreError};

use super::Inner;
use super::held::Held;
use crate::decision::Search;
use crate::{EventError, Gallery, Nearest, Verdict};

/// Larger galleries are searched on a thread for blocking work: up to here a search takes some 0.1 ms,
/// which may hold up the other tasks of an async thread.
const MOST_USERS_INLINE: usize = 16_384;

impl Inner {
    pub(super) async fn identify(&self, event: &EventName, probe: &Embedding) -> Result<Verdict, EventError> {
        let not_searchable = || EventError::NotSearchable { event: event.clone() };
        let held = self.known(event).await?.ok_or_else(not_searchable)?;
        if matches!(&held, Held::InMemory(gallery) if gallery.is_empty()) {
            return Err(not_searchable());
        }
        self.expect_model(event, Some(held.model()), probe)?;
        let template = Template::from_samples([probe])?;
        let search = match held {
            Held::InMemory(gallery) => in_memory(gallery, template).await?,
            Held::InStore(_) => self.in_store(event, probe).await?,
        };
        let verdict = self.policy.decide(search.ok_or_else(not_searchable)?);
        tracing::info!(
            %event,
            users_compared = verdict.users_compared,
            exact = verdict.exact,
            best_match = %verdict.nearest.user,
            distance = %verdict.nearest.distance,
            confidence = %verdict.confidence(),
            threshold = %verdict.threshold,
            result = verdict.decision.as_str(),
            "face identified"
        );
        Ok(verdict)
    }

    /// Of an event that is too large for memory; `None` when it is gone or nobody is in it.
    async fn in_store(&self, event: &EventName, probe: &Embedding) -> Result<Option<Search>, EventError> {
        let Some(store) = self.store.search() else {
            return Err(StoreError::unavailable(false, "it does not search any more").into());
        };
        let found = match store.nearest(event, probe, NonZeroUsize::MIN).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let users_compared = usize::try_from(found.user_count).unwrap_or(usize::MAX);
        let nearest = found.users.into_iter().next().map(|(user, distance)| Nearest { user, distance });
        Ok(nearest.map(|nearest| Search { nearest, users_compared, exact: found.exact }))
    }
}

async fn in_memory(gallery: Arc<Gallery>, probe: Template) -> Result<Option<Search>, EventError> {
    let users_compared = gallery.len();
    let nearest = if users_compared <= MOST_USERS_INLINE {
        gallery.nearest(&probe)?
    } else {
        let search = tokio::task::spawn_blocking(move || gallery.nearest(&probe));
        search.await.map_err(EventError::Interrupted)??
    };
    Ok(nearest.map(|nearest| Search { nearest, users_compared, exact: true }))
}
