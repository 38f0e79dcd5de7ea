//! What callers get on top of every store.

use std::num::NonZeroUsize;

use async_trait::async_trait;

use crate::{EmbeddingStore, EventName, EventRecord, Page, StoreError, UserRecord};

/// Enough items that round trips do not count, few enough that a page is small.
const PAGE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// Sugar for callers. Implemented for every [`EmbeddingStore`]; not to be implemented.
#[async_trait]
pub trait EmbeddingStoreExt: EmbeddingStore {
    /// Creates an event, or keeps the one that is there and returns it. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the one that is there is of another model.
    async fn create_or_keep_event(&self, event: EventRecord) -> Result<Option<EventRecord>, StoreError> {
        let (name, model) = (event.name.clone(), event.model.clone());
        match self.create_event(event).await {
            Ok(()) => Ok(None),
            Err(conflict @ StoreError::Conflict { .. }) => match self.event(&name).await? {
                // Somebody deleted it between the two calls; the caller may try again.
                None => Err(conflict),
                Some(present) if present.model != model => {
                    Err(StoreError::other_model(&name, &present.model))
                }
                present => Ok(present),
            },
            Err(error) => Err(error),
        }
    }

    /// Reads all events in name order, page by page.
    ///
    /// # Errors
    /// As for [`EmbeddingStore::list_events`].
    async fn all_events(&self) -> Result<Vec<EventRecord>, StoreError> {
        let mut events = Vec::new();
        let mut page = Page::first(PAGE);
        loop {
            let listing = self.list_events(page).await?;
            events.extend(listing.items);
            match listing.next {
                Some(next) => page = Page { after: Some(next), limit: PAGE },
                None => return Ok(events),
            }
        }
    }

    /// Reads all users of an event in name order, page by page.
    ///
    /// # Errors
    /// As for [`EmbeddingStore::list_users`].
    async fn all_users(&self, event: &EventName) -> Result<Vec<UserRecord>, StoreError> {
        let mut users = Vec::new();
        let mut page = Page::first(PAGE);
        loop {
            let listing = self.list_users(event, page).await?;
            users.extend(listing.items);
            match listing.next {
                Some(next) => page = Page { after: Some(next), limit: PAGE },
                None => return Ok(users),
            }
        }
    }
}

impl<S: EmbeddingStore + ?Sized> EmbeddingStoreExt for S {}
