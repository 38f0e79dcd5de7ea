//! Identification: the nearest user of the event, and the decision.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, Template};
use embedding_store::{EventName, MatchRule, StoreError, Username};

use super::Inner;
use super::held::Held;
use crate::decision::Search;
use crate::{EventError, Gallery, MatchLimit, Nearest, Verdict};

/// Larger galleries are searched on a thread for blocking work: up to here a search takes some 0.1 ms,
/// which may hold up the other tasks of an async thread.
pub(super) const MOST_USERS_INLINE: usize = 16_384;

impl Inner {
    pub(super) async fn identify(
        &self,
        event: &EventName,
        probe: &Embedding,
        top: NonZeroUsize,
    ) -> Result<Verdict, EventError> {
        let not_searchable = || EventError::NotSearchable { event: event.clone() };
        let held = self.known(event).await?.ok_or_else(not_searchable)?;
        if matches!(&held, Held::InMemory(gallery) if gallery.is_empty()) {
            return Err(not_searchable());
        }
        self.expect_model(event, Some(held.model()), probe)?;
        let template = Template::of(self.limits.metric(), [probe])?;
        let (model, rule, depth) = (held.model().clone(), held.rules().rule, Search::depth(top));
        let search = match &held {
            Held::InMemory(gallery) => in_memory(Arc::clone(gallery), template, depth).await?,
            Held::InStore(..) => self.in_store(event, probe, depth).await?,
        };
        let search = search.ok_or_else(not_searchable)?;
        let samples = self.samples_of(event, &held, &search.nearest.user).await?;
        let limit = self.limit_of(event, rule, search.users_compared, samples)?;
        let verdict = search.decide(limit, self.limits.margin(), model, top);
        tracing::info!(
            %event,
            users_compared = verdict.users_compared,
            exact = verdict.exact,
            best_match = %verdict.nearest.user,
            distance = %verdict.nearest.distance,
            confidence = %verdict.confidence(),
            threshold = %verdict.limit.threshold,
            result = verdict.decision.as_str(),
            "face identified"
        );
        Ok(verdict)
    }

    /// What an event's rule comes to with one sample a user.
    pub(super) fn limit(
        &self,
        event: &EventName,
        rule: Option<MatchRule>,
        comparisons: usize,
    ) -> Result<MatchLimit, EventError> {
        self.limit_of(event, rule, comparisons, 1)
    }

    /// What an event's rule comes to with so many samples a user.
    pub(super) fn limit_of(
        &self,
        event: &EventName,
        rule: Option<MatchRule>,
        comparisons: usize,
        samples: u32,
    ) -> Result<MatchLimit, EventError> {
        let limit = self.limits.of(rule, comparisons, samples);
        limit.map_err(|source| EventError::Rule { event: event.clone(), source })
    }

    /// How many samples a user's template is of. One who is gone meanwhile counts as having one.
    async fn samples_of(&self, event: &EventName, held: &Held, user: &Username) -> Result<u32, EventError> {
        match held {
            Held::InMemory(gallery) => Ok(gallery.samples(user).unwrap_or(1)),
            // Only a calibration makes anything of the number.
            Held::InStore(..) if !self.limits.are_calibrated() => Ok(1),
            Held::InStore(..) => match self.store.samples(event, user).await {
                Ok(samples) => Ok(u32::try_from(samples.len()).unwrap_or(u32::MAX)),
                Err(StoreError::NotFound { .. }) => Ok(1),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Of an event that is too large for memory; `None` when it is gone or nobody is in it.
    async fn in_store(
        &self,
        event: &EventName,
        probe: &Embedding,
        depth: NonZeroUsize,
    ) -> Result<Option<Search>, EventError> {
        let Some(store) = self.search() else {
            return Err(StoreError::unavailable(false, "it does not search any more").into());
        };
        let found = match store.nearest(event, probe, depth).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let users_compared = usize::try_from(found.user_count).unwrap_or(usize::MAX);
        let users = found.users.into_iter().map(|(user, distance)| Nearest { user, distance }).collect();
        Ok(Search::new(users, users_compared, found.exact))
    }
}

async fn in_memory(
    gallery: Arc<Gallery>,
    probe: Template,
    depth: NonZeroUsize,
) -> Result<Option<Search>, EventError> {
    let users_compared = gallery.len();
    let nearest = if users_compared <= MOST_USERS_INLINE {
        gallery.nearest_k(&probe, depth)?
    } else {
        let search = tokio::task::spawn_blocking(move || gallery.nearest_k(&probe, depth));
        search.await.map_err(EventError::Interrupted)??
    };
    Ok(Search::new(nearest, users_compared, true))
}
