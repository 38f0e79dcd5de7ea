//! Samples one by one: listed without their embeddings, removed, and the template that is left.

use std::sync::Arc;

use super::large::{join as join_bounded, searching};
use super::sharing::{assert_shows_what_is_stored, join};
use super::{Call, Fault, Shared, TestStore, assert_coherent, embedding, event, face, model, open, user};
use crate::{DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EventError, EventService, Metadata};
use embedding::{DistanceScale, Embedding, Template};
use embedding_store::{EmbeddingStore, StoreError};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A service with three faces of `ada` in `e`, and their ids.
async fn with_ada(store: Arc<dyn EmbeddingStore>) -> (EventService, Vec<Uuid>) {
    let service = open(store).await;
    let faces = (1..=3).map(|picture| face(1, picture)).collect();
    let enrolled = service.enrol_all(&event("e"), &user("ada"), faces, EnrolmentOptions::default()).await;
    (service, enrolled.unwrap().samples)
}

async fn in_test_store() -> (EventService, Arc<TestStore>, Vec<Uuid>) {
    let store = Arc::new(TestStore::default());
    let (service, ids) = with_ada(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    (service, store, ids)
}

async fn ids(service: &EventService) -> Vec<Uuid> {
    let samples = service.samples(&event("e"), &user("ada")).await.unwrap();
    samples.iter().map(|sample| sample.id).collect()
}

/// How far `ada` is from a probe, as the service finds it and by the pictures given.
async fn distances(service: &EventService, pictures: &[u64]) -> (f32, f32) {
    let probe = embedding(1, 9);
    let samples: Vec<_> = pictures.iter().map(|picture| embedding(1, *picture)).collect();
    let template = Template::from_embeddings(DistanceScale::UNIT, &samples).unwrap();
    let expected =
        template.distance(&Template::from_embeddings(DistanceScale::UNIT, [&probe]).unwrap()).unwrap();
    let found = service.identify(&event("e"), &probe).await.unwrap().nearest.distance;
    (found.value(), expected.value())
}

#[tokio::test]
async fn samples_are_listed_oldest_first_with_all_but_the_embedding() {
    let (service, store, enrolled) = in_test_store().await;
    let quality = Metadata::from_iter([("sharpness".to_owned(), 0.75.into())]);
    let more = EnrolmentFace { quality: quality.clone(), source: "camera 2".to_owned(), ..face(1, 4) };
    service.enrol(&event("e"), &user("ada"), more).await.unwrap();
    let samples = service.samples(&event("e"), &user("ada")).await.unwrap();
    assert!(samples.iter().take(3).map(|sample| sample.id).eq(enrolled));
    assert!(samples.is_sorted_by_key(|sample| sample.created));
    let last = samples.last().unwrap();
    assert_eq!((&last.quality, last.source.as_str(), last.detection_score), (&quality, "camera 2", 0.9));
    assert_eq!((&last.model, &last.request), (&model(), &None));
    let stored = store.samples(&event("e"), &user("ada")).await.unwrap();
    let shown = format!("{samples:?}");
    for number in stored.iter().flat_map(|sample| sample.embedding().values()) {
        assert!(!shown.contains(&number.to_string()), "{number} of an embedding in {shown}");
    }
}

#[tokio::test]
async fn the_template_is_that_of_the_samples_that_are_left() {
    let (service, store, enrolled) = in_test_store().await;
    assert_eq!(service.remove_sample(&event("e"), &user("ada"), enrolled[1]).await.unwrap(), 2);
    assert_eq!(ids(&service).await, [enrolled[0], enrolled[2]]);
    let (found, expected) = distances(&service, &[1, 3]).await;
    assert!((found - expected).abs() < 1e-6);
    assert_eq!(service.remove_sample(&event("e"), &user("ada"), enrolled[0]).await.unwrap(), 1);
    let (found, expected) = distances(&service, &[3]).await;
    assert!((found - expected).abs() < 1e-6);
    assert_eq!(store.loads(), 0, "published, not read again");
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn the_last_sample_stays_and_what_is_not_there_is_said_to_be_so() {
    let (service, store, enrolled) = in_test_store().await;
    let (e, ada) = (event("e"), user("ada"));
    for id in &enrolled[..2] {
        service.remove_sample(&e, &ada, *id).await.unwrap();
    }
    let last = service.remove_sample(&e, &ada, enrolled[2]).await.unwrap_err();
    assert!(matches!(last, EventError::LastSample { .. }), "{last}");
    let again = service.remove_sample(&e, &ada, enrolled[0]).await.unwrap_err();
    assert!(matches!(again, EventError::UnknownSample { id, .. } if id == enrolled[0]), "{again}");
    let nobody = service.remove_sample(&e, &user("ben"), enrolled[2]).await.unwrap_err();
    assert!(matches!(nobody, EventError::UnknownUser { .. }));
    let nowhere = service.remove_sample(&event("none"), &ada, enrolled[2]).await.unwrap_err();
    assert!(matches!(nowhere, EventError::UnknownEvent { .. }));
    assert_eq!((ids(&service).await, store.count(Call::DeleteSample)), (vec![enrolled[2]], 2));
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn a_sample_without_which_the_others_make_no_template_stays() {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    let opposite = Embedding::new(model(), embedding(1, 1).values().map(|value| -value)).unwrap();
    let faces = vec![face(1, 1), face(1, 2), EnrolmentFace { embedding: opposite, ..face(1, 3) }];
    let options =
        EnrolmentOptions { on_other_person: Some(DuplicatePolicy::Allow), ..EnrolmentOptions::default() };
    let enrolled = service.enrol_all(&event("e"), &user("ada"), faces, options).await;
    let refused = service.remove_sample(&event("e"), &user("ada"), enrolled.unwrap().samples[1]).await;
    assert!(matches!(refused, Err(EventError::NoTemplate { .. })), "{refused:?}");
    assert_eq!(store.count(Call::DeleteSample), 0);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn a_removal_that_happened_or_not_but_was_reported_failed_is_looked_up() {
    for (fault, left) in [(Fault::Unavailable, 3), (Fault::DoneButUnavailable, 2), (Fault::DoneButPanics, 2)]
    {
        let (service, store, enrolled) = in_test_store().await;
        store.next(Call::DeleteSample, fault);
        assert!(service.remove_sample(&event("e"), &user("ada"), enrolled[0]).await.is_err());
        assert_eq!(ids(&service).await.len(), left);
        let pictures = if left == 3 { &[1, 2, 3][..] } else { &[2, 3] };
        let (found, expected) = distances(&service, pictures).await;
        assert!((found - expected).abs() < 1e-6);
        assert_coherent(&service, &store).await;
    }
    let (service, store, enrolled) = in_test_store().await;
    store.next(Call::Samples, Fault::Unavailable);
    let failed = service.remove_sample(&event("e"), &user("ada"), enrolled[0]).await;
    assert!(matches!(failed, Err(EventError::Store(StoreError::Unavailable { .. }))));
    assert_eq!(store.count(Call::DeleteSample), 0);
}

#[tokio::test(start_paused = true)]
async fn what_one_service_removes_the_others_forget_heard_or_unheard() {
    let shared = Arc::new(Shared::default());
    let (one, enrolled) = with_ada(shared.handle()).await;
    let (other, _) = join(&shared).await;
    one.remove_sample(&event("e"), &user("ada"), enrolled[0]).await.unwrap();
    assert_shows_what_is_stored(&other, &shared).await;

    shared.hold();
    one.enrol(&event("e"), &user("ada"), face(1, 4)).await.unwrap();
    assert_eq!(other.remove_sample(&event("e"), &user("ada"), enrolled[1]).await.unwrap(), 2);
    let (found, expected) = distances(&other, &[3, 4]).await;
    assert!((found - expected).abs() < 1e-6, "the face that was not heard of counts");
    shared.release();
    for service in [&one, &other] {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_samples_that_are_all_removed_at_once_through_two_services_one_stays() {
    let shared = Arc::new(Shared::default());
    let (one, enrolled) = with_ada(shared.handle()).await;
    let services = [Arc::new(one), Arc::new(join(&shared).await.0)];
    let mut tasks = JoinSet::new();
    for (number, id) in enrolled.into_iter().enumerate() {
        let service = Arc::clone(&services[number % 2]);
        tasks.spawn(async move { service.remove_sample(&event("e"), &user("ada"), id).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert!(answers.iter().any(|answer| matches!(answer, Err(EventError::LastSample { .. }))));
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test]
async fn in_an_event_too_large_for_memory_samples_are_removed_as_in_any_other() {
    let shared = searching(true);
    let (_, enrolled) = with_ada(shared.handle()).await;
    let (bounded, store) = join_bounded(&shared, 0).await;
    assert_eq!(bounded.remove_sample(&event("e"), &user("ada"), enrolled[0]).await.unwrap(), 2);
    let (found, expected) = distances(&bounded, &[2, 3]).await;
    assert!((found - expected).abs() < 1e-6);
    assert_eq!(store.loads(), 0);
}
