//! Requests that overlap at several services on one store, and come out as if one had come after the other.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::sharing::{assert_shows_what_is_stored, join};
use super::{Shared, event, face, user};
use crate::{
    DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, EventChange, EventError,
    EventService, EventSettings, MatchRule,
};
use embedding::Distance;
use embedding_store::{EmbeddingStore, Metadata};

const ROUNDS: u64 = 100;

async fn services() -> (Arc<Shared>, Vec<Arc<EventService>>) {
    let shared = Arc::new(Shared::default());
    let mut services = Vec::new();
    for _ in 0..3 {
        services.push(Arc::new(join(&shared).await.0));
    }
    (shared, services)
}

/// Enrols at each service at one moment, each a name and faces; what each answered, in the order of the services.
async fn at_once(
    services: &[Arc<EventService>],
    round: u64,
    requests: Vec<(String, Vec<EnrolmentFace>, EnrolmentOptions)>,
) -> Vec<Result<EnrolmentOutcome, EventError>> {
    let barrier = Arc::new(Barrier::new(requests.len()));
    let mut running = JoinSet::new();
    for (place, (name, faces, options)) in requests.into_iter().enumerate() {
        let (service, barrier) = (Arc::clone(&services[place]), Arc::clone(&barrier));
        running.spawn(async move {
            barrier.wait().await;
            let name = user(&name);
            (place, service.enrol_all(&event(&format!("event {}", round % 7)), &name, faces, options).await)
        });
    }
    let mut answers = running.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_one_key_is_done_once_and_each_service_answers_the_same() {
    let (shared, services) = services().await;
    for policy in [DuplicatePolicy::Reject, DuplicatePolicy::Warn] {
        for round in 0..ROUNDS {
            let name = format!("user {policy:?} {round}");
            let person = 1_000 * (policy as u64 + 1) + round;
            let options = EnrolmentOptions {
                request: Some(format!("key {round}")),
                on_duplicate: Some(policy),
                ..EnrolmentOptions::default()
            };
            let faces = vec![face(person, 1), face(person, 2)];
            let requests = vec![(name.clone(), faces, options); 3];
            let mut outcomes = Vec::new();
            for answer in at_once(&services, round, requests).await {
                let outcome = answer.unwrap();
                outcomes.push((outcome.samples, outcome.embedding_count));
            }
            outcomes.dedup();
            assert_eq!((outcomes.len(), outcomes[0].0.len(), outcomes[0].1), (1, 2, 2), "{outcomes:?}");
            let stored =
                shared.data.samples(&event(&format!("event {}", round % 7)), &user(&name)).await.unwrap();
            assert_eq!(stored.len(), 2);
        }
    }
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_face_under_three_names_at_one_moment_is_taken_under_one() {
    let (shared, services) = services().await;
    for round in 0..ROUNDS {
        let requests = (0..3).map(|place| {
            let name = format!("user {round} {place}");
            (name, vec![face(round, place)], EnrolmentOptions::default())
        });
        let answers = at_once(&services, round, requests.collect()).await;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = |answer: &&_| matches!(answer, Err(EventError::DuplicatePerson { .. }));
        assert_eq!((taken, answers.iter().filter(refused).count()), (1, 2), "round {round}: {answers:?}");
    }
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_are_enrolled_at_one_moment_are_all_there() {
    let (shared, services) = services().await;
    for round in 0..ROUNDS {
        let requests = (0..3).map(|place| {
            (format!("user {round} {place}"), vec![face(10 * round + place, 1)], EnrolmentOptions::default())
        });
        for answer in at_once(&services, round, requests.collect()).await {
            answer.unwrap();
        }
    }
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_changes_of_one_field_each_none_is_lost() {
    let (shared, services) = services().await;
    for round in 0..ROUNDS {
        let name = event(&format!("event {round}"));
        services[0].create_event(&name, EventSettings::default()).await.unwrap();
        let rule = MatchRule::Threshold(Distance::new(0.25).unwrap());
        let metadata = Metadata::from_iter([("field".to_owned(), json!(round))]);
        let changes = [
            EventChange { match_rule: Some(Some(rule)), ..EventChange::default() },
            EventChange { on_duplicate: Some(Some(DuplicatePolicy::Warn)), ..EventChange::default() },
            EventChange { metadata: Some(metadata.clone()), ..EventChange::default() },
        ];
        let barrier = Arc::new(Barrier::new(changes.len()));
        let mut running = JoinSet::new();
        for (service, change) in services.iter().map(Arc::clone).zip(changes) {
            let (name, barrier) = (name.clone(), Arc::clone(&barrier));
            running.spawn(async move {
                barrier.wait().await;
                service.update_event(&name, change).await
            });
        }
        for answer in running.join_all().await {
            answer.unwrap();
        }
        let record = shared.data.event(&name).await.unwrap().unwrap();
        assert_eq!(
            (record.match_rule, record.on_duplicate, record.metadata),
            (Some(rule), Some(DuplicatePolicy::Warn), metadata),
            "round {round}"
        );
    }
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
}
