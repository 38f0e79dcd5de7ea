//! Deletion of users and of events.

use embedding_store::{EventName, StoreError, Subject, Username};

use super::Inner;
use crate::EventError;

impl Inner {
    pub(super) async fn delete_event(&self, event: &EventName) -> Result<(), EventError> {
        let turn = self.galleries.turn(event).await;
        let change = turn.change();
        match self.store.delete_event(event).await {
            Ok(()) => {
                change.done(None);
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
        let change = turn.change();
        match self.store.delete_user(event, user).await {
            Ok(()) => {
                // A user deleted from an event that was not known here leaves it stale: others may be there.
                if let Some(held) = held {
                    change.done(Some(held.without(user)));
                }
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
