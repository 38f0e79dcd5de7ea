//! What others deleted from a shared store: records that this service alone keeps go with it.

use std::collections::BTreeSet;

use embedding_store::{EventName, StoreError, Username};

use super::Inner;
use super::backlog::Changed;
use super::galleries::{Former, Published};
use super::loaded_event::LoadedEvent;

impl Inner {
    /// The users of whom a change may say that they are gone; to be asked for before the change is read. Nobody
    /// where no records are this service's own.
    pub(super) fn users_before(&self, event: &EventName, changed: &Changed) -> BTreeSet<Username> {
        if self.attached.own().is_empty() {
            return BTreeSet::new();
        }
        match (changed, self.galleries.get(event)) {
            (Changed::Users(users), _) => users.clone(),
            (
                Changed::Whole,
                Published::Current(LoadedEvent::InMemory(gallery))
                | Published::Stale(Some(Former { loaded: LoadedEvent::InMemory(gallery), .. })),
            ) => gallery.users().cloned().collect(),
            (Changed::Whole, _) => BTreeSet::new(),
        }
    }

    /// Erases this service's own records of an event, and of users of it, that are not there any more; those of
    /// who has another name now go to that. To be called
    /// when a change has been read; `before` is whom [`Inner::users_before`] named.
    pub(super) async fn erase_deleted_elsewhere(&self, event: &EventName, before: BTreeSet<Username>) {
        let own = self.attached.own();
        if own.is_empty() {
            return;
        }
        // With the turn: nobody is enrolled here anew between the look and the erasure.
        let turn = self.galleries.turn(event).await;
        let gone = match turn.published() {
            Published::Current(LoadedEvent::InMemory(gallery)) => {
                before.into_iter().filter(|user| !gallery.contains(user)).collect()
            }
            Published::Current(LoadedEvent::InStore(..)) | Published::Stale(_) | Published::Absent => before,
        };
        let erased = async {
            // The store is asked: who is in no gallery may be kept out of it, or be a user of a stale event.
            let is_there = self.store.event(event).await?.is_some();
            let mut absent = BTreeSet::new();
            for user in gone {
                if is_there && self.store.user(event, &user).await?.is_none() {
                    absent.insert(user);
                }
            }
            let bearers = self.bearers(event, &absent).await?;
            for records in &own {
                if !is_there {
                    records.erase_event(event).await?;
                }
                for user in &absent {
                    match bearers.get(user) {
                        Some(bearer) => records.rename_user(event, user, bearer, None).await?,
                        None => records.erase_user(event, user).await?,
                    }
                }
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = erased.await {
            tracing::warn!(%event, %error, "what is kept here of a deleted user or event cannot be erased yet");
        }
    }
}
