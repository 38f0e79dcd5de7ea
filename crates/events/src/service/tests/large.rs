//! Events too large for memory: asked of the store, with the same answers.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::coherence::{ask, assert_expected, obey};
use super::{Call, Fault, Shared, TestStore, embedding, event, face, model, paused, picture_of, soon, user};
use crate::{EventError, EventService, MatchPolicy, ServedModel, ServiceOptions};
use embedding_store::{EmbeddingStore, StoreError};
use proptest::prelude::*;

/// A service that holds events of at most so many users, and its handle.
pub(super) async fn join(shared: &Arc<Shared>, gallery_limit: usize) -> (EventService, Arc<TestStore>) {
    let store = shared.handle();
    let (handle, policy) = (Arc::clone(&store) as Arc<dyn EmbeddingStore>, MatchPolicy::default());
    let options = ServiceOptions { gallery_limit, ..ServiceOptions::default() };
    (EventService::open_with(handle, ServedModel::new(model(), policy), options).await.unwrap(), store)
}

pub(super) fn searching(exact: bool) -> Arc<Shared> {
    Arc::new(Shared { search: Some(exact), ..Shared::default() })
}

async fn enrol(service: &EventService, name: &str, people: std::ops::Range<u64>) {
    for person in people {
        service.enrol(&event(name), &user(&format!("user {person}")), face(person, 1)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_too_large_for_memory_is_never_read_whole_and_answers_as_any_other() {
    let shared = searching(true);
    let (whole, _) = join(&shared, usize::MAX).await;
    enrol(&whole, "small", 0..3).await;
    enrol(&whole, "large", 0..4).await;
    let (bounded, store) = join(&shared, 3).await;
    assert_eq!(store.loads(), 1, "the small one");
    assert_eq!(picture_of(&bounded).await, picture_of(&whole).await);
    assert_eq!(store.count(Call::Search), 8);
    let named = async |service: &EventService, letters: &str, limit: usize| {
        let limit = NonZeroUsize::new(limit).unwrap();
        service.users_beginning_with(&event("large"), letters, limit).await.unwrap()
    };
    for (letters, limit, found) in [("USE", 3, 3), ("2", 9, 1), ("ser", 9, 0)] {
        let users = named(&bounded, letters, limit).await;
        assert_eq!(users.len(), found, "{letters}");
        assert_eq!(users, named(&whole, letters, limit).await, "{letters}");
    }

    // It stays so as it shrinks and grows, through either service.
    enrol(&bounded, "large", 2..6).await;
    bounded.delete_user(&event("large"), &user("user 0")).await.unwrap();
    let absent = bounded.delete_user(&event("large"), &user("user 0")).await;
    assert!(matches!(absent, Err(EventError::UnknownUser { .. })));
    whole.delete_user(&event("large"), &user("user 1")).await.unwrap();
    soon("the same", async || picture_of(&bounded).await == picture_of(&whole).await).await;
    assert_eq!(store.loads(), 1);

    whole.delete_event(&event("large")).await.unwrap();
    soon("an event less", async || bounded.events().await.unwrap().len() == 1).await;
    assert!(matches!(bounded.users(&event("large")).await, Err(EventError::UnknownEvent { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_outgrows_memory_is_left_to_the_store_whoever_enrols() {
    let shared = searching(true);
    let ((one, store), (other, their_store)) = (join(&shared, 3).await, join(&shared, 3).await);
    enrol(&one, "e", 0..3).await;
    soon("three users", async || other.users(&event("e")).await.is_ok_and(|users| users.len() == 3)).await;
    one.identify(&event("e"), &embedding(1, 9)).await.unwrap();
    assert_eq!(store.count(Call::Search), 0);
    enrol(&one, "e", 3..4).await;
    for (service, store) in [(&one, &store), (&other, &their_store)] {
        soon("the fourth", async || {
            let verdict = service.identify(&event("e"), &embedding(3, 9)).await.unwrap();
            verdict.matched() == Some(&user("user 3"))
        })
        .await;
        assert!(store.count(Call::Search) > 0);
    }
}

#[tokio::test]
async fn a_verdict_says_when_the_search_was_not_exact() {
    for exact in [true, false] {
        let (service, _) = join(&searching(exact), 1).await;
        enrol(&service, "e", 0..1).await;
        assert!(service.identify(&event("e"), &embedding(0, 9)).await.unwrap().exact, "from memory");
        enrol(&service, "e", 1..2).await;
        let verdict = service.identify(&event("e"), &embedding(0, 9)).await.unwrap();
        assert_eq!(
            (verdict.matched(), verdict.users_compared, verdict.exact),
            (Some(&user("user 0")), 2, exact)
        );
    }
}

#[tokio::test]
async fn without_a_search_in_the_store_every_event_is_held_in_memory() {
    let (service, store) = join(&Arc::new(Shared::default()), 1).await;
    enrol(&service, "e", 0..5).await;
    let verdict = service.identify(&event("e"), &embedding(4, 9)).await.unwrap();
    assert_eq!((verdict.matched(), store.count(Call::Search)), (Some(&user("user 4")), 0));
}

#[tokio::test]
async fn a_search_that_fails_is_an_error_and_nobody_is_nobody() {
    let (service, store) = join(&searching(true), 1).await;
    enrol(&service, "e", 0..2).await;
    store.next(Call::Search, Fault::Unavailable);
    let failed = service.identify(&event("e"), &embedding(0, 9)).await;
    assert!(matches!(failed, Err(EventError::Store(StoreError::Unavailable { .. }))));
    for person in 0..2 {
        service.delete_user(&event("e"), &user(&format!("user {person}"))).await.unwrap();
    }
    let nobody = service.identify(&event("e"), &embedding(0, 9)).await;
    assert!(matches!(nobody, Err(EventError::NotSearchable { .. })));
    assert_eq!(service.users(&event("e")).await.unwrap(), []);
}

proptest! {
    #[test]
    fn wherever_an_event_is_searched_the_answers_are_the_same(
        asks in prop::collection::vec((any::<bool>(), ask()), 0..40),
        gallery_limit in 0_usize..4,
    ) {
        paused(async {
            let shared = searching(true);
            let ((bounded, _), (whole, _)) = (join(&shared, gallery_limit).await, join(&shared, usize::MAX).await);
            for (first, ask) in asks {
                assert_expected(obey(if first { &bounded } else { &whole }, ask).await, false);
            }
            let fresh = picture_of(&join(&shared, usize::MAX).await.0).await;
            for service in [&bounded, &whole] {
                soon("what the store holds", async || picture_of(service).await == fresh).await;
            }
        });
    }
}
