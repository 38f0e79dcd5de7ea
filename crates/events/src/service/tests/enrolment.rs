//! Several faces enrolled at once, by one model, with what was measured of them.

use super::{Call, Fault, assert_coherent, embedding, event, face, model, user, with_store};
use crate::{DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EventError, Metadata};
use embedding::{DIMENSIONS, DistanceScale, Embedding, EmbeddingError, ModelId, Template};
use embedding_store::{EmbeddingStore, FaceSample};

fn of(values: [f32; DIMENSIONS]) -> EnrolmentFace {
    EnrolmentFace { embedding: Embedding::new(model(), values).unwrap(), ..face(1, 1) }
}

/// The same with another number in front of all.
fn times(factor: f32, face: &EnrolmentFace) -> EnrolmentFace {
    of(face.embedding.values().map(|value| factor * value))
}

#[tokio::test]
async fn all_faces_of_a_call_are_stored_in_their_order_and_make_one_template() {
    let (service, store) = with_store().await;
    let (e, ada) = (event("e"), user("ada"));
    service.enrol(&e, &ada, face(1, 0)).await.unwrap();
    let measured = Metadata::from_iter([("sharpness".to_owned(), 0.75.into())]);
    let faces: Vec<_> =
        (1..=3).map(|picture| EnrolmentFace { quality: measured.clone(), ..face(1, picture) }).collect();
    let outcome = service.enrol_all(&e, &ada, faces, EnrolmentOptions::default()).await.unwrap();
    assert_eq!((outcome.embedding_count, outcome.repeated, outcome.duplicates), (4, false, Vec::new()));

    let stored = store.samples(&e, &ada).await.unwrap();
    assert!(stored.iter().skip(1).map(FaceSample::id).eq(outcome.samples));
    let embeddings: Vec<_> = (0..=3).map(|picture| embedding(1, picture)).collect();
    assert!(stored.iter().map(FaceSample::embedding).eq(&embeddings));
    assert!(stored.iter().skip(1).all(|sample| *sample.quality() == measured));

    let probe = embedding(1, 9);
    let expected = Template::from_embeddings(DistanceScale::UNIT, &embeddings).unwrap();
    let expected =
        expected.distance(&Template::from_embeddings(DistanceScale::UNIT, [&probe]).unwrap()).unwrap();
    let found = service.identify(&e, &probe).await.unwrap().nearest.distance;
    assert!((found.value() - expected.value()).abs() < 1e-6);
    assert_eq!(store.loads(), 0);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn a_call_with_one_face_that_cannot_be_enrolled_enrols_none() {
    let (service, store) = with_store().await;
    let foreign = ModelId::new("other-model").unwrap();
    let foreign = EnrolmentFace {
        embedding: Embedding::new(foreign, *embedding(1, 2).values()).unwrap(),
        ..face(1, 2)
    };
    let unscored = EnrolmentFace { detection_score: f32::NAN, ..face(1, 2) };
    let deep = (0..100).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    let unkept = EnrolmentFace { quality: Metadata::from_iter([("deep".to_owned(), deep)]), ..face(1, 2) };
    for bad in [foreign, unscored, unkept, of([0.0; DIMENSIONS])] {
        let faces = vec![face(1, 1), bad, face(1, 3)];
        let refused = service.enrol_all(&event("e"), &user("ada"), faces, EnrolmentOptions::default()).await;
        assert!(refused.is_err());
    }
    let none = service.enrol_all(&event("e"), &user("ada"), Vec::new(), EnrolmentOptions::default()).await;
    assert!(matches!(none, Err(EventError::Embedding(EmbeddingError::NoSamples))));
    assert_eq!((store.count(Call::Append), service.events().await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn faces_that_make_a_template_only_together_are_not_stored_one_by_one() {
    let (service, store) = with_store().await;
    let opposite = times(-1.0, &face(1, 1));
    let together = [&face(1, 1), &opposite, &face(1, 2)].map(|face| face.embedding.clone());
    Template::from_embeddings(DistanceScale::UNIT, &together).unwrap();
    let faces = vec![face(1, 1), opposite, face(1, 2)];
    let options =
        EnrolmentOptions { on_other_person: Some(DuplicatePolicy::Allow), ..EnrolmentOptions::default() };
    let refused = service.enrol_all(&event("e"), &user("ada"), faces, options).await;
    assert!(matches!(refused, Err(EventError::Embedding(EmbeddingError::ZeroLength))), "{refused:?}");
    assert_eq!(store.count(Call::Append), 0);
}

#[tokio::test]
async fn a_call_that_fails_half_way_leaves_whole_samples_and_a_gallery_that_knows_them() {
    for fault in [Fault::Unavailable, Fault::DoneButUnavailable, Fault::DoneButPanics] {
        let stored = if matches!(fault, Fault::Unavailable) { 1 } else { 2 };
        let (service, store) = with_store().await;
        // The first is stored, and then this happens.
        store.gate(Call::Append, Fault::Waits).open();
        store.next(Call::Append, fault);
        let faces = (1..=3).map(|picture| face(1, picture)).collect();
        let failed = service.enrol_all(&event("e"), &user("ada"), faces, EnrolmentOptions::default()).await;
        assert!(failed.is_err());
        assert_eq!(service.user(&event("e"), &user("ada")).await.unwrap().sample_count, stored);
        let verdict = service.identify(&event("e"), &embedding(1, 2)).await.unwrap();
        assert_eq!(verdict.matched(), Some(&user("ada")));
        assert_coherent(&service, &store).await;
    }
}

#[tokio::test]
async fn embeddings_at_unit_length_and_as_the_network_gives_them_are_enrolled_alike() {
    let (service, _) = with_store().await;
    let raw = face(1, 1);
    let length = raw.embedding.values().iter().map(|value| value * value).sum::<f32>().sqrt();
    service.enrol(&event("raw"), &user("ada"), raw.clone()).await.unwrap();
    service.enrol(&event("unit"), &user("ada"), times(1.0 / length, &raw)).await.unwrap();
    let probe = embedding(1, 2);
    let distances = [
        service.identify(&event("raw"), &probe).await.unwrap().nearest.distance.value(),
        service.identify(&event("unit"), &probe).await.unwrap().nearest.distance.value(),
    ];
    assert!((distances[0] - distances[1]).abs() < 1e-6, "{distances:?}");
    assert!(Embedding::new(model(), [f32::NAN; DIMENSIONS]).is_err(), "and no others can be made");
}
