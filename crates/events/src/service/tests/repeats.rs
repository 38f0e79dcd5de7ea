//! A request to enrol that comes again: done once, carried on, or told from another.

use std::sync::Arc;

use super::sharing::join;
use super::{Call, Fault, Shared, assert_coherent, embedding, enrol, event, face, user, with_store};
use crate::{
    DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, EventError, EventService,
    EventSettings,
};
use embedding::Embedding;
use embedding_store::{EmbeddingStore, StoreError};

fn marked(request: &str) -> EnrolmentOptions {
    EnrolmentOptions { request: Some(request.to_owned()), ..EnrolmentOptions::default() }
}

fn faces(person: u64, pictures: impl IntoIterator<Item = u64>) -> Vec<EnrolmentFace> {
    pictures.into_iter().map(|picture| face(person, picture)).collect()
}

async fn sample_count(service: &EventService) -> usize {
    service.user(&event("e"), &user("ada")).await.unwrap().sample_count
}

#[tokio::test]
async fn a_request_made_again_answers_as_the_first_time_and_writes_nothing() {
    let (service, store) = with_store().await;
    enrol(&service, "ada", faces(1, [0]), EnrolmentOptions::default()).await.unwrap();
    let first = enrol(&service, "ada", faces(1, [1, 2]), marked("r")).await.unwrap();
    assert_eq!((first.embedding_count, first.repeated), (3, false));
    // Also when more came meanwhile, by other requests and by none.
    enrol(&service, "ada", faces(1, [3]), marked("other")).await.unwrap();
    enrol(&service, "ada", faces(1, [4]), EnrolmentOptions::default()).await.unwrap();
    let appended = store.count(Call::Append);
    for _ in 0..2 {
        let again = enrol(&service, "ada", faces(1, [1, 2]), marked("r")).await.unwrap();
        assert_eq!(again, EnrolmentOutcome { repeated: true, ..first.clone() });
    }
    assert_eq!((store.count(Call::Append), sample_count(&service).await, store.loads()), (appended, 5, 0));
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn without_a_mark_the_same_faces_are_enrolled_again() {
    let (service, _) = with_store().await;
    for count in 1..=3 {
        let outcome = enrol(&service, "ada", faces(1, [1]), EnrolmentOptions::default()).await.unwrap();
        assert_eq!((outcome.embedding_count, outcome.repeated), (count, false));
    }
}

#[tokio::test]
async fn a_mark_that_comes_with_other_faces_is_that_of_another_request() {
    let (service, store) = with_store().await;
    enrol(&service, "ada", faces(1, [1, 2]), marked("r")).await.unwrap();
    for others in [faces(1, [1]), faces(1, [1, 3]), faces(1, [3]), faces(2, [1, 2])] {
        let refused = enrol(&service, "ada", others, marked("r")).await.unwrap_err();
        assert!(
            matches!(&refused, EventError::RequestReused { user: name, .. } if *name == user("ada")),
            "{refused}"
        );
    }
    assert_eq!((store.count(Call::Append), sample_count(&service).await), (2, 2));
    // A mark counts among one user's samples.
    let outcome = enrol(&service, "ben", faces(2, [1]), marked("r")).await.unwrap();
    assert_eq!((outcome.embedding_count, outcome.repeated), (1, false));
}

#[tokio::test]
async fn the_same_picture_is_known_again_when_another_machine_measured_it() {
    let (service, _) = with_store().await;
    let first = enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap();
    let values = embedding(1, 1).values().map(|value| value * 1.000_002 + 1e-6);
    let again = EnrolmentFace { embedding: Embedding::new(super::model(), values).unwrap(), ..face(1, 1) };
    let again = enrol(&service, "ada", vec![again], marked("r")).await.unwrap();
    assert_eq!((again.repeated, again.samples), (true, first.samples));
}

#[tokio::test]
async fn one_picture_twice_in_a_request_is_two_samples_each_time() {
    let (service, _) = with_store().await;
    let first = enrol(&service, "ada", faces(1, [1, 1]), marked("r")).await.unwrap();
    assert_eq!(first.embedding_count, 2);
    let again = enrol(&service, "ada", faces(1, [1, 1]), marked("r")).await.unwrap();
    assert_eq!(again, EnrolmentOutcome { repeated: true, ..first });
    assert_eq!(sample_count(&service).await, 2);
}

#[tokio::test]
async fn a_request_that_was_ended_half_way_is_carried_on() {
    for fault in [Fault::Unavailable, Fault::DoneButUnavailable, Fault::DoneButPanics] {
        for done_before in 0..3 {
            let (service, store) = with_store().await;
            for _ in 0..done_before {
                store.gate(Call::Append, Fault::Waits).open();
            }
            store.next(Call::Append, fault.clone());
            enrol(&service, "ada", faces(1, [1, 2, 3]), marked("r")).await.unwrap_err();

            let outcome = enrol(&service, "ada", faces(1, [1, 2, 3]), marked("r")).await.unwrap();
            assert_eq!(outcome.embedding_count, 3);
            let stored = store.samples(&event("e"), &user("ada")).await.unwrap();
            for (number, id) in (1..).zip(&outcome.samples) {
                let sample = stored.iter().find(|sample| sample.id() == *id).unwrap();
                assert_eq!(*sample.embedding(), embedding(1, number), "in the order of the faces");
            }
            assert_eq!((stored.len(), outcome.samples.len()), (3, 3));
            assert!(enrol(&service, "ada", faces(1, [1, 2, 3]), marked("r")).await.unwrap().repeated);
            assert_coherent(&service, &store).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_known_to_a_service_that_was_told_nothing_of_it_yet() {
    let shared = Arc::new(Shared::default());
    for known_before in [false, true] {
        let ((one, _), (other, store)) = (join(&shared).await, join(&shared).await);
        if known_before {
            one.create_event(&event("e"), EventSettings::default()).await.unwrap();
            super::soon("the event", async || other.users(&event("e")).await.is_ok()).await;
        }
        shared.hold();
        let first = enrol(&one, "ada", faces(1, [1, 2]), marked("r")).await.unwrap();
        let again = enrol(&other, "ada", faces(1, [1, 2]), marked("r")).await.unwrap();
        assert_eq!(again, EnrolmentOutcome { repeated: true, ..first });
        assert_eq!(store.count(Call::Append), 0);
        shared.release();
        one.delete_event(&event("e")).await.unwrap();
        super::soon("the deletion", async || other.users(&event("e")).await.is_err()).await;
    }
}

#[tokio::test]
async fn what_was_enrolled_once_is_not_refused_when_it_is_asked_for_again() {
    let (service, _) = with_store().await;
    let first = enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap();
    let allowed = EnrolmentOptions { on_duplicate: Some(DuplicatePolicy::Allow), ..marked("s") };
    enrol(&service, "eve", faces(1, [2]), allowed).await.unwrap();
    let again = enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap();
    assert_eq!(again, EnrolmentOutcome { repeated: true, ..first });
    let warned = EnrolmentOptions { on_duplicate: Some(DuplicatePolicy::Warn), ..marked("r") };
    let again = enrol(&service, "ada", faces(1, [1]), warned).await.unwrap();
    assert_eq!(again.duplicates[0].user, user("eve"));
    let refused = enrol(&service, "ada", faces(1, [3]), marked("new")).await;
    assert!(matches!(refused, Err(EventError::DuplicatePerson { .. })));
}

#[tokio::test]
async fn a_mark_is_kept_with_the_samples_and_gone_with_them() {
    let (service, _) = with_store().await;
    enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap();
    let samples = service.samples(&event("e"), &user("ada")).await.unwrap();
    assert_eq!(samples[0].request.as_deref(), Some("r"));
    service.delete_user(&event("e"), &user("ada")).await.unwrap();
    assert!(!enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap().repeated);
}

#[tokio::test]
async fn a_request_that_cannot_be_looked_up_is_not_done() {
    let (service, store) = with_store().await;
    enrol(&service, "ada", faces(1, [1]), marked("r")).await.unwrap();
    store.next(Call::Samples, Fault::Unavailable);
    let failed = enrol(&service, "ada", faces(1, [1]), marked("r")).await;
    assert!(matches!(failed, Err(EventError::Store(StoreError::Unavailable { .. }))));
    assert_eq!(store.count(Call::Append), 1);
}
