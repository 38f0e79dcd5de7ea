//! What callers get on top of every store.

use std::num::NonZeroUsize;

use async_trait::async_trait;

use crate::{EmbeddingStore, EventName, EventRecord, Listing, Page, StoreError, UserRecord};

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
        all_pages(|page| self.list_events(page)).await
    }

    /// Reads all users of an event in name order, page by page.
    ///
    /// # Errors
    /// As for [`EmbeddingStore::list_users`].
    async fn all_users(&self, event: &EventName) -> Result<Vec<UserRecord>, StoreError> {
        all_pages(|page| self.list_users(event, page)).await
    }
}

async fn all_pages<T, F: Future<Output = Result<Listing<T>, StoreError>>>(
    list: impl Fn(Page) -> F,
) -> Result<Vec<T>, StoreError> {
    let (mut items, mut page) = (Vec::new(), Page::first(PAGE));
    loop {
        let listing = list(page).await?;
        items.extend(listing.items);
        match listing.next {
            Some(next) => page = Page { after: Some(next), limit: PAGE },
            None => return Ok(items),
        }
    }
}

impl<S: EmbeddingStore + ?Sized> EmbeddingStoreExt for S {}
