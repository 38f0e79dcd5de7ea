//! Stores that fail and callers that leave: what is searched stays what is stored.

use std::sync::Arc;
use std::time::Duration;

use super::{Call, Fault, TestStore, assert_coherent, embedding, event, face, model, open, user};
use crate::{EventError, EventService, MatchPolicy};
use embedding::Embedding;
use embedding_store::{EmbeddingStore, EventRecord, StoreError};
use futures_util::FutureExt;
use time::OffsetDateTime;
use tokio::time::advance;

/// As by default.
const MAX_STALENESS: Duration = Duration::from_secs(60);

/// A service over an event `e` with the user `ada`, and its store.
async fn with_ada() -> (EventService, Arc<TestStore>) {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    (service, store)
}

async fn found(service: &EventService, probe: &Embedding) -> Option<String> {
    service.identify(&event("e"), probe).await.unwrap().matched().map(ToString::to_string)
}

fn is_unavailable<T>(answer: &Result<T, EventError>) -> bool {
    matches!(answer, Err(EventError::Store(StoreError::Unavailable { .. })))
}

#[tokio::test]
async fn an_enrolment_that_happened_but_was_reported_failed_is_found() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
    let loads = store.loads();
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    assert_eq!(store.loads(), loads, "read again once, not for every search");
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_enrolment_that_failed_is_not_found() {
    let (service, store) = with_ada().await;
    for fault in [Fault::Unavailable, Fault::Corrupt] {
        store.next(Call::Append, fault);
        assert!(matches!(
            service.enrol(&event("e"), &user("ben"), face(2, 1)).await,
            Err(EventError::Store(_))
        ));
        assert_eq!(found(&service, &embedding(2, 2)).await, None);
    }
    store.next(Call::Append, Fault::Unavailable);
    assert!(is_unavailable(&service.enrol(&event("new"), &user("ben"), face(2, 1)).await));
    assert_eq!(service.events().await.unwrap().len(), 1, "the new event did not come into being");
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn deletions_that_happened_but_were_reported_failed_are_seen() {
    let (service, store) = with_ada().await;
    service.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    store.next(Call::DeleteUser, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.delete_user(&event("e"), &user("ada")).await));
    assert_eq!(found(&service, &embedding(1, 2)).await, None);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ben")]);
    store.next(Call::DeleteEvent, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.delete_event(&event("e")).await));
    assert!(matches!(service.users(&event("e")).await, Err(EventError::UnknownEvent { .. })));
    assert_coherent(&service, &store).await;
}

#[tokio::test(start_paused = true)]
async fn a_stale_event_that_cannot_be_read_is_searched_as_it_was_for_so_long_and_recovers() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    let out_of_reach = |calls| (0..calls).for_each(|_| store.next(Call::Load, Fault::Unavailable));

    out_of_reach(4);
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    advance(MAX_STALENESS).await;
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));

    out_of_reach(2);
    advance(Duration::from_millis(1)).await;
    assert!(is_unavailable(&service.identify(&event("e"), &embedding(1, 2)).await));
    assert!(is_unavailable(&service.events().await));
    assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
    assert_coherent(&service, &store).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_says_it_is_away_is_searched_from_memory_for_so_long() {
    let (service, store) = with_ada().await;
    store.says_that_it_is_away(true);
    advance(MAX_STALENESS).await;
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    advance(Duration::from_millis(1)).await;
    assert!(is_unavailable(&service.identify(&event("e"), &embedding(1, 2)).await));
    assert!(is_unavailable(&service.events().await) && is_unavailable(&service.check().await));
    store.says_that_it_is_away(false);
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    service.check().await.unwrap();
}

#[tokio::test]
async fn what_is_damaged_is_not_made_up_for_by_what_it_was() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::Unavailable);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    store.next(Call::Load, Fault::Corrupt);
    let answer = service.identify(&event("e"), &embedding(1, 2)).await;
    assert!(matches!(answer, Err(EventError::Store(StoreError::Corrupt { .. }))), "{answer:?}");
}

#[tokio::test]
async fn an_event_that_may_have_come_into_being_is_not_taken_for_absent() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.enrol(&event("new"), &user("ben"), face(2, 1)).await));
    store.next(Call::Load, Fault::Unavailable);
    assert!(is_unavailable(&service.identify(&event("new"), &embedding(2, 2)).await));
    assert!(service.identify(&event("new"), &embedding(2, 2)).await.unwrap().matched().is_some());
}

