//! Names that nobody can tell from one that is there: they are not made.

use std::sync::Arc;

use embedding_store::{EventName, Username};

use super::Inner;
use super::loaded_event::LoadedEvent;
use super::search::MOST_USERS_INLINE;
use crate::EventError;

impl Inner {
    /// Refuses to make a user whose name differs from another's by invisible characters alone. `former` is the name that the
    /// user gives up for it, where they have one.
    ///
    /// Of an event that is searched in the store it is refused where the other name has no invisible characters, as the
    /// store finds a name and not what looks like it.
    pub(super) async fn expect_distinct_user(
        &self,
        event: &EventName,
        loaded: Option<&LoadedEvent>,
        user: &Username,
        former: Option<&Username>,
    ) -> Result<(), EventError> {
        let shown = user.visible_form();
        let is_there = match loaded {
            None => false,
            Some(LoadedEvent::InMemory(gallery)) => {
                let (gallery, user, shown) = (Arc::clone(gallery), user.clone(), shown.into_owned());
                let users = gallery.len();
                let former = former.cloned();
                let is_other = move |other: &Username| *other != user && Some(other) != former.as_ref();
                let find =
                    move || gallery.users().any(|other| is_other(other) && other.visible_form() == shown);
                if users <= MOST_USERS_INLINE {
                    find()
                } else {
                    tokio::task::spawn_blocking(find).await.map_err(EventError::Interrupted)?
                }
            }
            Some(LoadedEvent::InStore(..)) => match Username::new(&shown) {
                Ok(other) if other != *user && Some(&other) != former => {
                    self.store.user(event, &other).await?.is_some()
                }
                Ok(_) | Err(_) => false,
            },
        };
        if is_there {
            return Err(EventError::SimilarUser { event: event.clone(), user: user.clone() });
        }
        Ok(())
    }

    /// The same of an event. Two that are made in the same moment may both be.
    pub(super) fn expect_distinct_event(&self, event: &EventName) -> Result<(), EventError> {
        let shown = event.visible_form();
        let mut others = self.galleries.events().into_iter().filter(|other| other != event);
        if others.any(|other| other.visible_form() == shown) {
            return Err(EventError::SimilarEvent { event: event.clone() });
        }
        Ok(())
    }
}
