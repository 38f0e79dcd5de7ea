//! The samples of a user, one by one: listed without their embeddings, and removed.

use std::sync::Arc;

use embedding::{ModelId, Template};
use embedding_store::{EventName, FaceSample, Metadata, StoreError, Username};
use time::OffsetDateTime;
use uuid::Uuid;

use super::loaded_event::LoadedEvent;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

/// A sample without its embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDetails {
    /// Its id among the user's samples.
    pub id: Uuid,
    /// When it was enrolled.
    pub created: OffsetDateTime,
    /// The model of its embedding.
    pub model: ModelId,
    /// What the detector gave the face; its scale is the detector's.
    pub detection_score: f32,
    /// What the quality checks measured; empty when there were none.
    pub quality: Metadata,
    /// How it came, such as the route.
    pub source: String,
    /// The caller's mark of the request that it came with.
    pub request: Option<String>,
}

impl From<&FaceSample> for SampleDetails {
    fn from(sample: &FaceSample) -> Self {
        Self {
            id: sample.id(),
            created: sample.created(),
            model: sample.embedding().model().clone(),
            detection_score: sample.detection_score(),
            quality: sample.quality().clone(),
            source: sample.source().to_owned(),
            request: sample.request().map(str::to_owned),
        }
    }
}

impl EventService {
    /// The samples of a user from the store, oldest first.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; [`EventError::Store`] when they could not
    /// be read.
    pub async fn samples(
        &self,
        event: &EventName,
        user: &Username,
    ) -> Result<Vec<SampleDetails>, EventError> {
        let samples = self.inner.store.samples(event, user).await.map_err(EventError::from_absence)?;
        let mut samples: Vec<_> = samples.iter().map(SampleDetails::from).collect();
        // The store has them by id, and that of a request with a mark says nothing of its time.
        samples.sort_by_key(|sample| (sample.created, sample.id));
        Ok(samples)
    }

    /// A sample of a user from the store.
    ///
    /// # Errors
    /// As for [`EventService::samples`]; [`EventError::UnknownSample`].
    pub async fn sample(
        &self,
        event: &EventName,
        user: &Username,
        id: Uuid,
    ) -> Result<SampleDetails, EventError> {
        // All of them are read: the contract of stores has no reading of one.
        let sample = self.samples(event, user).await?.into_iter().find(|sample| sample.id == id);
        sample.ok_or_else(|| EventError::UnknownSample { event: event.clone(), user: user.clone(), id })
    }

    /// Removes a sample of a user, and returns how many are left. The user's template is then that of the
    /// others. Durable on return.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`], [`EventError::UnknownUser`] and [`EventError::UnknownSample`]. Nothing
    /// was removed on [`EventError::LastSample`] and on [`EventError::NoTemplate`], when the others make no
    /// template. On [`EventError::Store`] see the store's error, on [`EventError::Interrupted`] it may have
    /// been removed.
    pub async fn remove_sample(
        &self,
        event: &EventName,
        user: &Username,
        id: Uuid,
    ) -> Result<usize, EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.remove_sample(&event, &user, id).await }).await
    }
}

impl Inner {
    async fn remove_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, EventError> {
        let last = || EventError::LastSample { event: event.clone(), user: user.clone() };
        let turn = self.galleries.turn(event).await;
        let loaded = self.current(&turn).await?;
        let mut others = self.store.samples(event, user).await.map_err(EventError::from_absence)?;
        let present = others.len();
        others.retain(|sample| sample.id() != id);
        if others.len() == present {
            return Err(EventError::UnknownSample { event: event.clone(), user: user.clone(), id });
        }
        if others.is_empty() {
            return Err(last());
        }
        // Before it is removed: what is stored must always make a template.
        let left = || others.iter().map(FaceSample::embedding);
        let cancels = |_| EventError::NoTemplate { event: event.clone(), user: user.clone() };
        Template::check(left()).map_err(cancels)?;
        let now_loaded = match loaded {
            Some(LoadedEvent::InMemory(gallery)) => {
                Some(self.keep(gallery.with(user, &Template::from_embeddings(gallery.scale(), left())?)?))
            }
            loaded @ (Some(LoadedEvent::InStore(..)) | None) => loaded,
        };

        let change = turn.change();
        let left = match self.store.delete_sample(event, user, id).await {
            Ok(left) => left,
            // Another service removed the others since they were read.
            Err(StoreError::Conflict { .. }) => return Err(last()),
            Err(error) => return Err(EventError::from_absence(error)),
        };
        match now_loaded {
            // The store had other samples than were read: the template made above is not theirs.
            Some(LoadedEvent::InMemory(_)) if left != others.len() => drop(change),
            Some(loaded) => change.done(Some(loaded)),
            // An event that was not known here is to be read.
            None => drop(change),
        }
        tracing::info!(%event, %user, sample = %id, left, "sample removed");
        Ok(left)
    }
}
