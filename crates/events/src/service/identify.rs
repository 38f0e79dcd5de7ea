//! Identification: the nearest user of the event, and the decision.

use std::sync::Arc;

use embedding::{Embedding, Template};
use embedding_store::EventName;

use super::Inner;
use crate::{EventError, Gallery, Nearest, Verdict};

/// Larger galleries are searched on a thread for blocking work: up to here a search takes some 0.1 ms,
/// which may hold up the other tasks of an async thread.
const MOST_USERS_INLINE: usize = 16_384;

impl Inner {
    pub(super) async fn identify(&self, event: &EventName, probe: &Embedding) -> Result<Verdict, EventError> {
        let gallery = self.gallery(event).await?;
        let not_searchable = || EventError::NotSearchable { event: event.clone() };
        let gallery = gallery.filter(|gallery| !gallery.is_empty()).ok_or_else(not_searchable)?;
        self.expect_model(event, Some(&gallery), probe)?;
        let probe = Template::from_samples([probe])?;
        let users_compared = gallery.len();
        let nearest = nearest(gallery, probe).await?.ok_or_else(not_searchable)?;
        let verdict = self.policy.decide(nearest, users_compared);
        tracing::info!(
            %event,
            users_compared = verdict.users_compared,
            best_match = %verdict.nearest.user,
            distance = %verdict.nearest.distance,
            confidence = %verdict.confidence(),
            threshold = %verdict.threshold,
            result = verdict.decision.as_str(),
            "face identified"
        );
        Ok(verdict)
    }
}

async fn nearest(gallery: Arc<Gallery>, probe: Template) -> Result<Option<Nearest>, EventError> {
    if gallery.len() <= MOST_USERS_INLINE {
        return Ok(gallery.nearest(&probe)?);
    }
    let search = tokio::task::spawn_blocking(move || gallery.nearest(&probe));
    Ok(search.await.map_err(EventError::Interrupted)??)
}
