//! Deletion of users and of events, with what is attached to them.

use embedding_store::{EventName, StoreError, Subject, Username};

use super::Inner;
use super::galleries::Turn;
use crate::EventError;

impl Inner {
    pub(super) async fn delete_event(&self, event: &EventName) -> Result<(), EventError> {
        self.delete_event_in(&self.galleries.turn(event).await).await
    }

    pub(super) async fn delete_event_in(&self, turn: &Turn<'_>) -> Result<(), EventError> {
        let event = turn.event();
        // First: if the program ends in between, the event is still there, and deleting it again takes the
        // rest along.
        self.attached.erase_event(event).await?;
        let change = turn.change();
        match self.store.delete_event(event).await {
            Ok(()) => {
                change.done(None);
                self.attached.erase_event(event).await?;
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

    pub(super) async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), EventError> {
        let turn = self.galleries.turn(event).await;
        let held = self.current(&turn).await?;
        self.attached.erase_user(event, user).await?;
        let change = turn.change();
        match self.store.delete_user(event, user).await {
            Ok(()) => {
                // A user deleted from an event that was not known here leaves it stale: others may be there.
                if let Some(held) = held {
                    change.done(Some(held.without(user)));
                }
                // What was recorded until no search here named the user any more.
                self.attached.erase_user(event, user).await?;
                tracing::info!(%event, %user, "user deleted");
                Ok(())
            }
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => {
                change.done(None);
                Err(EventError::UnknownEvent { event: event.clone() })
            }
            Err(StoreError::NotFound { .. }) => {
                match held {
                    Some(held) => change.done(Some(held.without(user))),
                    None => drop(change),
                }
                Err(EventError::UnknownUser { event: event.clone(), user: user.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }
}
