//! Deletion of users and of events, with what is attached to them.

use std::sync::Arc;

use embedding_store::{EventName, StoreError, Subject, Username};

use super::galleries::Turn;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

impl EventService {
    /// Deletes an event with its users, their samples and what is attached. Durable on return.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; on [`EventError::Store`] see the store's error, on
    /// [`EventError::Interrupted`] it may have been deleted.
    pub async fn delete_event(&self, event: &EventName) -> Result<(), EventError> {
        let (inner, event) = (Arc::clone(&self.inner), event.clone());
        to_the_end(async move { inner.delete_event(&event).await }).await
    }

    /// Deletes a user with all samples and what is attached; the event stays, also without users. Durable on return.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; on [`EventError::Store`] see the store's
    /// error, on [`EventError::Interrupted`] the user may have been deleted.
    pub async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.delete_user(&event, &user).await }).await
    }
}

impl Inner {
    async fn delete_event(&self, event: &EventName) -> Result<(), EventError> {
        self.delete_event_in(&self.galleries.turn(event).await).await
    }

    pub(super) async fn delete_event_in(&self, turn: &Turn<'_>) -> Result<(), EventError> {
        let event = turn.event();
        // First: if the program ends before the deletion in the store, the event is still there, and deleting it
        // again takes the rest along.
        self.attached.erase_event(event).await?;
        let change = turn.change();
        match self.store.delete_event(event).await {
            Ok(()) => {
                change.done(None);
                // Again, for what came meanwhile.
                self.attached.erase_rest(event, None).await?;
                tracing::info!(%event, "event deleted");
                Ok(())
            }
            Err(StoreError::NotFound { .. }) => {
                change.done(None);
                Err(EventError::UnknownEvent { event: event.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), EventError> {
        let turn = self.galleries.turn(event).await;
        let loaded = self.current(&turn).await?;
        // First, as in `delete_event_in`. What stands under names that they had is theirs too.
        self.erase_all_names(event, user).await?;
        let change = turn.change();
        match self.store.delete_user(event, user).await {
            Ok(()) => {
                // A user deleted from an event that was not known here leaves it stale: others may be there.
                if let Some(loaded) = loaded {
                    change.done(Some(loaded.without(user)));
                }
                // Again: searches here named the user until now. What another server records later, its own look
                // after the write finds (`CheckInService::check_in_face`).
                self.attached.erase_rest(event, Some(user)).await?;
                tracing::info!(%event, %user, "user deleted");
                Ok(())
            }
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => {
                change.done(None);
                Err(EventError::UnknownEvent { event: event.clone() })
            }
            Err(StoreError::NotFound { .. }) => {
                match loaded {
                    Some(loaded) => change.done(Some(loaded.without(user))),
                    None => drop(change),
                }
                Err(EventError::UnknownUser { event: event.clone(), user: user.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }
}
