//! Merging: two users who are one person become one user.

use std::sync::Arc;

use embedding_store::{EventName, StoreError, UserRecord, Username};

use super::events::ATTEMPTS;
use super::move_user::MovedUser;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

impl EventService {
    /// Makes two users one: the faces of `user`, and what is attached, go to `into`, who has the faces of both then. Of
    /// their data that of `into` stays, with the fields that only the other had. Durable on return.
    ///
    /// That they are one person is the caller's word: their faces are not compared. A request that is made again answers as
    /// the first time, and does what that may have left.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]. Nothing was written on [`EventError::SameUser`], on
    /// [`EventError::NoTemplate`], when the faces of both would cancel out, and on [`StoreError::Unstorable`], when the
    /// data of both is too much. On another [`EventError::Store`] see the store's error: it may have been done, and to
    /// try again is safe; so on [`EventError::Interrupted`].
    pub async fn merge_users(
        &self,
        event: &EventName,
        user: &Username,
        into: &Username,
    ) -> Result<MovedUser, EventError> {
        let (inner, event, user, into) = (Arc::clone(&self.inner), event.clone(), user.clone(), into.clone());
        to_the_end(async move { inner.merge_users(&event, &user, &into).await }).await
    }
}

impl Inner {
    async fn merge_users(
        &self,
        event: &EventName,
        user: &Username,
        into: &Username,
    ) -> Result<MovedUser, EventError> {
        if user == into {
            return Err(EventError::SameUser { event: event.clone(), user: user.clone() });
        }
        let turn = self.galleries.turn(event).await;
        for _ in 0..ATTEMPTS {
            let loaded = self.current(&turn).await?;
            let Some(seen) = self.store.user(event, user).await? else {
                return self.moved_before(event, user, into).await;
            };
            let Some(onto) = self.store.user(event, into).await? else {
                return Err(EventError::UnknownUser { event: event.clone(), user: into.clone() });
            };
            match self.move_user(&turn, loaded, &seen, merged(&seen, &onto), Some(&onto)).await {
                // One of the two was changed by another service.
                Err(EventError::Store(StoreError::Changed { .. })) => {}
                moved => {
                    let moved = moved?;
                    tracing::info!(%event, %user, %into, "user merged into another");
                    return Ok(moved);
                }
            }
        }
        Err(StoreError::unavailable(true, "other servers change the users faster than they are read").into())
    }
}

/// What two users are as one, but for the names: the second one, with what only the first one has.
pub(super) fn merged(seen: &UserRecord, onto: &UserRecord) -> UserRecord {
    let mut to = onto.clone();
    for (field, value) in &seen.metadata {
        to.metadata.entry(field.clone()).or_insert_with(|| value.clone());
    }
    to.created = to.created.min(seen.created);
    to.last_verified = to.last_verified.max(seen.last_verified);
    to
}
