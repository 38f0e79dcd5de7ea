//! Faces that are unlike the user's others, and those that would cancel each other out.

use embedding::{DIMENSIONS, Embedding, EmbeddingError};
use embedding_store::{DuplicatePolicy, EmbeddingStore, FaceSample};
use time::OffsetDateTime;

use super::{embedding, enrol, event, face, model, open, user, with_store};
use crate::{EnrolmentFace, EnrolmentOptions, EventChange, EventError};

fn policy(policy: DuplicatePolicy) -> EnrolmentOptions {
    EnrolmentOptions { on_other_person: Some(policy), ..EnrolmentOptions::default() }
}

#[tokio::test]
async fn a_face_unlike_the_stored_ones_is_refused_told_or_taken_as_asked() {
    let (service, _) = with_store().await;
    enrol(&service, "ada", vec![face(1, 1), face(1, 2)], EnrolmentOptions::default()).await.unwrap();
    let refused = enrol(&service, "ada", vec![face(1, 3), face(2, 1)], EnrolmentOptions::default()).await;
    assert!(matches!(refused, Err(EventError::OtherPerson { face: 1, .. })), "{refused:?}");
    assert_eq!(service.user(&event("e"), &user("ada")).await.unwrap().sample_count, 2, "nothing was written");
    let told = enrol(&service, "ada", vec![face(2, 2)], policy(DuplicatePolicy::Warn)).await.unwrap();
    assert_eq!(told.other_people.iter().map(|other| other.face).collect::<Vec<_>>(), [0]);
    let change =
        EventChange { on_other_person: Some(Some(DuplicatePolicy::Allow)), ..EventChange::default() };
    service.update_event(&event("e"), change).await.unwrap();
    let taken = enrol(&service, "ada", vec![face(3, 1)], EnrolmentOptions::default()).await.unwrap();
    assert_eq!(taken.other_people, []);
}

#[tokio::test]
async fn faces_of_one_request_must_be_alike_also_when_each_has_a_companion() {
    let (service, _) = with_store().await;
    for faces in [vec![face(1, 1), face(2, 1)], vec![face(1, 1), face(1, 2), face(2, 1), face(2, 2)]] {
        let refused = enrol(&service, "ada", faces, EnrolmentOptions::default()).await;
        assert!(matches!(refused, Err(EventError::OtherPerson { .. })), "{refused:?}");
    }
    let faces = (1..=5).map(|picture| face(1, picture)).collect();
    assert!(enrol(&service, "ada", faces, EnrolmentOptions::default()).await.is_ok());
}

#[tokio::test]
async fn the_older_route_goes_on_with_another_persons_face() {
    let (service, _) = with_store().await;
    for person in [1, 2] {
        service.enrol(&event("e"), &user("ada"), face(person, 1)).await.unwrap();
    }
}

fn times(factor: f32) -> EnrolmentFace {
    let values: [f32; DIMENSIONS] = embedding(1, 1).values().map(|value| value * factor);
    EnrolmentFace { embedding: Embedding::new(model(), values).unwrap(), ..face(1, 1) }
}

#[tokio::test]
async fn faces_that_would_cancel_out_are_refused_by_either_metric() {
    let (service, _) = with_store().await;
    let together =
        enrol(&service, "ada", vec![times(1.0), times(-1.0)], policy(DuplicatePolicy::Allow)).await;
    assert!(matches!(together, Err(EventError::Embedding(EmbeddingError::ZeroLength))), "{together:?}");
    enrol(&service, "ada", vec![times(2.0), times(1.0)], policy(DuplicatePolicy::Allow)).await.unwrap();
    let raw = enrol(&service, "ada", vec![times(-3.0)], policy(DuplicatePolicy::Allow)).await;
    assert!(matches!(raw, Err(EventError::NoTemplate { .. })), "their sum is nothing: {raw:?}");
    let samples = service.samples(&event("e"), &user("ada")).await.unwrap();
    assert_eq!(samples.len(), 2);
}

#[tokio::test]
async fn stored_faces_that_cancel_out_keep_nobody_from_the_start() {
    let (_, store) = with_store().await;
    for (who, factor) in [("ada", 1.0), ("ada", -1.0), ("bob", 1.0)] {
        let values = times(factor).embedding;
        let at = OffsetDateTime::UNIX_EPOCH;
        let sample = FaceSample::new(event("e"), user(who), values, 0.9, "test", at).unwrap();
        store.append_sample(sample).await.unwrap();
    }
    let service = open(store).await;
    let verdict = service.identify(&event("e"), &embedding(1, 1)).await.unwrap();
    assert_eq!(verdict.users_compared, 2);
    assert_eq!(verdict.nearest.user, user("ada"), "by the oldest face");
}
