//! Events of several models beside each other, each with its own scale and rule.

use std::sync::Arc;

use embedding::{DIMENSIONS, Distance, DistanceScale, Embedding, ModelId};
use embedding_store::{EmbeddingStore, EventRecord, InMemory};
use time::OffsetDateTime;

use super::{event, face, model, user};
use crate::{
    Decision, EnrolmentFace, EventChange, EventError, EventService, EventSettings, MatchPolicy, ServedModel,
    ServiceOptions,
};

fn other() -> ModelId {
    ModelId::new("other-model").unwrap()
}

fn of_other(person: u64, picture: u64) -> EnrolmentFace {
    let made = face(person, picture);
    let values: [f32; DIMENSIONS] = *made.embedding.values();
    EnrolmentFace { embedding: Embedding::new(other(), values).unwrap(), ..made }
}

/// The first model at half its distances, the other as they are.
async fn open(store: Arc<InMemory>) -> EventService {
    let scale = DistanceScale::unit(0.5).unwrap();
    let first = ServedModel::new(model(), MatchPolicy { scale, ..MatchPolicy::default() });
    let other_models = vec![ServedModel::new(other(), MatchPolicy::default())];
    let options = ServiceOptions { other_models, ..ServiceOptions::default() };
    EventService::open_with(store, first, options).await.unwrap()
}

#[tokio::test]
async fn an_event_keeps_the_model_that_it_was_made_with_or_that_its_first_face_has() {
    let store = Arc::new(InMemory::new());
    let service = open(Arc::clone(&store)).await;
    assert_eq!(service.model_of(&event("new")).await.unwrap(), model());
    let settings = EventSettings { model: Some(other()), ..EventSettings::default() };
    service.create_event(&event("made"), settings).await.unwrap();
    service.enrol(&event("enrolled"), &user("ada"), of_other(1, 1)).await.unwrap();
    for name in ["made", "enrolled"] {
        assert_eq!(service.model_of(&event(name)).await.unwrap(), other());
        let refused = service.enrol(&event(name), &user("bob"), face(2, 1)).await.unwrap_err();
        assert!(matches!(refused, EventError::ModelMismatch { .. }), "{refused}");
    }
    let change = EventChange { model: Some(model()), ..EventChange::default() };
    let refused = service.update_event(&event("made"), change).await.unwrap_err();
    assert!(matches!(refused, EventError::ModelMismatch { .. }), "{refused}");
    assert_eq!(open(store).await.model_of(&event("enrolled")).await.unwrap(), other());
}

#[tokio::test]
async fn distances_are_on_the_scale_of_the_events_model_in_search_and_verification() {
    let service = open(Arc::new(InMemory::new())).await;
    service.enrol(&event("half"), &user("ada"), face(1, 1)).await.unwrap();
    service.enrol(&event("whole"), &user("ada"), of_other(1, 1)).await.unwrap();
    let half = service.identify(&event("half"), &face(1, 2).embedding).await.unwrap();
    let whole = service.identify(&event("whole"), &of_other(1, 2).embedding).await.unwrap();
    assert_eq!((half.decision, whole.decision), (Decision::Match, Decision::Match));
    let twice = Distance::new(half.nearest.distance.value() * 2.0).unwrap();
    assert!((twice.value() - whole.nearest.distance.value()).abs() < 1e-6);
    let verified = service.verify(&event("half"), &user("ada"), &face(1, 2).embedding).await.unwrap();
    assert_eq!(verified.nearest, half.nearest);
}

#[tokio::test]
async fn an_event_of_a_model_that_is_not_served_is_kept_and_not_decided_about() {
    let store = Arc::new(InMemory::new());
    let unknown = ModelId::new("of-tomorrow").unwrap();
    store.create_event(EventRecord::new(event("e"), unknown, OffsetDateTime::UNIX_EPOCH)).await.unwrap();
    let service = open(store).await;
    assert_eq!(service.events().await.unwrap().len(), 1);
    let refused = service.model_of(&event("e")).await.unwrap_err();
    assert!(matches!(refused, EventError::ModelMismatch { .. }), "{refused}");
    let refused = service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap_err();
    assert!(matches!(refused, EventError::ModelMismatch { .. }), "{refused}");
}
