//! Where an event's templates are searched: in memory, or in the store when they are too many.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Metric, ModelId};
use embedding_store::{EventName, Page, StoreError, TemplateSearch, Username};

use super::Inner;
use crate::{EventError, EventRules, Gallery};

/// Users read at a time when they are counted.
const PAGE: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// An event that exists.
#[derive(Debug, Clone)]
pub(super) enum LoadedEvent {
    /// Its gallery.
    InMemory(Arc<Gallery>),
    /// It has too many users to be held in memory, or had when it was last read; the store searches them.
    InStore(ModelId, EventRules),
}

impl LoadedEvent {
    pub(super) fn model(&self) -> &ModelId {
        match self {
            Self::InMemory(gallery) => gallery.model(),
            Self::InStore(model, _) => model,
        }
    }

    pub(super) fn rules(&self) -> &EventRules {
        match self {
            Self::InMemory(gallery) => gallery.rules(),
            Self::InStore(_, rules) => rules,
        }
    }

    /// Whether a user may be there: of an event in the store it is not known.
    pub(super) fn may_have(&self, user: &Username) -> bool {
        match self {
            Self::InMemory(gallery) => gallery.contains(user),
            // The caller then asks the store: a wrong yes costs one read, a wrong no would overlook samples.
            Self::InStore(..) => true,
        }
    }

    /// The same with other rules.
    pub(super) fn with_rules(&self, rules: EventRules) -> Self {
        match self {
            Self::InMemory(gallery) => Self::InMemory(Arc::new(gallery.with_rules(rules))),
            Self::InStore(model, _) => Self::InStore(model.clone(), rules),
        }
    }

    /// The same without `user`.
    pub(super) fn without(&self, user: &Username) -> Self {
        match self {
            Self::InMemory(gallery) => Self::InMemory(Arc::new(gallery.without(user))),
            Self::InStore(model, rules) => Self::InStore(model.clone(), *rules),
        }
    }
}

impl Inner {
    /// The gallery of a new event.
    pub(super) fn empty(&self, model: &ModelId) -> Gallery {
        Gallery::empty(model.clone(), self.models.scale(model))
    }

    /// A gallery that may have grown, held where it is to be.
    pub(super) fn keep(&self, gallery: Gallery) -> LoadedEvent {
        // At every change, not at the start alone: an event may outgrow memory while the service runs.
        if self.search(gallery.model()).is_some() && gallery.len() > self.gallery_limit {
            tracing::info!(users = gallery.len(), "an event is too large for memory: the store searches it");
            return LoadedEvent::InStore(gallery.model().clone(), *gallery.rules());
        }
        LoadedEvent::InMemory(Arc::new(gallery))
    }

    /// The store's search, where its distances are those of the policy: stores compare unit vectors.
    pub(super) fn search(&self, model: &ModelId) -> Option<&dyn TemplateSearch> {
        match self.models.scale(model).metric() {
            Metric::Unit => self.store.search(),
            Metric::Raw => None,
        }
    }

    /// An event that is to be searched in the store; `None` when it is to be read, or is absent.
    pub(super) async fn left_in_store(&self, event: &EventName) -> Result<Option<LoadedEvent>, EventError> {
        if self.store.search().is_none() || !self.has_more_users(event, self.gallery_limit).await? {
            return Ok(None);
        }
        // Deleted since it was counted: the caller finds that out when it loads the event.
        let Some(record) = self.store.event(event).await? else { return Ok(None) };
        let searched = self.search(&record.model).is_some();
        Ok(searched.then(|| LoadedEvent::InStore(record.model.clone(), EventRules::from(&record))))
    }

    async fn has_more_users(&self, event: &EventName, limit: usize) -> Result<bool, EventError> {
        match self.count_users(event, limit).await {
            Ok(count) => Ok(count > limit),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Counts the users of an event in the store until they are more than `enough`.
    async fn count_users(&self, event: &EventName, enough: usize) -> Result<usize, StoreError> {
        let (mut count, mut after) = (0, None);
        loop {
            let listing = self.store.list_users(event, Page { after, limit: PAGE }).await?;
            count += listing.items.len();
            match listing.next {
                Some(next) if count <= enough => after = Some(next),
                Some(_) | None => return Ok(count),
            }
        }
    }

    /// How many users an event has; `None` when it is gone.
    pub(super) async fn user_count(&self, event: &EventName) -> Result<Option<usize>, EventError> {
        match self.known(event).await? {
            Some(LoadedEvent::InMemory(gallery)) => Ok(Some(gallery.len())),
            Some(LoadedEvent::InStore(..)) => self.stored_user_count(event).await,
            None => Ok(None),
        }
    }

    /// The same from the store.
    pub(super) async fn stored_user_count(&self, event: &EventName) -> Result<Option<usize>, EventError> {
        gone_is_none(self.count_users(event, usize::MAX).await)
    }
}

pub(super) fn gone_is_none<T>(answer: Result<T, StoreError>) -> Result<Option<T>, EventError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
