//! The move of a user's samples to another name: two documents, the new one first.
//!
//! A crash between the two, or a deletion that is refused, leaves the user under both names, with nothing lost: a merge
//! of the two finishes it. What another process adds to the first name meanwhile stays under that name.

use super::document::{Body, Bytes, DeletedUserBody};
use super::fields;
use super::merge::UserState;
use super::path::Place;
use super::store::Inner;
use super::writes::user_again;
use crate::{StoreError, UserRecord, moved_user};

impl Inner {
    /// How many samples the user of the other name then has.
    pub(super) async fn move_user(
        &self,
        seen: &UserRecord,
        to: &UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let (event, place) = (Place::event(&seen.event), Place::user(&to.event, &to.name));
        // Alone, so that this process adds to neither name meanwhile.
        let _alone = self.events.alone(&event).await;
        let mut count = 0;
        self.put(&place, |mirror| {
            let from = mirror.existing_user(&seen.event, &seen.name)?;
            let there = mirror.user(&to.event, &to.name);
            moved_user::check(seen, to, onto, Some(&from.record), there.map(|user| &user.record))?;
            let mut state = there.cloned().unwrap_or_else(|| UserState::new(to.clone()));
            for sample in from.open(&self.keyring)? {
                let sample = sample.of_user(to.name.clone());
                if let Some(there) = state.samples.get(&sample.id()) {
                    if self.keyring.open(there.as_slice())? != sample {
                        return Err(StoreError::taken_id(&sample));
                    }
                    continue;
                }
                state.samples.insert(sample.id(), Bytes::from(self.keyring.seal(&sample)?));
                state.removed.remove(&sample.id());
            }
            count = state.samples.len();
            fields::stamp(&mut state.stamps, &state.record, to)?;
            state.record = to.clone();
            Ok(Some(user_again(mirror, state)?))
        })
        .await?;
        self.put(&Place::user(&seen.event, &seen.name), |_| {
            let (event, user) = (seen.event.clone(), seen.name.clone());
            Ok(Some(Body::DeletedUser(DeletedUserBody { event, user })))
        })
        .await?;
        Ok(count)
    }
}
