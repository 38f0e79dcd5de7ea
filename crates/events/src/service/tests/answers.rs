//! What a caller of the service sees, with a store that works.

use std::sync::Arc;

use super::{TestStore, assert_coherent, embedding, event, face, model, open, user};
use crate::{Decision, EventError, EventService, EventSummary, MatchPolicy};
use embedding::{DIMENSIONS, Distance, DistanceScale, Embedding, EmbeddingError, ModelId, Template};
use embedding_store::{EmbeddingStore, EventRecord, InMemory};
use time::OffsetDateTime;

#[tokio::test]
async fn a_person_is_recognised_in_their_event_and_refused_elsewhere() {
    let service = open(Arc::new(InMemory::new())).await;
    let (monday, tuesday) = (event("monday"), event("tuesday"));
    service.enrol(&monday, &user("ada"), face(1, 1)).await.unwrap();
    service.enrol(&monday, &user("ben"), face(2, 1)).await.unwrap();
    service.enrol(&tuesday, &user("ben"), face(2, 1)).await.unwrap();

    let verdict = service.identify(&monday, &embedding(1, 2)).await.unwrap();
    assert_eq!((verdict.matched(), verdict.users_compared), (Some(&user("ada")), 2));
    assert_eq!(verdict.limit.rule, MatchPolicy::default().rule);

    let verdict = service.identify(&tuesday, &embedding(1, 2)).await.unwrap();
    assert_eq!((verdict.decision, verdict.matched(), verdict.users_compared), (Decision::NoMatch, None, 1));
    assert_eq!(verdict.nearest.user, user("ben"), "the nearest is told, near enough or not");
}

#[tokio::test]
async fn more_faces_of_a_user_move_their_template_to_the_mean() {
    let service = open(Arc::new(InMemory::new())).await;
    let (event, ada) = (event("e"), user("ada"));
    for picture in 1..=3 {
        let enrolment = service.enrol(&event, &ada, face(1, picture)).await.unwrap();
        assert_eq!(enrolment.embedding_count, usize::try_from(picture).unwrap());
    }
    let samples = [embedding(1, 1), embedding(1, 2), embedding(1, 3)];
    let probe = embedding(1, 9);
    let expected = Template::from_embeddings(DistanceScale::UNIT, &samples)
        .unwrap()
        .distance(&Template::from_embeddings(DistanceScale::UNIT, [&probe]).unwrap())
        .unwrap();
    let verdict = service.identify(&event, &probe).await.unwrap();
    assert!((verdict.nearest.distance.value() - expected.value()).abs() < 1e-6);
    assert_eq!(verdict.users_compared, 1);
}

#[tokio::test]
async fn two_faces_of_no_event_are_compared_as_if_the_first_were_enrolled() {
    let service = open(Arc::new(InMemory::new())).await;
    let [first, second, other] = [embedding(1, 1), embedding(1, 2), embedding(2, 1)];
    let same = service.compare(&first, &second).unwrap();
    let different = service.compare(&first, &other).unwrap();
    assert_eq!((same.decision, different.decision), (Decision::Match, Decision::NoMatch));
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let verdict = service.identify(&event("e"), &second).await.unwrap();
    assert_eq!((same.distance, same.limit), (verdict.nearest.distance, verdict.limit));
    let foreign = Embedding::new(ModelId::new("not-served").unwrap(), [0.1; DIMENSIONS]).unwrap();
    assert!(matches!(service.compare(&foreign, &foreign), Err(EventError::Policy(_))));
}

#[tokio::test]
async fn the_configured_threshold_decides() {
    let narrow = MatchPolicy::fixed(Distance::new(0.001).unwrap());
    let service = EventService::open(Arc::new(InMemory::new()), model(), narrow).await.unwrap();
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    assert_eq!(service.identify(&event("e"), &embedding(1, 2)).await.unwrap().decision, Decision::NoMatch);
    assert_eq!(service.identify(&event("e"), &embedding(1, 1)).await.unwrap().decision, Decision::Match);
}

