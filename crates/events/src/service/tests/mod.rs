//! The service over stores that work and stores that fail: the faces, names and questions of the tests.

mod answers;
mod coherence;
mod crash_points;
mod duplicates;
mod enrolment;
mod failures;
mod interleavings;
mod interruptions;
mod large;
mod logs;
mod models;
mod other_people;
mod overlaps;
mod records;
mod renaming;
mod repeats;
mod retention;
mod rules;
mod samples;
mod shared_store;
mod sharing;
mod status;
mod test_store;
mod transfer;
mod unreadable;

use std::sync::Arc;
use std::time::Duration;

use crate::{
    EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, EventError, EventName, EventRules, EventService,
    EventSummary, MatchPolicy, Metadata, Username, Verdict,
};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::EmbeddingStore;

use shared_store::Shared;
use test_store::{Call, Fault, TestStore};

fn model() -> ModelId {
    ModelId::new("test-model").unwrap()
}

fn event(name: &str) -> EventName {
    EventName::new(name).unwrap()
}

fn user(name: &str) -> Username {
    Username::new(name).unwrap()
}

/// A face of a person: those of one person are near each other, those of two far apart.
fn embedding(person: u64, picture: u64) -> Embedding {
    let numbers = |seed: u64| {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        std::array::from_fn::<f32, DIMENSIONS, _>(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 16_777_216.0 - 0.5
        })
    };
    let mut values = numbers(person);
    for (value, shift) in values.iter_mut().zip(numbers(1_000_000 + picture)) {
        *value += 0.2 * shift;
    }
    Embedding::new(model(), values).unwrap()
}

fn face(person: u64, picture: u64) -> EnrolmentFace {
    EnrolmentFace {
        embedding: embedding(person, picture),
        detection_score: 0.9,
        quality: Metadata::new(),
        source: "test".to_owned(),
    }
}

async fn open(store: Arc<dyn EmbeddingStore>) -> EventService {
    EventService::open(store, model(), MatchPolicy::default()).await.unwrap()
}

/// A service over a store of its own that can be made to fail.
async fn with_store() -> (EventService, Arc<TestStore>) {
    let store = Arc::new(TestStore::default());
    (open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await, store)
}

/// Enrols faces of a user of the event `e`.
async fn enrol(
    service: &EventService,
    name: &str,
    faces: Vec<EnrolmentFace>,
    options: EnrolmentOptions,
) -> Result<EnrolmentOutcome, EventError> {
    service.enrol_all(&event("e"), &user(name), faces, options).await
}

/// What a service holds: the events, their rules and users, and the verdict on some probes.
#[derive(Debug, PartialEq)]
struct Picture {
    events: Vec<EventSummary>,
    rules: Vec<EventRules>,
    users: Vec<Vec<Username>>,
    verdicts: Vec<Option<Verdict>>,
}

async fn picture_of(service: &EventService) -> Picture {
    let events = service.events().await.unwrap();
    let (mut rules, mut users, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    for summary in &events {
        let names = service.users(&summary.name).await.unwrap();
        assert_eq!(names.len(), summary.user_count);
        rules.push(*service.inner.known(&summary.name).await.unwrap().unwrap().rules());
        users.push(names);
        for person in 0..8 {
            verdicts.push(service.identify(&summary.name, &embedding(person, 99)).await.ok());
        }
    }
    Picture { events, rules, users, verdicts }
}

/// Waits until something is so, which it must be soon.
async fn soon(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let until_so = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), until_so).await.expect(what);
}

/// Runs a test in which time passes when nothing else does.
fn paused(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test);
}

/// The service answers as one that has just read the store.
async fn assert_coherent(service: &EventService, store: &Arc<TestStore>) {
    let reopened = open(Arc::clone(store) as Arc<dyn EmbeddingStore>).await;
    assert_eq!(picture_of(service).await, picture_of(&reopened).await);
}
