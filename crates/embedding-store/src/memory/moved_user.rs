//! The move of a user's samples to another name.

use super::{InMemory, User};
use crate::{StoreError, UserRecord, moved_user};

impl InMemory {
    pub(super) fn give_samples(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let mut events = self.write();
        let event = events.get_mut(&seen.event).ok_or_else(|| StoreError::event_not_found(&seen.event))?;
        let (from, there) = (event.users.get(&seen.name), event.users.get(&to.name));
        let record = |user: Option<&'_ User>| user.map(|user| user.record.clone());
        moved_user::check(seen, &to, onto, record(from).as_ref(), record(there).as_ref())?;
        let mut samples = there.map(|user| user.samples.clone()).unwrap_or_default();
        for sample in from.into_iter().flat_map(|user| user.samples.values()) {
            let sample = sample.clone().of_user(to.name.clone());
            if samples.get(&sample.id()).is_some_and(|present| *present != sample) {
                return Err(StoreError::taken_id(&sample));
            }
            samples.insert(sample.id(), sample);
        }
        // From here on nothing is refused.
        let (name, count) = (to.name.clone(), samples.len());
        event.users.remove(&seen.name);
        event.users.insert(name.clone(), User { record: to, samples, changed: 0 });
        event.wrote(&name);
        Ok(count)
    }
}