#[tokio::test]
async fn events_and_users_are_listed_in_name_order_with_empty_ones() {
    let service = open(Arc::new(InMemory::new())).await;
    for (name, person) in [("b", "zoe"), ("b", "ann"), ("a", "bob"), ("ä", "eve")] {
        service.enrol(&event(name), &user(person), face(1, 1)).await.unwrap();
    }
    service.delete_user(&event("a"), &user("bob")).await.unwrap();
    let summary = |name, user_count| EventSummary { name: event(name), user_count };
    assert_eq!(service.events().await.unwrap(), [summary("a", 0), summary("b", 2), summary("ä", 1)]);
    assert_eq!(service.users(&event("b")).await.unwrap(), [user("ann"), user("zoe")]);
    assert_eq!(service.users(&event("a")).await.unwrap(), []);
    service.check().await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_an_error_of_its_own_kind() {
    let service = open(Arc::new(InMemory::new())).await;
    let (none, empty, ada) = (event("none"), event("empty"), user("ada"));
    service.enrol(&empty, &ada, face(1, 1)).await.unwrap();
    service.delete_user(&empty, &ada).await.unwrap();
    for name in [&none, &empty] {
        let error = service.identify(name, &embedding(1, 1)).await.unwrap_err();
        assert!(matches!(error, EventError::NotSearchable { event } if event == *name));
    }
    assert!(matches!(service.users(&none).await, Err(EventError::UnknownEvent { .. })));
    assert!(matches!(service.delete_event(&none).await, Err(EventError::UnknownEvent { .. })));
    assert!(matches!(service.delete_user(&none, &ada).await, Err(EventError::UnknownEvent { .. })));
    assert!(matches!(service.delete_user(&empty, &ada).await, Err(EventError::UnknownUser { .. })));
    service.delete_event(&empty).await.unwrap();
    assert!(matches!(service.delete_event(&empty).await, Err(EventError::UnknownEvent { .. })));
    assert_eq!(service.events().await.unwrap(), []);
}

#[tokio::test]
async fn faces_of_another_model_join_and_meet_nobody() {
    let store = Arc::new(InMemory::new());
    let other = ModelId::new("other-model").unwrap();
    let theirs = event("theirs");
    store
        .create_event(EventRecord::new(theirs.clone(), other.clone(), OffsetDateTime::UNIX_EPOCH))
        .await
        .unwrap();
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    service.enrol(&event("ours"), &user("ada"), face(1, 1)).await.unwrap();

    let foreign = Embedding::new(other, *embedding(1, 1).values()).unwrap();
    let mut foreign_face = face(1, 1);
    foreign_face.embedding = foreign.clone();
    for (name, face) in
        [("ours", &foreign_face), ("new", &foreign_face), ("theirs", &foreign_face), ("theirs", &face(1, 1))]
    {
        let refused = service.enrol(&event(name), &user("ada"), face.clone()).await.unwrap_err();
        assert!(matches!(refused, EventError::ModelMismatch { .. }), "{name}: {refused}");
    }
    let refused = service.identify(&event("ours"), &foreign).await.unwrap_err();
    assert!(matches!(refused, EventError::ModelMismatch { .. }));
    assert!(store.event(&event("new")).await.unwrap().is_none());
    assert_eq!(store.samples(&event("ours"), &user("ada")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_face_that_would_leave_its_user_without_a_template_is_not_stored() {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    let (name, ada) = (event("e"), user("ada"));
    let zero = Embedding::new(model(), [0.0; DIMENSIONS]).unwrap();
    let mut unusable = face(1, 1);
    unusable.embedding = zero.clone();
    let refused = service.enrol(&name, &ada, unusable).await.unwrap_err();
    assert!(matches!(refused, EventError::Embedding(EmbeddingError::ZeroLength)));

    service.enrol(&name, &ada, face(1, 1)).await.unwrap();
    let mut opposite = face(1, 1);
    opposite.embedding = Embedding::new(model(), embedding(1, 1).values().map(|v| -v)).unwrap();
    let refused = service.enrol(&name, &ada, opposite).await.unwrap_err();
    assert!(matches!(refused, EventError::NoTemplate { .. }));
    let mut unscored = face(1, 1);
    unscored.detection_score = f32::NAN;
    assert!(matches!(service.enrol(&name, &ada, unscored).await, Err(EventError::Score(_))));
    let refused = service.identify(&name, &zero).await.unwrap_err();
    assert!(matches!(refused, EventError::Embedding(EmbeddingError::ZeroLength)));

    assert_eq!(store.samples(&name, &ada).await.unwrap().len(), 1);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn names_of_every_script_are_data() {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    let names = [
        "山田 太郎",
        "محمد",
        "👩\u{200D}👩\u{200D}👧",
        "../../etc/passwd",
        "<b>\"x\"</b>",
        "' OR 1=1 --",
        "Zoë",
    ];
    for (person, name) in (0..).zip(names) {
        service.enrol(&event(name), &user(name), face(person, 1)).await.unwrap();
        service.enrol(&event("all"), &user(name), face(person, 1)).await.unwrap();
    }
    for (person, name) in (0..).zip(names) {
        let verdict = service.identify(&event("all"), &embedding(person, 2)).await.unwrap();
        assert_eq!(verdict.matched(), Some(&user(name)));
        assert_eq!(service.users(&event(name)).await.unwrap(), [user(name)]);
    }
    // The same name in another spelling is the same user.
    assert_eq!(
        service.enrol(&event("all"), &user("Zoe\u{308}"), face(6, 2)).await.unwrap().embedding_count,
        2
    );
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_event_too_large_for_the_calling_thread_is_searched_all_the_same() {
    let store = Arc::new(InMemory::new());
    let name = event("stadium");
    for number in 0..17_000_u64 {
        let embedding = embedding(number, 1);
        let sample = embedding_store::FaceSample::new(
            name.clone(),
            user(&format!("user {number}")),
            embedding,
            0.9,
            "test",
            OffsetDateTime::UNIX_EPOCH,
        );
        store.append_sample(sample.unwrap()).await.unwrap();
    }
    let service = open(store).await;
    let verdict = service.identify(&name, &embedding(16_123, 2)).await.unwrap();
    assert_eq!((verdict.matched(), verdict.users_compared), (Some(&user("user 16123")), 17_000));
}
