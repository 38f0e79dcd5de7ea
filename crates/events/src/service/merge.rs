//! Merging: two users who are one person become one user.

use std::sync::Arc;

use embedding_store::{EventName, FaceSample, StoreError, UserRecord, Username};

use super::events::ATTEMPTS;
use super::move_user::MovedUser;
use super::other_person::{self, OtherPerson};
use super::{EventService, Inner, to_the_end};
use crate::{DuplicatePolicy, EventError};

impl EventService {
    /// Makes two users one: the faces of `user`, and what is attached, go to `into`, who has the faces of both then. Of
    /// their data that of `into` stays, with the fields that only the other had. Durable on return.
    ///
    /// Faces of `user` that are unlike those of `into` are another person's: by `on_other_person`, or else by the rules of
    /// the event, or else always, that is an error. A request that is made again answers as the first time, and does what
    /// that may have left; if somebody else has the name of `user` since, it is their faces that are compared.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]. Nothing was written on [`EventError::SameUser`], on
    /// [`EventError::OtherPerson`], on
    /// [`EventError::NoTemplate`], when the faces of both would cancel out, and on [`StoreError::Unstorable`], when the
    /// data of both is too much. On another [`EventError::Store`] see the store's error: it may have been done, and to
    /// try again is safe; so on [`EventError::Interrupted`].
    pub async fn merge_users(
        &self,
        event: &EventName,
        user: &Username,
        into: &Username,
        on_other_person: Option<DuplicatePolicy>,
    ) -> Result<MovedUser, EventError> {
        let (inner, event, user, into) = (Arc::clone(&self.inner), event.clone(), user.clone(), into.clone());
        to_the_end(async move { inner.merge_users(&event, &user, &into, on_other_person).await }).await
    }
}

impl Inner {
    async fn merge_users(
        &self,
        event: &EventName,
        user: &Username,
        into: &Username,
        on_other_person: Option<DuplicatePolicy>,
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
            let of_event = loaded.as_ref().and_then(|loaded| loaded.rules().on_other_person);
            if on_other_person.or(of_event).unwrap_or(DuplicatePolicy::Reject) == DuplicatePolicy::Reject {
                self.expect_one_person(&seen, &onto).await?;
            }
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

impl Inner {
    /// Refuses a face of the first that is unlike those of the second.
    async fn expect_one_person(&self, seen: &UserRecord, onto: &UserRecord) -> Result<(), EventError> {
        let event = &seen.event;
        let theirs = self.store.samples(event, &seen.name).await.map_err(EventError::from_absence)?;
        let stored = self.store.samples(event, &onto.name).await.map_err(EventError::from_absence)?;
        let Some(model) = stored.first().map(|sample| sample.embedding().model()) else { return Ok(()) };
        // A merge that was cut off has left some with both.
        let is_new = |place: usize| {
            theirs.get(place).is_some_and(|sample| stored.iter().all(|other| other.id() != sample.id()))
        };
        let faces: Vec<_> = theirs.iter().map(FaceSample::embedding).collect();
        let unlike = other_person::others(self.models.of_event(event, model)?, &stored, &faces, is_new)?;
        match unlike.first() {
            Some(&OtherPerson { face, distance }) => {
                Err(EventError::OtherPerson { event: event.clone(), user: onto.name.clone(), face, distance })
            }
            None => Ok(()),
        }
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
