//! Writes: each is one new document, and is done when Cloudinary has acknowledged it.

use std::collections::BTreeSet;

use serde_json::Map;
use tokio::time::Instant;
use uuid::Uuid;

use super::document::{
    Body, Bytes, DeletedEventBody, DeletedUserBody, Document, Encoded, EventBody, UserBody,
};
use super::fields::{self, Stamps};
use super::merge::{self, EventState, UserState};
use super::mirror::Mirror;
use super::path::{Place, milliseconds};
use super::store::Inner;
use crate::{EventName, EventRecord, StoreError, UserRecord, Username};

impl Inner {
    /// Uploads the draft as the place's next revision; nothing where it is `None`, since everything is so already.
    /// The caller holds the place's lock.
    ///
    /// The draft and what it supersedes are of one moment: nothing that it does not know of is superseded. That
    /// includes users of an event's life that is not known yet: another process uploads an event's first user
    /// before the event, so a listing may show the one without the other. No draft holds the samples of such a
    /// user, and superseding it would lose them.
    pub(super) async fn put(
        &self,
        place: &Place,
        draft: impl FnOnce(&Mirror) -> Result<Option<Body>, StoreError> + Send,
    ) -> Result<(), StoreError> {
        let now = milliseconds(Uuid::now_v7());
        // The lock is held from the draft to the doubt, and not over the upload: readers would wait for that.
        let (document, json) = {
            let mut mirror = self.mirror_mut();
            // A revision of what cannot be read would be made without knowing what that says.
            mirror.check_readable(place)?;
            let Some(body) = draft(&mirror)? else { return Ok(()) };
            let lives = mirror.event_of(place).map(merge::lives).unwrap_or_default();
            let is_known = |body: &Body| body.as_user().is_none_or(|body| lives.contains(&body.incarnation));
            let revisions = mirror.revisions_mut(place);
            let (revision, supersedes) = revisions.next(now, is_known)?;
            let document = Document::new(revision, supersedes, body);
            let json = document.to_json()?;
            // However the upload ends, also by a panic: this process's next write of the place names it.
            revisions.doubt(&document);
            (document, json)
        };
        let revision = document.revision;
        match self.client.upload(&self.prefix.id(place, revision), &json).await {
            Ok(done) => {
                // Not by `Inner::adopt`: the feed tells of others' changes alone.
                let superseded = self.mirror_mut().adopt(place, document, Instant::now(), done.at_once);
                // Only with the successor acknowledged: a crash in between leaves both, and it says which counts.
                self.discard(superseded.into_iter().map(|revision| (place.clone(), revision)));
                Ok(())
            }
            Err(given_up) => {
                if !given_up.in_doubt {
                    self.mirror_mut().revisions_mut(place).was_refused(revision);
                }
                Err(given_up.error)
            }
        }
    }

    /// Uploads the draft as the next revision of a user, under the locks that this needs.
    pub(super) async fn put_user(
        &self,
        event: &EventName,
        user: &Username,
        draft: impl FnOnce(&Mirror) -> Result<Option<Body>, StoreError> + Send,
    ) -> Result<(), StoreError> {
        let _shared = self.events.shared(&Place::event(event)).await;
        let place = Place::user(event, user);
        let _alone = self.users.alone(&place).await;
        self.put(&place, draft).await
    }

    pub(super) async fn create_event(&self, record: EventRecord) -> Result<(), StoreError> {
        record.check_storable()?;
        let place = Place::event(&record.name);
        let _alone = self.events.alone(&place).await;
        self.put(&place, |mirror| match mirror.event(&record.name) {
            Some(_) => Err(StoreError::event_conflict(&record.name, "already exists")),
            None => Ok(Some(new_event(mirror, &place, record.clone(), Uuid::now_v7()))),
        })
        .await
    }

    /// Where `seen` is given, it must still be the record that this process knows.
    pub(super) async fn update_event(
        &self,
        record: EventRecord,
        seen: Option<EventRecord>,
    ) -> Result<(), StoreError> {
        record.check_storable()?;
        let place = Place::event(&record.name);
        // Alone: the model may only change while no sample is being appended.
        let _alone = self.events.alone(&place).await;
        self.put(&place, |mirror| {
            let known = mirror.existing_event(&record.name)?;
            let present = &known.state.record;
            if seen.is_some_and(|seen| seen != *present) {
                return Err(StoreError::event_changed(&record.name));
            }
            if present.model != record.model && known.has_samples() {
                return Err(StoreError::other_model(&record.name, &present.model));
            }
            let mut state = known.state.clone();
            fields::stamp(&mut state.stamps, present, &record)?;
            state.record = record.clone();
            Ok(Some(event_body(mirror, &place, state)))
        })
        .await
    }

