//! What a store does, in the plainest words: lists that are searched from the front.

use crate::{EventRecord, EventSnapshot, FaceSample, StoreError, UserRecord, UserSnapshot};

/// One write.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    CreateEvent(EventRecord),
    UpdateEvent(EventRecord),
    DeleteEvent(EventRecord),
    Append(FaceSample),
    DeleteSample(FaceSample),
    UpdateUser(UserRecord),
    DeleteUser(UserRecord),
}

/// How a write ends, for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Samples(usize),
    NotFound,
    Conflict,
}

/// The events in no particular order.
#[derive(Default)]
pub(super) struct Model {
    events: Vec<EventSnapshot>,
}

impl Model {
    /// The events as a store is to show them.
    pub(super) fn snapshots(&self) -> Vec<EventSnapshot> {
        let mut events = self.events.clone();
        events.sort_by(|a, b| a.event.name.cmp(&b.event.name));
        for event in &mut events {
            event.users.sort_by(|a, b| a.user.name.cmp(&b.user.name));
            for user in &mut event.users {
                user.samples.sort_by_key(FaceSample::id);
            }
        }
        events
    }

    pub(super) fn apply(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::CreateEvent(record) => self.create(record),
            Operation::UpdateEvent(record) => self.update_event(record),
            Operation::DeleteEvent(record) => {
                let before = self.events.len();
                self.events.retain(|event| event.event.name != record.name);
                if self.events.len() < before { Answer::Done } else { Answer::NotFound }
            }
            Operation::Append(sample) => self.append(sample),
            Operation::DeleteSample(sample) => self.delete_sample(&sample),
            Operation::UpdateUser(record) => match self.users_of(&record) {
                Some(users) => match users.iter_mut().find(|user| user.user.name == record.name) {
                    Some(user) => {
                        user.user = record;
                        Answer::Done
                    }
                    None => Answer::NotFound,
                },
                None => Answer::NotFound,
            },
            Operation::DeleteUser(record) => match self.users_of(&record) {
                Some(users) => {
                    let before = users.len();
                    users.retain(|user| user.user.name != record.name);
                    if users.len() < before { Answer::Done } else { Answer::NotFound }
                }
                None => Answer::NotFound,
            },
        }
    }

    fn users_of(&mut self, record: &UserRecord) -> Option<&mut Vec<UserSnapshot>> {
        self.events.iter_mut().find(|event| event.event.name == record.event).map(|event| &mut event.users)
    }

    fn create(&mut self, record: EventRecord) -> Answer {
        if self.events.iter().any(|event| event.event.name == record.name) {
            return Answer::Conflict;
        }
        self.events.push(EventSnapshot { event: record, users: vec![] });
        Answer::Done
    }

    fn update_event(&mut self, record: EventRecord) -> Answer {
        match self.events.iter_mut().find(|event| event.event.name == record.name) {
            None => Answer::NotFound,
            Some(event) => {
                let has_samples = event.users.iter().any(|user| !user.samples.is_empty());
                if has_samples && event.event.model != record.model {
                    return Answer::Conflict;
                }
                event.event = record;
                Answer::Done
            }
        }
    }

    fn delete_sample(&mut self, sample: &FaceSample) -> Answer {
        let event = self.events.iter_mut().find(|event| event.event.name == *sample.event());
        let user = event.and_then(|event| event.users.iter_mut().find(|u| u.user.name == *sample.user()));
        let Some(user) = user else { return Answer::NotFound };
        match user.samples.iter().position(|present| present.id() == sample.id()) {
            None => Answer::NotFound,
            Some(_) if user.samples.len() == 1 => Answer::Conflict,
            Some(place) => {
                user.samples.remove(place);
                Answer::Samples(user.samples.len())
            }
        }
    }

    fn append(&mut self, sample: FaceSample) -> Answer {
        let (name, created) = (sample.event().clone(), sample.created());
        let model = sample.embedding().model().clone();
        let mut user = UserSnapshot {
            user: UserRecord::new(name.clone(), sample.user().clone(), created),
            samples: vec![],
        };
        let Some(event) = self.events.iter_mut().find(|event| event.event.name == name) else {
            user.samples.push(sample);
            self.events
                .push(EventSnapshot { event: EventRecord::new(name, model, created), users: vec![user] });
            return Answer::Samples(1);
        };
        if event.event.model != model {
            return Answer::Conflict;
        }
        let Some(user) = event.users.iter_mut().find(|user| user.user.name == *sample.user()) else {
            user.samples.push(sample);
            event.users.push(user);
            return Answer::Samples(1);
        };
        match user.samples.iter().find(|present| present.id() == sample.id()) {
            Some(present) if *present == sample => {}
            Some(_) => return Answer::Conflict,
            None => {
                user.user.updated = user.user.updated.max(created);
                user.samples.push(sample);
            }
        }
        Answer::Samples(user.samples.len())
    }
}

impl Answer {
    /// What a store answered; an error that no write of the model ends with stays one.
    pub(super) fn from_result(result: Result<Answer, StoreError>) -> Result<Self, StoreError> {
        match result {
            Err(StoreError::NotFound { .. }) => Ok(Self::NotFound),
            Err(StoreError::Conflict { .. }) => Ok(Self::Conflict),
            result => result,
        }
    }
}
