//! Identification: the nearest user of the event, and the decision.

use std::num::NonZeroUsize;
use std::time::Instant;

use embedding::Embedding;
use embedding_store::{EventName, MatchRule, StoreError, Username};

use super::loaded_event::LoadedEvent;
use super::search::SearchResult;
use super::{EventService, Inner};
use crate::decision::Search;
use crate::limit::Limits;
use crate::{EventError, MatchLimit, Verdict};

impl EventService {
    /// Says whose face it is among all users of the event (1:N): the nearest user's, when near enough and not as
    /// near as another. The only candidate in the answer is the nearest user.
    ///
    /// # Errors
    /// [`EventError::NotSearchable`] when the event does not exist or has no users,
    /// [`EventError::ModelMismatch`] when the event is of another model than the face, or of one that is not served,
    /// [`EventError::Embedding`] when the face has no direction, [`EventError::Rule`] when the event's own rule
    /// cannot be kept, [`EventError::Store`] when the event had to be read again and could not, or changes have
    /// not been seen for too long.
    pub async fn identify(&self, event: &EventName, probe: &Embedding) -> Result<Verdict, EventError> {
        self.identify_top(event, probe, NonZeroUsize::MIN).await
    }

    /// As [`EventService::identify`], with the `top` nearest users as candidates.
    ///
    /// # Errors
    /// As there.
    pub async fn identify_top(
        &self,
        event: &EventName,
        probe: &Embedding,
        top: NonZeroUsize,
    ) -> Result<Verdict, EventError> {
        let inner = &self.inner;
        let not_searchable = || EventError::NotSearchable { event: event.clone() };
        // One value to the end, so that gallery and rule are of one moment, whatever is written meanwhile.
        let loaded = inner.known(event).await?.ok_or_else(not_searchable)?;
        if matches!(&loaded, LoadedEvent::InMemory(gallery) if gallery.is_empty()) {
            return Err(not_searchable());
        }
        inner.expect_model(event, Some(loaded.model()), probe.model())?;
        let began = Instant::now();
        let (model, rule, depth) = (loaded.model().clone(), loaded.rules().rule, Search::depth(top));
        let found = inner.search_for(event, &loaded, &[probe], depth).await?.ok_or_else(not_searchable)?;
        let SearchResult { nearest, users, exact } = found;
        inner.observed.matched(began.elapsed());
        let search = Search::new(nearest.concat(), users, exact).ok_or_else(not_searchable)?;
        let limits = inner.models.of_event(event, &model)?;
        // Of the nearest alone: a target's threshold depends on how many samples the template is the mean of.
        let samples = inner.samples_of(event, &loaded, limits, &search.nearest.user).await?;
        let users = search.users_compared;
        let limit = limit_of(limits, event, rule, users, samples)?;
        let limit_of_one_sample = limit_of(limits, event, rule, users, 1)?;
        let verdict = search.decide(limit, limits.margin(), model, top);
        let verdict = Verdict { limit_of_one_sample, ..verdict };
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
}

impl Inner {
    /// How many samples a user's template is of. One who is gone meanwhile counts as having one.
    async fn samples_of(
        &self,
        event: &EventName,
        loaded: &LoadedEvent,
        limits: &Limits,
        user: &Username,
    ) -> Result<u32, EventError> {
        match loaded {
            LoadedEvent::InMemory(gallery) => Ok(gallery.samples(user).unwrap_or(1)),
            // Only a calibration makes anything of the number.
            LoadedEvent::InStore(..) if !limits.are_calibrated() => Ok(1),
            LoadedEvent::InStore(..) => match self.store.samples(event, user).await {
                Ok(samples) => Ok(u32::try_from(samples.len()).unwrap_or(u32::MAX)),
                Err(StoreError::NotFound { .. }) => Ok(1),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// What an event's rule comes to with so many samples a user.
pub(super) fn limit_of(
    limits: &Limits,
    event: &EventName,
    rule: Option<MatchRule>,
    comparisons: usize,
    samples: u32,
) -> Result<MatchLimit, EventError> {
    let limit = limits.limit_for(rule, comparisons, samples);
    limit.map_err(|source| EventError::Rule { event: event.clone(), source })
}
