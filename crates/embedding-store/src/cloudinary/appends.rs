//! Appends: one new document of the user, and one of the event where it is not there yet.
//!
//! An event comes into being with one document of its own. Its first user is uploaded before it, as a
//! user of an event that nobody knows, so that an append is there wholly or not at all.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::document::{Body, Bytes};
use super::merge::UserState;
use super::path::Place;
use super::store::Inner;
use super::writes::{event_body, new_event, user_body};
use crate::{EventRecord, FaceSample, StoreError, UserRecord};

/// Samples of one user and one model that are to be added, by id, each once and sealed.
struct Batch<'s> {
    first: &'s FaceSample,
    samples: BTreeMap<Uuid, (&'s FaceSample, Bytes)>,
}

impl Inner {
    /// Samples of one user and one model, all in one document or none.
    pub(super) async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        let Some(first) = samples.first() else { return Ok(0) };
        // Before any lock is taken, so that nobody waits for the encryption.
        let batch = self.sealed(first, &samples)?;
        let place = Place::event(first.event());
        loop {
            {
                let _shared = self.events.shared(&place).await;
                if let Some(count) = self.append_to_event(&batch).await? {
                    return Ok(count);
                }
            }
            // The shared lock is given up first: two appends that kept theirs would wait here for each other.
            // Another may have made the event in between, so it is read again, and the loop.
            let _alone = self.events.alone(&place).await;
            if self.mirror().event(first.event()).is_none() {
                return self.append_with_event(&place, &batch).await;
            }
        }
    }

    fn sealed<'s>(&self, first: &'s FaceSample, samples: &'s [FaceSample]) -> Result<Batch<'s>, StoreError> {
        let mut by_id = BTreeMap::new();
        for sample in samples {
            sample.check_storable()?;
            let is_of_another = sample.event() != first.event() || sample.user() != first.user();
            if is_of_another || sample.embedding().model() != first.embedding().model() {
                return Err(StoreError::unstorable("the samples are not of one user and one model"));
            }
            // Twice among them is as one after the other.
            let sealed = Bytes::from(self.keyring.seal(sample)?);
            if by_id.insert(sample.id(), (sample, sealed)).is_some_and(|(other, _)| other != sample) {
                return Err(StoreError::taken_id(sample));
            }
        }
        Ok(Batch { first, samples: by_id })
    }

    /// How many samples the user then has; `None` when the event is not there.
    async fn append_to_event(&self, batch: &Batch<'_>) -> Result<Option<usize>, StoreError> {
        let (event, user) = (batch.first.event(), batch.first.user());
        let place = Place::user(event, user);
        let _alone = self.users.alone(&place).await;
        let mut appended = None;
        self.put(&place, |mirror| {
            let Some(known) = mirror.event(event) else { return Ok(None) };
            let present = &known.state.record;
            if present.model != *batch.first.embedding().model() {
                return Err(StoreError::other_model(event, &present.model));
            }
            let state = known.users.get(user);
            let count = state.map_or(0, |state| state.samples.len());
            let mut new = Vec::new();
            for (id, (sample, sealed)) in &batch.samples {
                match state.and_then(|state| state.samples.get(id)) {
                    None => new.push((*sample, sealed.clone())),
                    // Compared open: each seal has its own nonce, so equal samples differ when sealed.
                    Some(there) if self.keyring.open(there.as_slice())? == **sample => {}
                    Some(_) => return Err(StoreError::taken_id(sample)),
                }
            }
            appended = Some(count + new.len());
            if new.is_empty() {
                return Ok(None);
            }
            // An event that is there has a life, and any of its lives makes the user count.
            let life = known.state.incarnations.first().copied().unwrap_or_default();
            Ok(Some(with_samples(state, batch.first, new, life)))
        })
        .await?;
        Ok(appended)
    }

    /// The user first: without the event nobody sees it, and the event's document makes both be there.
    async fn append_with_event(&self, place: &Place, batch: &Batch<'_>) -> Result<usize, StoreError> {
        let life = Uuid::now_v7();
        let sample = batch.first;
        let new = batch.samples.values().map(|(sample, sealed)| (*sample, sealed.clone())).collect();
        let user = Place::user(sample.event(), sample.user());
        let _alone = self.users.alone(&user).await;
        self.put(&user, |_| Ok(Some(with_samples(None, sample, new, life)))).await?;
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
        let count = self
            .mirror()
            .user(sample.event(), sample.user())
            .map_or(batch.samples.len(), |user| user.samples.len());
        Ok(count)
    }
}

/// The user with these samples more, or the new user.
fn with_samples(
    state: Option<&UserState>,
    first: &FaceSample,
    new: Vec<(&FaceSample, Bytes)>,
    life: Uuid,
) -> Body {
    let new_user = || {
        let (event, user, created) = (first.event().clone(), first.user().clone(), first.created());
        UserState::new(UserRecord::new(event, user, created))
    };
    let mut state = state.cloned().unwrap_or_else(new_user);
    for (sample, sealed) in new {
        state.record.updated = state.record.updated.max(sample.created());
        state.samples.insert(sample.id(), sealed);
        // One that was removed and is appended again is there again.
        state.removed.remove(&sample.id());
    }
    user_body(state, life)
}
