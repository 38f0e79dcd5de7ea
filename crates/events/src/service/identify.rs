//! Identification: the nearest user of the event, and the decision.

use std::num::NonZeroUsize;

use embedding::Embedding;
use embedding_store::{EventName, MatchRule, StoreError, Username};

use super::Inner;
use super::loaded_event::LoadedEvent;
use super::search::Found;
use crate::decision::Search;
use crate::limit::Limits;
use crate::{EventError, MatchLimit, Verdict};

impl Inner {
    pub(super) async fn identify(
        &self,
        event: &EventName,
        probe: &Embedding,
        top: NonZeroUsize,
    ) -> Result<Verdict, EventError> {
        let not_searchable = || EventError::NotSearchable { event: event.clone() };
        // One value to the end, so that gallery and rule are of one moment, whatever is written meanwhile.
        let held = self.known(event).await?.ok_or_else(not_searchable)?;
        if matches!(&held, LoadedEvent::InMemory(gallery) if gallery.is_empty()) {
            return Err(not_searchable());
        }
        self.expect_model(event, Some(held.model()), probe.model())?;
        let (model, rule, depth) = (held.model().clone(), held.rules().rule, Search::depth(top));
        let found = self.search_for(event, &held, &[probe], depth).await?.ok_or_else(not_searchable)?;
        let Found { nearest, users, exact } = found;
        let search = Search::new(nearest.concat(), users, exact).ok_or_else(not_searchable)?;
        let limits = self.models.of_event(event, &model)?;
        // Of the nearest alone: a target's threshold depends on how many samples the template is the mean of.
        let samples = self.samples_of(event, &held, limits, &search.nearest.user).await?;
        let limit = limit_of(limits, event, rule, search.users_compared, samples)?;
        let verdict = search.decide(limit, limits.margin(), model, top);
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

    /// How many samples a user's template is of. One who is gone meanwhile counts as having one.
    async fn samples_of(
        &self,
        event: &EventName,
        held: &LoadedEvent,
        limits: &Limits,
        user: &Username,
    ) -> Result<u32, EventError> {
        match held {
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
    let limit = limits.of(rule, comparisons, samples);
    limit.map_err(|source| EventError::Rule { event: event.clone(), source })
}
