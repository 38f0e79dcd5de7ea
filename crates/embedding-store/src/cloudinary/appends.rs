//! Appends: one new document of the user, and one of the event where it is not there yet.
//!
//! An event comes into being with one document of its own. Its first user is uploaded before it, as a
//! user of an event that nobody knows, so that an append is there wholly or not at all.

use uuid::Uuid;

use super::document::{Body, Bytes};
use super::merge::UserState;
use super::path::Place;
use super::store::Inner;
use super::writes::{event_body, new_event, user_body};
use crate::{EventRecord, FaceSample, StoreError, UserRecord};

impl Inner {
    pub(super) async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        sample.check_storable()?;
        // Before any lock is taken, so that nobody waits for the encryption.
        let sealed = Bytes::from(self.keyring.seal(&sample)?);
        let place = Place::event(sample.event());
        loop {
            {
                let _shared = self.events.shared(&place).await;
                if let Some(count) = self.append_to_event(&sample, &sealed).await? {
                    return Ok(count);
                }
            }
            // The shared lock is given up first: two appends that kept theirs would wait here for each other.
            // Another may have made the event in between, so it is read again, and the loop.
            let _alone = self.events.alone(&place).await;
            if self.mirror().event(sample.event()).is_none() {
                return self.append_with_event(&place, &sample, sealed).await;
            }
        }
    }

    /// How many samples the user then has; `None` when the event is not there.
    async fn append_to_event(
        &self,
        sample: &FaceSample,
        sealed: &Bytes,
    ) -> Result<Option<usize>, StoreError> {
        let (event, user) = (sample.event(), sample.user());
        let place = Place::user(event, user);
        let _alone = self.users.alone(&place).await;
        let mut appended = None;
        self.put(&place, |mirror| {
            let Some(known) = mirror.event(event) else { return Ok(None) };
            let present = &known.state.record;
            if present.model != *sample.embedding().model() {
                return Err(StoreError::other_model(event, &present.model));
            }
            let state = known.users.get(user);
            let count = state.map_or(0, |state| state.samples.len());
            if let Some(there) = state.and_then(|state| state.samples.get(&sample.id())) {
                // Compared open: each seal has its own nonce, so equal samples differ when sealed.
                if self.keyring.open(there.as_slice())? != *sample {
                    return Err(StoreError::taken_id(sample));
                }
                appended = Some(count);
                return Ok(None);
            }
            appended = Some(count + 1);
            // An event that is there has a life, and any of its lives makes the user count.
            let life = known.state.incarnations.first().copied().unwrap_or_default();
            Ok(Some(with_sample(state, sample, sealed.clone(), life)))
        })
        .await?;
        Ok(appended)
    }

    /// The user first: without the event nobody sees it, and the event's document makes both be there.
    async fn append_with_event(
        &self,
        place: &Place,
        sample: &FaceSample,
        sealed: Bytes,
    ) -> Result<usize, StoreError> {
        let life = Uuid::now_v7();
        let user = Place::user(sample.event(), sample.user());
        let _alone = self.users.alone(&user).await;
        self.put(&user, |_| Ok(Some(with_sample(None, sample, sealed, life)))).await?;
        let model = sample.embedding().model();
        // A crash here, or an event that is refused, leaves a user of an unknown life: nobody sees it, and the
        // sweep destroys it after the grace time.
        self.put(place, |mirror| {
            let record = EventRecord::new(sample.event().clone(), model.clone(), sample.created());
            // Another process may have made the event meanwhile: then it has both lives.
            let Some(known) = mirror.event(sample.event()) else {
                return Ok(Some(new_event(mirror, place, record, life)));
            };
            let mut state = known.state.clone();
            if state.record.model != *model {
                return Err(StoreError::other_model(sample.event(), &state.record.model));
            }
            state.incarnations.insert(life);
            Ok(Some(event_body(mirror, place, state)))
        })
        .await?;
        let count = self.mirror().user(sample.event(), sample.user()).map_or(1, |user| user.samples.len());
        Ok(count)
    }
}

/// The user with one sample more, or the new user.
fn with_sample(state: Option<&UserState>, sample: &FaceSample, sealed: Bytes, life: Uuid) -> Body {
    let (event, user, created) = (sample.event().clone(), sample.user().clone(), sample.created());
    let mut state = state.cloned().unwrap_or_else(|| UserState::new(UserRecord::new(event, user, created)));
    state.record.updated = state.record.updated.max(created);
    state.samples.insert(sample.id(), sealed);
    // One that was removed and is appended again is there again.
    state.removed.remove(&sample.id());
    user_body(state, life)
}
