//! Which rule decides, between whom, and by which distance.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{Shared, embedding, event, face, model, user};
use crate::{
    Decision, EventError, EventService, FalseMatchRate, MatchPolicy, MatchRule, RuleError, ServedModel,
    ServiceOptions,
};
use embedding::{Distance, DistanceScale, Embedding, Template};
use embedding_store::{EmbeddingStore, EventRecord, FaceSample, InMemory};
use time::OffsetDateTime;

fn distance(value: f32) -> Distance {
    Distance::new(value).unwrap()
}

fn top(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

async fn open(store: Arc<dyn EmbeddingStore>, policy: MatchPolicy, gallery_limit: usize) -> EventService {
    let options = ServiceOptions { gallery_limit, ..ServiceOptions::default() };
    EventService::open_with(store, ServedModel::new(model(), policy), options).await.unwrap()
}

/// A store with an event that has a rule of its own.
async fn with_rule(store: &dyn EmbeddingStore, name: &str, rule: MatchRule) {
    let mut record = EventRecord::new(event(name), model(), OffsetDateTime::UNIX_EPOCH);
    record.match_rule = Some(rule);
    store.create_event(record).await.unwrap();
}

/// Events in memory, and in a store that searches.
fn places() -> [(Arc<dyn EmbeddingStore>, usize); 2] {
    let searching = Arc::new(Shared { search: Some(true), ..Shared::default() });
    [(Arc::new(InMemory::new()), usize::MAX), (searching.handle() as Arc<dyn EmbeddingStore>, 0)]
}

#[tokio::test]
async fn the_rule_of_an_event_comes_before_that_of_the_service() {
    for (store, limit) in places() {
        with_rule(&*store, "strict", MatchRule::Threshold(distance(0.001))).await;
        let service = open(store, MatchPolicy::default(), limit).await;
        for name in ["strict", "usual"] {
            service.enrol(&event(name), &user("ada"), face(1, 1)).await.unwrap();
        }
        for (name, expected) in [("strict", Decision::NoMatch), ("usual", Decision::Match)] {
            let probe = embedding(1, 2);
            let searched = service.identify(&event(name), &probe).await.unwrap();
            let compared = service.verify(&event(name), &user("ada"), &probe).await.unwrap();
            assert_eq!((searched.decision, compared.decision), (expected, expected), "{name}");
            assert_eq!(searched.limit, compared.limit);
        }
    }
}

#[tokio::test]
async fn a_rule_that_cannot_be_kept_decides_nothing() {
    let target = MatchRule::TargetFalseMatchRate(FalseMatchRate::new(0.01).unwrap());
    let store = Arc::new(InMemory::new());
    with_rule(&*store, "e", target).await;
    let sample =
        FaceSample::new(event("e"), user("ada"), embedding(1, 1), 0.9, "test", OffsetDateTime::UNIX_EPOCH);
    store.append_sample(sample.unwrap()).await.unwrap();
    let service = open(store, MatchPolicy::default(), usize::MAX).await;
    let refused = service.identify(&event("e"), &embedding(1, 1)).await.unwrap_err();
    assert!(matches!(refused, EventError::Rule { source: RuleError::NotCalibrated { .. }, .. }), "{refused}");
    assert!(matches!(service.check_rule(&model(), target), Err(RuleError::NotCalibrated { .. })));

    let policy = MatchPolicy { rule: target, ..MatchPolicy::default() };
    let refused = EventService::open(Arc::new(InMemory::new()), model(), policy).await.unwrap_err();
    assert!(matches!(refused, EventError::Policy(RuleError::NotCalibrated { .. })), "{refused}");
}

#[tokio::test]
async fn between_two_who_look_the_same_nobody_is_named() {
    for (store, limit) in places() {
        let service = open(Arc::clone(&store), MatchPolicy::default(), limit).await;
        for name in ["ben", "ada"] {
            service.enrol(&event("twins"), &user(name), face(1, 1)).await.unwrap();
        }
        let verdict = service.identify(&event("twins"), &embedding(1, 2)).await.unwrap();
        assert_eq!((verdict.decision, verdict.matched()), (Decision::Ambiguous, None));
        assert_eq!((verdict.margin, verdict.candidates.len()), (Some(Distance::ZERO), 1));
        // Asked for one of them, there is nothing to choose.
        let one = service.verify(&event("twins"), &user("ben"), &embedding(1, 2)).await.unwrap();
        assert_eq!((one.matched(), one.margin), (Some(&user("ben")), None));

        let nearest = MatchPolicy { margin: Distance::ZERO, ..MatchPolicy::default() };
        let verdict = open(store, nearest, limit).await.identify(&event("twins"), &embedding(1, 2)).await;
        assert_eq!(verdict.unwrap().matched(), Some(&user("ada")));
    }
}

#[tokio::test]
async fn candidates_are_the_nearest_wherever_the_event_is_searched() {
    let mut answers = Vec::new();
    for (store, limit) in places() {
        let service = open(store, MatchPolicy::default(), limit).await;
        for person in 0..6 {
            service.enrol(&event("e"), &user(&format!("user {person}")), face(person, 1)).await.unwrap();
        }
        let verdict = service.identify_top(&event("e"), &embedding(3, 2), top(4)).await.unwrap();
        assert_eq!((verdict.matched(), verdict.users_compared), (Some(&user("user 3")), 6));
        assert_eq!(verdict.candidates[0], verdict.nearest);
        let distances: Vec<_> = verdict.candidates.iter().map(|candidate| candidate.distance).collect();
        assert!(distances.len() == 4 && distances.is_sorted());
        assert_eq!(verdict.margin.unwrap().value(), distances[1].value() - distances[0].value());
        let all = service.identify_top(&event("e"), &embedding(3, 2), top(100)).await.unwrap();
        assert_eq!(all.candidates.len(), 6);
        answers.push((verdict, all));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn one_user_is_compared_as_a_search_compares_all() {
    let mut answers = Vec::new();
    for (store, limit) in places() {
        let service = open(store, MatchPolicy::default(), limit).await;
        let (name, ada, ben) = (event("e"), user("ada"), user("ben"));
        for picture in 1..3 {
            service.enrol(&name, &ada, face(1, picture)).await.unwrap();
        }
        service.enrol(&name, &ben, face(2, 1)).await.unwrap();
        let probe = embedding(1, 3);
        let of_ada = service.verify(&name, &ada, &probe).await.unwrap();
        assert_eq!((of_ada.matched(), of_ada.users_compared), (Some(&ada), 1));
        assert_eq!(of_ada.nearest, service.identify(&name, &probe).await.unwrap().nearest);
        let of_ben = service.verify(&name, &ben, &probe).await.unwrap();
        assert_eq!((of_ben.decision, &of_ben.nearest.user), (Decision::NoMatch, &ben));

        let unknown = service.verify(&name, &user("eve"), &probe).await.unwrap_err();
        assert!(matches!(unknown, EventError::UnknownUser { user, .. } if user.as_str() == "eve"));
        let unknown = service.verify(&event("none"), &ada, &probe).await.unwrap_err();
        assert!(matches!(unknown, EventError::UnknownEvent { .. }));
        answers.push((of_ada, of_ben));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn raw_distances_are_between_the_numbers_as_they_are_and_never_searched_in_the_store() {
    for (store, limit) in places() {
        let service = open(store, MatchPolicy::raw(), limit).await;
        let (name, ada) = (event("e"), user("ada"));
        service.enrol(&name, &ada, face(1, 1)).await.unwrap();
        service.enrol(&name, &ada, face(1, 2)).await.unwrap();
        let probe = Embedding::new(model(), embedding(1, 3).values().map(|v| 1.5 * v)).unwrap();
        let samples = [embedding(1, 1), embedding(1, 2)];
        let raw = |samples: &[Embedding]| Template::from_embeddings(DistanceScale::RAW, samples).unwrap();
        let expected = raw(&samples).distance(&raw(std::slice::from_ref(&probe))).unwrap();
        let verdict = service.identify(&name, &probe).await.unwrap();
        assert_eq!(verdict.nearest.distance, expected);
        assert!(expected.value() > 1.0, "by direction they would be near: {expected}");
        assert_eq!(verdict.decision, Decision::NoMatch);
        assert_eq!(service.verify(&name, &ada, &probe).await.unwrap().nearest.distance, expected);
    }
}
