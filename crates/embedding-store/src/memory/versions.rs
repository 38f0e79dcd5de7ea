//! The append of the store in memory, and the version of an event that it goes by.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;

use super::{Event, InMemory, User};
use crate::{
    AppendedAt, ChangedUsers, EventName, EventRecord, EventVersion, EventVersions, FaceSample, StoreError,
    UserRecord, Username,
};

/// The version of an event that is made now.
pub(super) fn first() -> EventVersion {
    static LIVES: AtomicI64 = AtomicI64::new(0);
    EventVersion::new(LIVES.fetch_add(1, Ordering::Relaxed), 0)
}

impl Event {
    /// Samples of the user were changed.
    pub(super) fn wrote(&mut self, user: &Username) {
        let writes = self.version.writes() + 1;
        self.version = EventVersion::new(self.version.life(), writes);
        if let Some(user) = self.users.get_mut(user) {
            user.changed = writes;
        }
    }
}

impl InMemory {
    /// Appends if the event's version, `None` for one that is not there, is the one expected.
    pub(super) fn append(
        &self,
        sample: FaceSample,
        is_expected: impl Fn(Option<EventVersion>) -> bool,
    ) -> Result<AppendedAt, StoreError> {
        sample.check_storable()?;
        let (name, model, created) = (sample.event(), sample.embedding().model(), sample.created());
        let mut events = self.write();
        // All that can refuse comes before the first change: a conflict must leave no empty event or user.
        let found = events.get(name);
        if let Some(found) = found {
            if found.record.model != *model {
                return Err(StoreError::other_model(name, &found.record.model));
            }
            let user = found.users.get(sample.user());
            if let Some((user, present)) = user.and_then(|user| Some((user, user.samples.get(&sample.id())?)))
            {
                return if *present == sample {
                    Ok(AppendedAt::new(user.samples.len(), None))
                } else {
                    Err(StoreError::taken_id(&sample))
                };
            }
        }
        if !is_expected(found.map(|found| found.version)) {
            return Err(StoreError::event_changed(name));
        }
        let event = events
            .entry(name.clone())
            .or_insert_with(|| Event::new(EventRecord::new(name.clone(), model.clone(), created)));
        let user = event.users.entry(sample.user().clone()).or_insert_with(|| User {
            record: UserRecord::new(name.clone(), sample.user().clone(), created),
            samples: BTreeMap::new(),
            changed: 0,
        });
        user.record.updated = user.record.updated.max(created);
        let name = sample.user().clone();
        user.samples.insert(sample.id(), sample);
        let count = user.samples.len();
        event.wrote(&name);
        Ok(AppendedAt::new(count, Some(event.version)))
    }
}

#[async_trait]
impl EventVersions for InMemory {
    async fn version(&self, event: &EventName) -> Result<Option<EventVersion>, StoreError> {
        Ok(self.read().get(event).map(|event| event.version))
    }

    async fn changed_users(
        &self,
        event: &EventName,
        since: EventVersion,
    ) -> Result<ChangedUsers, StoreError> {
        let events = self.read();
        let found = events.get(event).ok_or_else(|| StoreError::event_not_found(event))?;
        let changed = found.users.iter().filter(|(_, user)| user.changed > since.writes());
        let users =
            (found.version.life() == since.life()).then(|| changed.map(|(name, _)| name.clone()).collect());
        Ok(ChangedUsers::new(found.version, users))
    }

    async fn append_sample_at(
        &self,
        sample: FaceSample,
        seen: Option<EventVersion>,
    ) -> Result<AppendedAt, StoreError> {
        self.append(sample, |now| now == seen)
    }
}
