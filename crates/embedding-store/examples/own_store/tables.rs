//! The tables of the store, and what each call looks for in them.

use std::collections::BTreeMap;
use std::ops::Range;

use embedding_store::{
    EventName, EventRecord, EventSnapshot, FaceSample, JournalCursor, JournalEntry, StoreError, Topic,
    UserRecord, UserSnapshot, Username,
};
use uuid::Uuid;

/// Four tables; each key says what the record belongs to, and sorts as lists are to be sorted.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) events: BTreeMap<EventName, EventRecord>,
    pub(crate) users: BTreeMap<(EventName, Username), UserRecord>,
    pub(crate) samples: BTreeMap<(EventName, Username, Uuid), FaceSample>,
    pub(crate) entries: BTreeMap<(Topic, JournalCursor), JournalEntry>,
}

impl Tables {
    pub(crate) fn existing_event(&self, event: &EventName) -> Result<&EventRecord, StoreError> {
        self.events.get(event).ok_or_else(|| StoreError::event_not_found(event))
    }

    pub(crate) fn snapshot(&self, event: &EventRecord) -> EventSnapshot {
        let of_user = |user: &UserRecord| self.samples_of(&event.name, &user.name);
        let users = self
            .users_of(&event.name)
            .map(|user| UserSnapshot { user: user.clone(), samples: of_user(user) });
        EventSnapshot { event: event.clone(), users: users.collect() }
    }

    /// Checks the event first: the error names what is missing.
    pub(crate) fn check_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.existing_event(event)?;
        let is_there = self.users.contains_key(&(event.clone(), user.clone()));
        is_there.then_some(()).ok_or_else(|| StoreError::user_not_found(event, user))
    }

    pub(crate) fn put_event(&mut self, event: EventRecord) -> Result<(), StoreError> {
        event.check_storable()?;
        let present = &self.existing_event(&event.name)?.model;
        let has_samples = self.samples.keys().any(|(name, ..)| *name == event.name);
        if *present != event.model && has_samples {
            return Err(StoreError::other_model(&event.name, present));
        }
        self.events.insert(event.name.clone(), event);
        Ok(())
    }

    pub(crate) fn put_user(&mut self, user: UserRecord) -> Result<(), StoreError> {
        user.check_storable()?;
        self.check_user(&user.event, &user.name)?;
        self.users.insert((user.event.clone(), user.name.clone()), user);
        Ok(())
    }

    pub(crate) fn users_of(&self, event: &EventName) -> impl Iterator<Item = &UserRecord> {
        self.users.values().filter(move |user| user.event == *event)
    }

    /// By id, that is oldest first.
    pub(crate) fn samples_of(&self, event: &EventName, user: &Username) -> Vec<FaceSample> {
        let key = |id| (event.clone(), user.clone(), id);
        let samples = self.samples.range(key(Uuid::nil())..=key(Uuid::max()));
        samples.map(|(_, sample)| sample.clone()).collect()
    }

    /// Oldest first.
    pub(crate) fn entries_of(&self, topic: &Topic) -> impl DoubleEndedIterator<Item = &JournalEntry> {
        let key = |place| (topic.clone(), place);
        let entries = self.entries.range(key(JournalCursor::FIRST)..key(JournalCursor::LAST));
        entries.map(|(_, entry)| entry)
    }

    /// The newest entry of a kind about a subject, at these places.
    pub(crate) fn newest(
        &self,
        topic: &Topic,
        subject: Option<&str>,
        kind: &str,
        places: Option<Range<JournalCursor>>,
    ) -> Option<&JournalEntry> {
        let mut newest_first = self.entries_of(topic).rev();
        newest_first.find(|entry| {
            let is_about = entry.subject.as_deref() == subject && entry.kind == kind;
            is_about && places.as_ref().is_none_or(|places| places.contains(&JournalCursor::from(*entry)))
        })
    }
}
