//! Random check-ins, retries, corrections and erasures, against a list that is simple enough to be right.

use std::num::NonZeroUsize;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    COOL_DOWN, CheckIn, CheckInError, CheckInOutcome, CheckInPage, at, check_ins, manual, to, user, with_key,
};
use crate::{EventName, Named};

const EVENTS: [&str; 2] = ["fair", "ball"];
const USERS: [&str; 3] = ["ada", "ben", "cem"];

/// A step; numbers stand for events, users, keys and check-ins.
#[derive(Debug, Clone)]
enum Step {
    CheckIn { event: usize, user: usize, key: Option<u8>, seconds: u32 },
    Correct { which: usize, user: Option<usize> },
    EraseUser { event: usize, user: usize },
    EraseEvent { event: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let check_in = (0..2_usize, 0..3_usize, option::of(0..4_u8), 0..60_u32)
        .prop_map(|(event, user, key, seconds)| Step::CheckIn { event, user, key, seconds });
    let correct =
        (any::<usize>(), option::of(0..3_usize)).prop_map(|(which, user)| Step::Correct { which, user });
    let erase_user = (0..2_usize, 0..3_usize).prop_map(|(event, user)| Step::EraseUser { event, user });
    let erase_event = (0..2_usize).prop_map(|event| Step::EraseEvent { event });
    vec(prop_oneof![12 => check_in, 6 => correct, 1 => erase_user, 1 => erase_event], 1..60)
}

/// A check-in of the model.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    id: Uuid,
    event: usize,
    second: u32,
    user: usize,
    voided: bool,
    key: Option<u8>,
    /// Who was named before; `None` somebody who was erased.
    before: Vec<Option<Named>>,
}

impl Entry {
    fn named(&self) -> Named {
        if self.voided { Named::Nobody } else { Named::User(user(USERS[self.user])) }
    }

    fn is(&self, check_in: &CheckIn) -> bool {
        let before = check_in.details.corrections.iter().map(|past| past.before.clone());
        self.id == check_in.id
            && check_in.event.as_str() == EVENTS[self.event]
            && check_in.time == at(self.second)
            && check_in.user == user(USERS[self.user])
            && check_in.voided == self.voided
            && before.eq(self.before.iter().map(|named| named.clone().unwrap_or(Named::Erased)))
    }
}

#[derive(Debug, Default)]
struct Model {
    now: u32,
    entries: Vec<Entry>,
}

/// What a check-in must come to.
#[derive(Debug, PartialEq)]
enum Expected {
    New,
    Repeated(Uuid),
    Already(Uuid),
    KeyReused,
}

impl Model {
    fn check_in(&mut self, event: usize, person: usize, key: Option<u8>) -> Expected {
        let of_event = || self.entries.iter().filter(|entry| entry.event == event);
        if let Some(present) = of_event().find(|entry| key.is_some() && entry.key == key) {
            let first = present.before.first().cloned().unwrap_or_else(|| Some(present.named()));
            let is_same = first == Some(Named::User(user(USERS[person])));
            return if is_same { Expected::Repeated(present.id) } else { Expected::KeyReused };
        }
        let since = self.now.saturating_sub(COOL_DOWN.as_secs() as u32);
        let recent = of_event().rfind(|entry| entry.user == person && !entry.voided && entry.second >= since);
        recent.map_or(Expected::New, |recent| Expected::Already(recent.id))
    }

    fn correct(&mut self, which: usize, person: Option<usize>) {
        let entry = &mut self.entries[which];
        let after = person.map_or(Named::Nobody, |person| Named::User(user(USERS[person])));
        if entry.named() == after {
            return;
        }
        entry.before.push(Some(entry.named()));
        entry.voided = person.is_none();
        entry.user = person.unwrap_or(entry.user);
    }

    fn erase_user(&mut self, event: usize, person: usize) -> u64 {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.event != event || entry.user != person);
        let erased = Some(Named::User(user(USERS[person])));
        for entry in self.entries.iter_mut().filter(|entry| entry.event == event) {
            for named in entry.before.iter_mut().filter(|named| **named == erased) {
                *named = None;
            }
        }
        (before - self.entries.len()) as u64
    }

    fn erase_event(&mut self, event: usize) -> u64 {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.event != event);
        (before - self.entries.len()) as u64
    }
}

async fn follow(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (check_ins, mut model) = (check_ins(), Model::default());
    let names = EVENTS.map(|name| EventName::new(name).unwrap());
    for step in steps {
        match step {
            Step::CheckIn { event, user: person, key, seconds } => {
                model.now += seconds;
                let request = match key {
                    Some(key) => with_key(model.now, &key.to_string()),
                    None => manual(model.now),
                };
                let outcome = check_ins.check_in(&names[event], &user(USERS[person]), request).await;
                let (is, new) = match outcome {
                    Ok(CheckInOutcome::New(new)) => (Expected::New, Some(new)),
                    Ok(CheckInOutcome::Repeated(found)) => (Expected::Repeated(found.id), None),
                    Ok(CheckInOutcome::Already(found)) => (Expected::Already(found.id), None),
                    Err(CheckInError::KeyReused) => (Expected::KeyReused, None),
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                };
                prop_assert_eq!(is, model.check_in(event, person, key));
                if let Some(CheckIn { id, .. }) = new {
                    let (second, voided, before) = (model.now, false, vec![]);
                    model.entries.push(Entry { id, event, second, user: person, voided, key, before });
                }
            }
            Step::Correct { .. } if model.entries.is_empty() => {}
            Step::Correct { which, user } => {
                let which = which % model.entries.len();
                let Entry { id, event, .. } = model.entries[which];
                let correction = to(user.map(|user| USERS[user]), model.now);
                let corrected = check_ins.correct(&names[event], id, correction).await.unwrap();
                model.correct(which, user);
                prop_assert!(model.entries[which].is(&corrected), "{corrected:?}");
            }
            Step::EraseUser { event, user: person } => {
                let erased = check_ins.erase_user(&names[event], &user(USERS[person])).await.unwrap();
                prop_assert_eq!(erased, model.erase_user(event, person));
            }
            Step::EraseEvent { event } => {
                let erased = check_ins.erase_event(&names[event]).await.unwrap();
                prop_assert_eq!(erased, model.erase_event(event));
            }
        }
        for (event, name) in names.iter().enumerate() {
            let page =
                CheckInPage { with_voided: true, ..CheckInPage::oldest(NonZeroUsize::new(1_000).unwrap()) };
            let listed = check_ins.list(name, page).await.unwrap().items;
            let expected: Vec<_> = model.entries.iter().filter(|entry| entry.event == event).collect();
            prop_assert_eq!(listed.len(), expected.len());
            for (entry, listed) in expected.into_iter().zip(&listed) {
                prop_assert!(entry.is(listed), "{:?} is listed as {:?}", entry, listed);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_sequence_ends_as_the_simple_list_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(follow(steps))?;
    }
}