    pub(super) async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        let place = Place::event(event);
        {
            // Alone: otherwise a write to a user could be acknowledged whose life has just ended.
            let _alone = self.events.alone(&place).await;
            self.put(&place, |mirror| {
                mirror.existing_event(event)?;
                let revisions = mirror.revisions(&place);
                let mut ended = revisions.map(merge::lives).unwrap_or_default();
                // What came to no answer may be there, and somebody's users with it: they go too.
                let doubtful = revisions.into_iter().flat_map(|revisions| revisions.doubtful_events());
                ended.extend(doubtful.flat_map(|body| &body.incarnations));
                let body = Body::DeletedEvent(DeletedEventBody { event: event.clone(), ended });
                Ok(Some(body))
            })
            .await?;
        }
        // The deletion is done. The sweep would find its users too, only later.
        let orphans = self.orphans_of(&place);
        self.discard(orphans);
        Ok(())
    }

    /// Where `seen` is given, it must still be the record that this process knows.
    pub(super) async fn update_user(
        &self,
        record: UserRecord,
        seen: Option<UserRecord>,
    ) -> Result<(), StoreError> {
        record.check_storable()?;
        self.put_user(&record.event, &record.name, |mirror| {
            let mut state = mirror.existing_user(&record.event, &record.name)?.clone();
            if seen.is_some_and(|seen| seen != state.record) {
                return Err(StoreError::user_changed(&record.event, &record.name));
            }
            fields::stamp(&mut state.stamps, &state.record, &record)?;
            state.record = record.clone();
            Ok(Some(user_again(mirror, state)?))
        })
        .await
    }

    pub(super) async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.put_user(event, user, |mirror| {
            mirror.existing_user(event, user)?;
            let (event, user) = (event.clone(), user.clone());
            Ok(Some(Body::DeletedUser(DeletedUserBody { event, user })))
        })
        .await
    }

    /// The next revision is without the sample, and names it as removed: another process that has not seen that
    /// may yet write a revision with it.
    pub(super) async fn delete_sample(
        &self,
        event: &EventName,
        user: &Username,
        id: Uuid,
    ) -> Result<usize, StoreError> {
        let mut left = 0;
        self.put_user(event, user, |mirror| {
            let mut state = mirror.existing_user(event, user)?.clone();
            if state.samples.remove(&id).is_none() {
                return Err(StoreError::sample_not_found(event, user, id));
            }
            if state.samples.is_empty() {
                return Err(StoreError::only_sample(event, user));
            }
            state.removed.insert(id);
            left = state.samples.len();
            Ok(Some(user_again(mirror, state)?))
        })
        .await?;
        Ok(left)
    }

    /// Seals the samples of a user anew where they are not sealed with the current key; how many were not.
    pub(super) async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        let mut resealed = 0;
        self.put_user(event, user, |mirror| {
            let mut state = mirror.existing_user(event, user)?.clone();
            for sealed in state.samples.values_mut() {
                if !self.keyring.is_current(sealed.as_slice())? {
                    let sample = self.keyring.open(sealed.as_slice())?;
                    *sealed = Bytes::from(self.keyring.seal(&sample)?);
                    resealed += 1;
                }
            }
            if resealed == 0 { Ok(None) } else { Ok(Some(user_again(mirror, state)?)) }
        })
        .await?;
        Ok(resealed)
    }
}

pub(super) fn new_event(mirror: &Mirror, place: &Place, record: EventRecord, life: Uuid) -> Body {
    // The tombstone goes with this document, while users of the lives that it ended may still be there.
    let ended = mirror.revisions(place).map_or_else(BTreeSet::new, merge::ended_lives);
    let (incarnations, stamps) = ([life].into(), Stamps::new());
    event_body(mirror, place, EventState { record, stamps, incarnations, ended, unknown: Map::new() })
}

pub(super) fn event_body(mirror: &Mirror, place: &Place, state: EventState) -> Body {
    let EventState { record, stamps, mut incarnations, ended, unknown } = state;
    // This document supersedes uploads that came to no answer. One may be there all the same, and whoever has
    // read it may have added users to its life: they stay users of the event, unless of another model.
    let doubtful = mirror.revisions(place).into_iter().flat_map(|revisions| revisions.doubtful_events());
    for body in doubtful.filter(|body| body.record.0.model == record.model) {
        incarnations.extend(body.incarnations.difference(&ended));
    }
    let event = record.name.clone();
    Body::Event(EventBody { event, incarnations, ended, record: Encoded(record), stamps, unknown })
}

pub(super) fn user_again(mirror: &Mirror, state: UserState) -> Result<Body, StoreError> {
    let event = mirror.existing_event(&state.record.event)?;
    let life = event.state.incarnations.first().copied().unwrap_or_default();
    Ok(user_body(state, life))
}

pub(super) fn user_body(state: UserState, incarnation: Uuid) -> Body {
    let UserState { record, stamps, samples, removed, unknown } = state;
    let (event, user) = (record.event.clone(), record.name.clone());
    let record = Encoded(record);
    Body::User(UserBody { event, user, incarnation, record, stamps, samples, removed, unknown })
}
