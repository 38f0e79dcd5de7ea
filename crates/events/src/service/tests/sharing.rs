//! Several services on one store: what one does, the others come to know.

use std::sync::Arc;

use super::{Call, Fault, Shared, TestStore, embedding, event, face, model, open, picture_of, soon, user};
use crate::{EventError, EventService, EventSummary, ServiceOptions};
use embedding::ModelId;
use embedding_store::{EmbeddingStore, EventRecord, StoreError};
use time::OffsetDateTime;
use tokio::time::{Instant, advance};

/// A service and its handle on the store.
pub(super) async fn join(shared: &Arc<Shared>) -> (EventService, Arc<TestStore>) {
    let store = shared.handle();
    (open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await, store)
}

async fn found(service: &EventService, person: u64) -> Option<String> {
    let verdict = service.identify(&event("e"), &embedding(person, 9)).await.ok()?;
    verdict.matched().map(ToString::to_string)
}

pub(super) async fn assert_shows_what_is_stored(service: &EventService, shared: &Arc<Shared>) {
    let fresh = picture_of(&join(shared).await.0).await;
    soon("the service shows what the store holds", async || picture_of(service).await == fresh).await;
}

#[tokio::test(start_paused = true)]
async fn what_one_service_enrols_and_deletes_the_other_finds_and_forgets() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    one.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    soon("a new event", async || found(&other, 1).await.as_deref() == Some("ada")).await;
    one.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    soon("a new user", async || found(&other, 2).await.as_deref() == Some("ben")).await;
    let summary = EventSummary { name: event("e"), user_count: 2 };
    assert_eq!(other.events().await.unwrap(), [summary]);

    // The other way round, and of a user that both have enrolled.
    other.enrol(&event("e"), &user("ada"), face(3, 1)).await.unwrap();
    assert_shows_what_is_stored(&one, &shared).await;
    other.delete_user(&event("e"), &user("ada")).await.unwrap();
    soon("a user less", async || one.users(&event("e")).await.unwrap() == [user("ben")]).await;
    assert_eq!(found(&one, 1).await, None);
    other.delete_event(&event("e")).await.unwrap();
    soon("an event less", async || one.events().await.unwrap().is_empty()).await;
    assert!(matches!(one.users(&event("e")).await, Err(EventError::UnknownEvent { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_a_service_starts_is_not_missed() {
    let shared = Arc::new(Shared::default());
    let (one, _) = join(&shared).await;
    one.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let store = shared.handle();
    let gate = store.gate(Call::Load, Fault::DoneThenWaits);
    let opening = tokio::spawn(open(store));
    gate.reached().await;
    one.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    one.enrol(&event("new"), &user("eve"), face(3, 1)).await.unwrap();
    gate.open();
    assert_shows_what_is_stored(&opening.await.unwrap(), &shared).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_does_not_read_back_what_it_wrote() {
    let shared = Arc::new(Shared::default());
    let ((one, store), (other, _)) = (join(&shared).await, join(&shared).await);
    for number in 0..20 {
        one.enrol(&event("e"), &user(&format!("user {number}")), face(number, 1)).await.unwrap();
    }
    soon("seen by the other", async || found(&other, 19).await.is_some()).await;
    assert_eq!((store.count(Call::Load), store.count(Call::Samples)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_changes_to_one_event_is_read_at_once() {
    let shared = Arc::new(Shared::default());
    let (one, _) = join(&shared).await;
    for number in 0..3 {
        one.enrol(&event("e"), &user(&format!("user {number}")), face(number, 0)).await.unwrap();
    }
    let (other, store) = join(&shared).await;
    let (loads, gate) = (store.loads(), store.gate(Call::Samples, Fault::Waits));
    one.enrol(&event("e"), &user("user 0"), face(0, 1)).await.unwrap();
    gate.reached().await;
    for picture in 2..100 {
        one.enrol(&event("e"), &user(&format!("user {}", picture % 3)), face(picture % 3, picture))
            .await
            .unwrap();
    }
    gate.open();
    assert_shows_what_is_stored(&other, &shared).await;
    assert_eq!((store.count(Call::Samples), store.loads()), (4, loads), "one reading a user");

    // Of many users, the event is read.
    let gate = store.gate(Call::Samples, Fault::Waits);
    one.enrol(&event("e"), &user("user 0"), face(0, 100)).await.unwrap();
    gate.reached().await;
    for number in 3..100 {
        one.enrol(&event("e"), &user(&format!("user {number}")), face(number, 0)).await.unwrap();
    }
    gate.open();
    assert_shows_what_is_stored(&other, &shared).await;
    assert_eq!((store.count(Call::Samples), store.loads()), (5, loads + 1));
}

#[tokio::test(start_paused = true)]
async fn a_user_is_enrolled_again_in_an_event_that_another_deleted_unheard() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    for (person, name) in [(1, "ada"), (2, "ben")] {
        one.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    assert_shows_what_is_stored(&other, &shared).await;
    shared.hold();
    other.delete_event(&event("e")).await.unwrap();
    assert_eq!(one.users(&event("e")).await.unwrap().len(), 2, "it was not heard of");
    assert_eq!(one.enrol(&event("e"), &user("ada"), face(1, 2)).await.unwrap().embedding_count, 1);
    assert_eq!(one.users(&event("e")).await.unwrap(), [user("ada")]);
    shared.release();
    for service in [&one, &other] {
        assert_shows_what_is_stored(service, &shared).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_another_made_for_another_model_unheard_is_refused_as_such() {
    let shared = Arc::new(Shared::default());
    let ((one, store), their_handle) = (join(&shared).await, shared.handle());
    shared.hold();
    let theirs = ModelId::new("other-model").unwrap();
    let record = EventRecord::new(event("e"), theirs.clone(), OffsetDateTime::UNIX_EPOCH);
    their_handle.create_event(record).await.unwrap();
    let refused = one.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap_err();
    assert!(
        matches!(&refused, EventError::ModelMismatch { expected, given, .. } if (expected, given) == (&theirs, &model())),
        "{refused}"
    );
    assert_eq!(store.count(Call::Append), 1, "not tried again with the event known");

    // And as one's own, when it was made anew for the model of this service.
    their_handle.delete_event(&event("e")).await.unwrap();
    their_handle
        .create_event(EventRecord::new(event("e"), model(), OffsetDateTime::UNIX_EPOCH))
        .await
        .unwrap();
    shared.release();
    soon("the event of this model", async || one.enrol(&event("e"), &user("ada"), face(1, 1)).await.is_ok())
        .await;
    assert_shows_what_is_stored(&one, &shared).await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_event_that_cannot_be_read_is_as_it_was_for_so_long_and_then_not_answered_for() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, store)) = (join(&shared).await, join(&shared).await);
    for name in ["e", "calm"] {
        one.enrol(&event(name), &user("ada"), face(1, 1)).await.unwrap();
    }
    assert_shows_what_is_stored(&other, &shared).await;
    for call in [[Call::Samples; 1000], [Call::Load; 1000]].concat() {
        store.next(call, Fault::Unavailable);
    }
    one.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    let (start, loads) = (Instant::now(), store.loads());
    soon("some readings", async || store.loads() > loads + 2).await;
    assert_eq!(found(&other, 1).await.as_deref(), Some("ada"), "the gallery is never empty");
    assert_eq!(found(&other, 2).await, None);
    advance(ServiceOptions::default().max_staleness - start.elapsed()).await;
    assert_eq!(found(&other, 1).await.as_deref(), Some("ada"));
    advance(start.elapsed()).await;
    let answer = other.identify(&event("e"), &embedding(1, 2)).await;
    assert!(matches!(&answer, Err(EventError::Store(StoreError::Unavailable { .. }))), "{answer:?}");
    assert_eq!(other.users(&event("calm")).await.unwrap(), [user("ada")], "other events are not touched");
    store.heal();
    let loads = store.loads();
    soon("read again without being asked", async || store.loads() > loads).await;
    assert_eq!(found(&other, 2).await.as_deref(), Some("ben"));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_follows_no_changes() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    assert_eq!(shared.listeners(), 2);
    drop(other);
    soon("one listener less", async || shared.listeners() == 1).await;
    drop(one);
    soon("no listener", async || shared.listeners() == 0).await;
}
