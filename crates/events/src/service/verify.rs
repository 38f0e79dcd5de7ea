//! Verification: whether a face is that of one user.

use std::num::NonZeroUsize;

use embedding::{Distance, Embedding, Template};
use embedding_store::{EventName, StoreError, Subject, Username};

use super::identify::limit_of;
use super::loaded_event::LoadedEvent;
use super::{EventService, Inner};
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
        let held = inner.known(event).await?.ok_or_else(unknown_event)?;
        inner.expect_model(event, Some(held.model()), probe.model())?;
        let limits = inner.models.of_event(event, held.model())?;
        let template = Template::of(limits.scale(), [probe])?;
        let measured = match &held {
            LoadedEvent::InMemory(gallery) => {
                gallery.distance_to(user, &template)?.zip(gallery.samples(user))
            }
            // A store's search finds the nearest and not a certain user, so the template is made here.
            LoadedEvent::InStore(..) => inner.distance_in_store(event, user, &template).await?,
        };
        let (distance, samples) =
            measured.ok_or_else(|| EventError::UnknownUser { event: event.clone(), user: user.clone() })?;
        let nearest = Nearest { user: user.clone(), distance };
        let search = Search { nearest, others: Vec::new(), users_compared: 1, exact: true };
        // One comparison, however large the event is: a target's whole rate is for it alone.
        let limit = limit_of(limits, event, held.rules().rule, 1, samples)?;
        let verdict = search.decide(limit, limits.margin(), held.model().clone(), NonZeroUsize::MIN);
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

impl Inner {
    /// Of a user whose template is not held here, with the number of samples; `None` when there is no such user.
    async fn distance_in_store(
        &self,
        event: &EventName,
        user: &Username,
        probe: &Template,
    ) -> Result<Option<(Distance, u32)>, EventError> {
        match self.store.samples(event, user).await {
            Ok(samples) => {
                let template = template_of(probe.scale(), event, user, &samples)?;
                Ok(Some((template.distance(probe)?, template.samples())))
            }
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => {
                Err(EventError::UnknownEvent { event: event.clone() })
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
