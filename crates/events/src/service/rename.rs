//! Renaming: a user gets a name that nobody has, and everything of them goes along.

use std::sync::Arc;

use embedding_store::{EventName, FaceSample, StoreError, Username};

use super::events::ATTEMPTS;
use super::merge::merged;
use super::move_user::MovedUser;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

impl EventService {
    /// Gives a user another name. Their faces, record and what is attached go along. Durable on return.
    ///
    /// A request that is made again answers as the first time, and does what that may have left. To the name that the user
    /// has nothing is done.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]. Nothing was written on [`EventError::UserExists`],
    /// when somebody has the name, and on [`EventError::SimilarUser`]. On [`EventError::Store`] see the store's error: the
    /// user may have the new name, and to try again is safe; so on [`EventError::Interrupted`].
    pub async fn rename_user(
        &self,
        event: &EventName,
        user: &Username,
        name: &Username,
    ) -> Result<MovedUser, EventError> {
        let (inner, event, user, name) = (Arc::clone(&self.inner), event.clone(), user.clone(), name.clone());
        to_the_end(async move { inner.rename_user(&event, &user, &name).await }).await
    }
}

impl Inner {
    async fn rename_user(
        &self,
        event: &EventName,
        user: &Username,
        name: &Username,
    ) -> Result<MovedUser, EventError> {
        let turn = self.galleries.turn(event).await;
        for _ in 0..ATTEMPTS {
            let loaded = match self.current(&turn).await? {
                // Another service may have made it, of which no change has come yet.
                None => self.read(&turn).await?,
                loaded => loaded,
            };
            let Some(seen) = self.store.user(event, user).await? else {
                return self.moved_before(event, user, name).await;
            };
            if user == name {
                let (details, since) = (self.user(event, user).await?, seen.updated);
                return Ok(MovedUser { details, since, repeated: true });
            }
            let onto = self.store.user(event, name).await?;
            let to = match &onto {
                Some(onto) => {
                    self.expect_cut_off(event, user, name).await?;
                    merged(&seen, onto)
                }
                None => {
                    self.expect_distinct_user(event, loaded.as_ref(), name, Some(user)).await?;
                    let mut to = seen.clone();
                    to.name = name.clone();
                    to
                }
            };
            match self.move_user(&turn, loaded, &seen, to, onto.as_ref()).await {
                // One of the two was changed by another service, or somebody got the name.
                Err(EventError::Store(StoreError::Changed { .. })) => {}
                moved => {
                    let moved = moved?;
                    tracing::info!(%event, %user, %name, "user renamed");
                    return Ok(moved);
                }
            }
        }
        Err(StoreError::unavailable(true, "other servers change the user faster than it is read").into())
    }

    /// Refuses a name that somebody has, but for a store that cannot move a user in one step: a move that was cut off there
    /// leaves samples with both, and to do it again ends it.
    async fn expect_cut_off(
        &self,
        event: &EventName,
        user: &Username,
        name: &Username,
    ) -> Result<(), EventError> {
        let theirs = self.store.samples(event, user).await.map_err(EventError::from_absence)?;
        let others = self.store.samples(event, name).await.map_err(EventError::from_absence)?;
        let is_in_both = |sample: &FaceSample| others.iter().any(|other| other.id() == sample.id());
        if theirs.iter().any(is_in_both) {
            return Ok(());
        }
        Err(EventError::UserExists { event: event.clone(), user: name.clone() })
    }
}
