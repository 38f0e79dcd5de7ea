//! Verification: whether a face is that of one user.

use std::num::NonZeroUsize;
use std::time::Instant;

use embedding::{Embedding, Template};
use embedding_store::{EventName, Username};

use super::EventService;
use super::identify::limit_of;
use super::loaded_event::LoadedEvent;
use crate::decision::Search;
use crate::gallery::template_of;
use crate::{EventError, Nearest, Verdict};

impl EventService {
    /// Says whether it is the face of one user (1:1), by the event's rule for a single comparison. It is a match
    /// or none: others are not compared.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; otherwise as [`EventService::identify`], and
    /// [`EventError::UnusableSamples`] of an event that is searched in the store.
    pub async fn verify(
        &self,
        event: &EventName,
        user: &Username,
        probe: &Embedding,
    ) -> Result<Verdict, EventError> {
        let inner = &self.inner;
        let unknown_event = || EventError::UnknownEvent { event: event.clone() };
        let loaded = inner.known(event).await?.ok_or_else(unknown_event)?;
        inner.expect_model(event, Some(loaded.model()), probe.model())?;
        let limits = inner.models.of_event(event, loaded.model())?;
        let began = Instant::now();
        let template = Template::from_embeddings(limits.scale(), [probe])?;
        let (distance, samples) = match &loaded {
            LoadedEvent::InMemory(gallery) => {
                match gallery.distance_to(user, &template)?.zip(gallery.samples(user)) {
                    Some(found) => found,
                    None => {
                        inner.expect_readable(event, Some(user)).await?;
                        return Err(EventError::UnknownUser { event: event.clone(), user: user.clone() });
                    }
                }
            }
            // A store's search finds the nearest and not a certain user, so the template is made here.
            LoadedEvent::InStore(..) => {
                let samples = inner.store.samples(event, user).await.map_err(EventError::from_absence)?;
                let stored = template_of(template.scale(), event, user, &samples)?;
                (stored.distance(&template)?, stored.samples())
            }
        };
        inner.observed.matched(began.elapsed());
        let nearest = Nearest { user: user.clone(), distance };
        let search = Search { nearest, others: Vec::new(), users_compared: 1, exact: true };
        // One comparison, however large the event is: a target's whole rate is for it alone.
        let rule = loaded.rules().rule;
        let limit = limit_of(limits, event, rule, 1, samples)?;
        let limit_of_one_sample = limit_of(limits, event, rule, 1, 1)?;
        let verdict = search.decide(limit, limits.margin(), loaded.model().clone(), NonZeroUsize::MIN);
        let verdict = Verdict { limit_of_one_sample, ..verdict };
        tracing::info!(
            %event,
            %user,
            distance = %verdict.nearest.distance,
            confidence = %verdict.confidence(),
            threshold = %verdict.limit.threshold,
            result = verdict.decision.as_str(),
            "face verified"
        );
        Ok(verdict)
    }
}
