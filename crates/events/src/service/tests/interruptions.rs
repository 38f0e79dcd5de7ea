//! Changes that cannot be seen for a while: from memory for so long, then not at all, then as if never.

use std::sync::Arc;
use std::time::Duration;

use super::{Call, Fault, Shared, TestStore, embedding, event, face, model, soon, user};
use crate::{EventError, EventService, MatchPolicy, ServedModel, ServiceOptions};
use embedding_store::{EmbeddingStore, StoreError};
use tokio::time::advance;

const MAX_STALENESS: Duration = Duration::from_secs(20);

/// Two services that know `ada`; the first and its handle, and the other.
async fn two(shared: &Arc<Shared>) -> (EventService, Arc<TestStore>, EventService) {
    let join = async || {
        let store = shared.handle();
        let options = ServiceOptions { max_staleness: MAX_STALENESS, ..ServiceOptions::default() };
        let service = EventService::open_with(
            Arc::clone(&store) as Arc<dyn EmbeddingStore>,
            ServedModel::new(model(), MatchPolicy::default()),
            options,
        );
        (service.await.unwrap(), store)
    };
    let ((one, store), (other, _)) = (join().await, join().await);
    other.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    soon("ada", async || found(&one, 1).await.is_ok_and(|found| found)).await;
    (one, store, other)
}

