//! Random writes, compared step by step with a model.
//!
//! The seed is new in every run and is in the message of a failure; `CONFORMANCE_SEED` repeats a run.

use std::env;
use std::hash::{BuildHasher, RandomState};

use super::harness::{Harness, Outcome, Store};
use super::model::{Answer, Model, Operation};
use super::specimens::{at, event, model, other_model, sample_of, user};
use crate::{EmbeddingStore, EmbeddingStoreExt, EventRecord, FaceSample, Metadata, StoreError, UserRecord};

const STEPS: u16 = 250;

/// Any sequence of writes does what the model does, and leaves what the model holds.
pub async fn random_operations_agree_with_the_model(harness: &dyn Harness) -> Outcome {
    let mut run = Run::new(harness.open().await?)?;
    for step in 0..STEPS {
        run.step(step).await?;
    }
    Ok(())
}

/// A store and the model of it.
pub(super) struct Run {
    /// `None` while it is opened again.
    store: Option<Store>,
    model: Model,
    /// Some appended samples, to append again.
    samples: Vec<FaceSample>,
    numbers: Numbers,
    seed: u64,
}

impl Run {
    pub(super) fn new(store: Store) -> Outcome<Self> {
        let seed = match env::var("CONFORMANCE_SEED") {
            Ok(seed) => seed.parse()?,
            Err(_) => RandomState::new().hash_one(0),
        };
        Ok(Self {
            store: Some(store),
            model: Model::default(),
            samples: vec![],
            numbers: Numbers(seed),
            seed,
        })
    }

    /// One write, and the comparison of everything after it.
    pub(super) async fn step(&mut self, step: u16) -> Outcome {
        let operation = self.operation(step)?;
        let context = format!("CONFORMANCE_SEED={}, step {step}, {operation:?}", self.seed);
        let answer = Answer::from_result(perform(self.store()?, operation.clone()).await)
            .map_err(|error| format!("{context}: {error}"))?;
        let expected = self.model.apply(operation);
        assert_eq!(answer, expected, "{context}");
        self.compare(&context).await
    }

    /// Opens the store again; it is to hold what it held.
    pub(super) async fn reopen(&mut self, harness: &dyn Harness) -> Outcome {
        // Dropped first: a store that has one owner cannot be opened a second time.
        self.store = None;
        self.store = Some(harness.open().await?);
        self.compare(&format!("CONFORMANCE_SEED={}, opened again", self.seed)).await
    }

    fn store(&self) -> Outcome<&Store> {
        Ok(self.store.as_ref().ok_or("the store could not be opened again")?)
    }

    /// Compares all that the store shows with the model.
    async fn compare(&self, context: &str) -> Outcome {
        let store = self.store()?;
        let expected = self.model.snapshots();
        let events: Vec<_> = expected.iter().map(|event| event.event.clone()).collect();
        assert_eq!(store.all_events().await?, events, "{context}");
        for event in expected {
            let name = event.event.name.clone();
            let users: Vec<_> = event.users.iter().map(|user| user.user.clone()).collect();
            assert_eq!(store.all_users(&name).await?, users, "{context}");
            assert_eq!(store.load_event(&name).await?, event, "{context}");
        }
        Ok(())
    }

    fn operation(&mut self, step: u16) -> Outcome<Operation> {
        // Few names and mostly one model, so that writes meet and not all of them conflict.
        let event_name = self.numbers.pick(["a", "a a", "b"]);
        let username = self.numbers.pick(["x", "x y", "z"]);
        let model = if self.numbers.below(8) == 0 { other_model()? } else { model()? };
        let time = at(self.numbers.below(1000).into());
        let mut event = EventRecord::new(event(event_name)?, model.clone(), time);
        let mut user = UserRecord::new(event.name.clone(), user(username)?, time);
        event.metadata.insert("step".to_owned(), step.into());
        user.metadata.insert("step".to_owned(), step.into());
        Ok(match self.numbers.below(20) {
            0..2 => Operation::CreateEvent(event),
            2..4 => Operation::UpdateEvent(event),
            4 => Operation::DeleteEvent(event),
            5..7 => Operation::UpdateUser(user),
            7..9 => Operation::DeleteUser(user),
            9 => match self.earlier_sample() {
                Some(sample) => Operation::DeleteSample(sample),
                None => Operation::DeleteUser(user),
            },
            10..12 => match self.earlier_sample() {
                Some(sample) => Operation::Append(sample),
                None => Operation::DeleteUser(user),
            },
            _ => {
                let sample = sample_of(model, event_name, username, self.numbers.below(1000))?;
                self.samples.push(sample.clone());
                Operation::Append(sample)
            }
        })
    }

    /// A sample that was appended before, as it was or, now and then, with other content.
    fn earlier_sample(&mut self) -> Option<FaceSample> {
        let place = usize::from(self.numbers.below(16));
        let sample = self.samples.iter().rev().nth(place)?.clone();
        let is_altered = self.numbers.below(3) == 0;
        let quality = Metadata::from_iter([("altered".to_owned(), true.into())]);
        Some(if is_altered { sample.with_quality(quality) } else { sample })
    }
}

async fn perform(store: &Store, operation: Operation) -> Result<Answer, StoreError> {
    match operation {
        Operation::CreateEvent(event) => store.create_event(event).await?,
        Operation::UpdateEvent(event) => store.update_event(event).await?,
        Operation::DeleteEvent(event) => store.delete_event(&event.name).await?,
        Operation::DeleteSample(sample) => {
            let (event, user) = (sample.event(), sample.user());
            return store.delete_sample(event, user, sample.id()).await.map(Answer::Samples);
        }
        Operation::Append(sample) => return store.append_sample(sample).await.map(Answer::Samples),
        Operation::UpdateUser(user) => store.update_user(user).await?,
        Operation::DeleteUser(user) => store.delete_user(&user.event, &user.name).await?,
    }
    Ok(Answer::Done)
}

/// SplitMix64 (Steele, Lea and Flood, 2014): short, and the same for a seed everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to `limit`, which it does not reach.
    fn below(&mut self, limit: u16) -> u16 {
        u16::try_from(self.next() % u64::from(limit)).unwrap_or_default()
    }

    fn pick<const N: usize>(&mut self, of: [&'static str; N]) -> &'static str {
        let place = self.next() % N as u64;
        of.into_iter().zip(0..).find(|&(_, p)| p == place).map_or("", |(text, _)| text)
    }
}