#[tokio::test]
async fn searches_do_not_wait_for_one_that_reads_a_stale_event() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::DoneButUnavailable);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    let gate = store.gate(Call::Load, Fault::Waits);
    let service = Arc::new(service);
    let reading = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { found(&service, &embedding(2, 2)).await })
    };
    gate.reached().await;
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    assert_eq!(found(&service, &embedding(2, 2)).await, None);
    gate.open();
    assert_eq!(reading.await.unwrap().as_deref(), Some("ben"));
    assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
}

#[tokio::test]
async fn a_read_that_failed_writes_nothing_and_leaves_searches_alone() {
    let (service, store) = with_ada().await;
    store.next(Call::Samples, Fault::Unavailable);
    assert!(is_unavailable(&service.enrol(&event("e"), &user("ada"), face(1, 2)).await));
    let loads = store.loads();
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    assert_eq!(store.loads(), loads);
    assert_eq!(store.samples(&event("e"), &user("ada")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let store = Arc::new(TestStore::default());
    store.create_event(EventRecord::new(event("e"), model(), OffsetDateTime::UNIX_EPOCH)).await.unwrap();
    for call in [Call::List, Call::Load] {
        for fault in [Fault::Unavailable, Fault::Corrupt] {
            store.next(call, fault);
            let store = Arc::clone(&store) as Arc<dyn EmbeddingStore>;
            let opened = EventService::open(store, model(), MatchPolicy::default()).await;
            assert!(matches!(opened, Err(EventError::Store(_))), "{call:?}");
        }
    }
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    store.next(Call::List, Fault::Unavailable);
    assert!(is_unavailable(&service.check().await));
    service.check().await.unwrap();
}

#[tokio::test]
async fn a_store_that_panics_after_the_write_leaves_no_old_gallery_behind() {
    let (service, store) = with_ada().await;
    store.next(Call::Append, Fault::DoneButPanics);
    let interrupted = service.enrol(&event("e"), &user("ben"), face(2, 1)).await;
    assert!(matches!(interrupted, Err(EventError::Interrupted(_))));
    assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_enrolment_whose_caller_left_is_carried_through() {
    for fault in [Fault::Waits, Fault::DoneThenWaits] {
        let (service, store) = with_ada().await;
        let gate = store.gate(Call::Append, fault);
        let (name, ben) = (event("e"), user("ben"));
        {
            let mut enrolment = Box::pin(service.enrol(&name, &ben, face(2, 1)));
            tokio::select! {
                biased;
                () = gate.reached() => {}
                _ = &mut enrolment => panic!("the gate is closed"),
            }
            assert!(enrolment.now_or_never().is_none(), "dropped before it was done");
        }
        gate.open();
        // The next write waits for its turn, that is until the first is done.
        let last = service.delete_user(&name, &user("nobody")).await;
        assert!(matches!(last, Err(EventError::UnknownUser { .. })));
        let loads = store.loads();
        assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
        assert_eq!(store.loads(), loads, "published, not read again");
        assert_coherent(&service, &store).await;
    }
}

#[tokio::test]
async fn searches_do_not_wait_for_a_write_and_see_it_once_it_is_done() {
    let (service, store) = with_ada().await;
    let service = Arc::new(service);
    let gate = store.gate(Call::Append, Fault::DoneThenWaits);
    let writer = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.enrol(&event("e"), &user("ben"), face(2, 1)).await })
    };
    gate.reached().await;
    assert_eq!(found(&service, &embedding(1, 2)).await.as_deref(), Some("ada"));
    assert_eq!(found(&service, &embedding(2, 2)).await, None);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
    gate.open();
    writer.await.unwrap().unwrap();
    assert_eq!(found(&service, &embedding(2, 2)).await.as_deref(), Some("ben"));
}

#[tokio::test]
async fn an_event_that_is_enrolled_in_while_being_deleted_comes_again_with_the_new_user_alone() {
    let (service, store) = with_ada().await;
    let service = Arc::new(service);
    let gate = store.gate(Call::DeleteEvent, Fault::DoneThenWaits);
    let deleting = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.delete_event(&event("e")).await })
    };
    gate.reached().await;
    let enrolling = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.enrol(&event("e"), &user("ben"), face(2, 1)).await })
    };
    gate.open();
    deleting.await.unwrap().unwrap();
    assert_eq!(enrolling.await.unwrap().unwrap().embedding_count, 1);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ben")]);
    assert_coherent(&service, &store).await;
}