/// Whether a person is found, or that the store is not available.
async fn found(service: &EventService, person: u64) -> Result<bool, EventError> {
    match service.identify(&event("e"), &embedding(person, 9)).await {
        Ok(verdict) => Ok(verdict.matched().is_some()),
        Err(EventError::NotSearchable { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_unavailable<T>(answer: Result<T, EventError>) -> bool {
    matches!(answer, Err(EventError::Store(StoreError::Unavailable { retryable: true, .. })))
}

/// Lets what is told be heard.
async fn heard() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_from_memory_for_so_long_then_refuses_and_then_knows_what_it_missed() {
    let shared = Arc::new(Shared::default());
    let (one, store, other) = two(&shared).await;
    shared.interrupt();
    heard().await;
    other.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    other.delete_user(&event("e"), &user("ada")).await.unwrap();
    other.enrol(&event("new"), &user("eve"), face(3, 1)).await.unwrap();
    advance(MAX_STALENESS).await;
    assert!(found(&one, 1).await.unwrap() && !found(&one, 2).await.unwrap(), "from memory");
    assert_eq!(one.events().await.unwrap().len(), 1);
    one.check().await.unwrap();

    advance(Duration::from_millis(1)).await;
    assert!(is_unavailable(found(&one, 1).await));
    assert!(is_unavailable(one.users(&event("e")).await));
    assert!(is_unavailable(one.users(&event("nowhere")).await));
    assert!(is_unavailable(one.events().await));
    assert!(is_unavailable(one.check().await));
    let loads = store.loads();
    assert_eq!(one.enrol(&event("e"), &user("cy"), face(4, 1)).await.unwrap().embedding_count, 1);
    assert_eq!(store.loads(), loads, "a write asks the store for its own part only");

    shared.reconnect();
    soon("an answer", async || found(&one, 2).await.is_ok()).await;
    assert_eq!(one.users(&event("e")).await.unwrap(), [user("ben"), user("cy")]);
    assert_eq!(one.users(&event("new")).await.unwrap(), [user("eve")]);
    assert!(!found(&one, 1).await.unwrap() && found(&one, 2).await.unwrap() && found(&one, 4).await.unwrap());

    // The time counts from each interruption anew.
    advance(MAX_STALENESS * 2).await;
    assert!(found(&one, 2).await.unwrap());
    shared.interrupt();
    heard().await;
    advance(MAX_STALENESS).await;
    assert!(found(&one, 2).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_fails_leaves_the_galleries_and_the_time_as_they_are() {
    let shared = Arc::new(Shared::default());
    let (one, store, other) = two(&shared).await;
    shared.interrupt();
    heard().await;
    other.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    for call in [Call::List, Call::List, Call::Load, Call::Load, Call::Load] {
        store.next(call, Fault::Unavailable);
    }
    let (lists, loads) = (store.count(Call::List), store.loads());
    shared.reconnect();
    soon("some readings", async || {
        assert!(found(&one, 1).await.unwrap(), "ada stays");
        store.count(Call::List) > lists + 1 && store.loads() > loads + 1
    })
    .await;
    soon("ben", async || found(&one, 2).await.unwrap()).await;

    // As long as it fails it is as if interrupted.
    shared.interrupt();
    for _ in 0..100 {
        store.next(Call::List, Fault::Unavailable);
    }
    shared.reconnect();
    heard().await;
    assert!(found(&one, 1).await.unwrap());
    advance(MAX_STALENESS + Duration::from_millis(1)).await;
    assert!(is_unavailable(found(&one, 1).await));
    store.heal();
    soon("an answer", async || found(&one, 1).await.is_ok()).await;
}

#[tokio::test(start_paused = true)]
async fn an_interruption_during_the_reading_counts_from_its_own_begin() {
    let shared = Arc::new(Shared::default());
    let (one, store, other) = two(&shared).await;
    let gate = store.gate(Call::Load, Fault::DoneThenWaits);
    shared.interrupt();
    heard().await;
    advance(MAX_STALENESS).await;
    shared.reconnect();
    gate.reached().await;
    shared.interrupt();
    heard().await;
    other.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    gate.open();
    heard().await;
    advance(MAX_STALENESS).await;
    assert!(found(&one, 1).await.unwrap(), "what the first one hid was read");
    advance(Duration::from_millis(1)).await;
    assert!(is_unavailable(found(&one, 1).await));
    shared.reconnect();
    soon("ben", async || found(&one, 2).await.is_ok_and(|found| found)).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_damaged_keeps_no_other_from_being_current() {
    let shared = Arc::new(Shared::default());
    let (one, store, other) = two(&shared).await;
    other.enrol(&event("z"), &user("ada"), face(1, 1)).await.unwrap();
    soon("the event", async || one.users(&event("z")).await.is_ok()).await;
    shared.interrupt();
    heard().await;
    other.enrol(&event("z"), &user("zoe"), face(5, 1)).await.unwrap();
    for _ in 0..1000 {
        store.next(Call::Load, Fault::Corrupt);
    }
    let gate = store.gate(Call::List, Fault::Waits);
    shared.reconnect();
    gate.reached().await;
    gate.open();
    soon("an error", async || found(&one, 1).await.is_err()).await;
    assert!(matches!(found(&one, 1).await, Err(EventError::Store(StoreError::Corrupt { .. }))));
    store.heal();
    soon("all", async || one.users(&event("z")).await.is_ok_and(|users| users.len() == 2)).await;
    advance(MAX_STALENESS * 2).await;
    assert!(found(&one, 1).await.unwrap(), "it counts as seen again");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_ends_is_asked_for_again() {
    let shared = Arc::new(Shared::default());
    let (one, store, other) = two(&shared).await;
    store.next(Call::Watch, Fault::Unavailable);
    shared.hang_up();
    other.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    soon("what was missed", async || found(&one, 2).await.unwrap()).await;
    soon("both listen", async || shared.listeners() == 2).await;
    other.enrol(&event("e"), &user("cy"), face(4, 1)).await.unwrap();
    soon("what comes", async || found(&one, 4).await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_watched_at_the_start_is_an_error() {
    let store = Arc::new(Shared::default()).handle();
    store.next(Call::Watch, Fault::Unavailable);
    let opened = EventService::open(store, model(), MatchPolicy::default()).await;
    assert!(is_unavailable(opened));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_while_changes_are_not_seen_leaves_the_event_searchable_without_asking() {
    let shared = Arc::new(Shared::default());
    let (one, store, _other) = two(&shared).await;
    shared.interrupt();
    heard().await;
    store.next(Call::Append, Fault::Unavailable);
    assert!(is_unavailable(one.enrol(&event("e"), &user("ben"), face(2, 1)).await));
    let loads = store.loads();
    assert!(found(&one, 1).await.unwrap());
    assert!(!found(&one, 2).await.unwrap());
    assert_eq!(store.loads(), loads, "a store out of reach is not asked for every search");
    advance(MAX_STALENESS + Duration::from_millis(1)).await;
    assert!(is_unavailable(found(&one, 1).await));
    shared.reconnect();
    soon("ada again", async || found(&one, 1).await.is_ok_and(|found| found)).await;
}
