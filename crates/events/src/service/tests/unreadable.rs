//! Users and events that the store cannot read and keeps out: an error for whoever asks for them, nothing for others.

use std::sync::Arc;

use embedding_store::{EmbeddingStore, StoreError};

use super::{Shared, TestStore, embedding, event, face, open, soon, user};
use crate::{EventError, EventService};

fn is_corrupt<T: std::fmt::Debug>(outcome: Result<T, EventError>) -> bool {
    matches!(outcome, Err(EventError::Store(StoreError::Corrupt { .. })))
}

/// A store with two users of the event `e` and one of `other`.
async fn filled() -> Arc<TestStore> {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    for (name, to, person) in [("ada", "e", 1), ("ben", "e", 2), ("tim", "other", 3)] {
        service.enrol(&event(to), &user(name), face(person, 1)).await.unwrap();
    }
    store
}

async fn found(service: &EventService, to: &str, person: u64) -> Option<String> {
    let verdict = service.identify(&event(to), &embedding(person, 9)).await.ok()?;
    verdict.matched().map(ToString::to_string)
}

#[tokio::test]
async fn a_user_who_cannot_be_read_is_an_error_to_ask_for_and_the_others_are_found() {
    let store = filled().await;
    store.damage(event("e"), Some(user("ben")));
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    assert_eq!(service.unreadable_records(), 1);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
    assert_eq!(found(&service, "e", 1).await.as_deref(), Some("ada"));
    assert!(is_corrupt(service.verify(&event("e"), &user("ben"), &embedding(2, 9)).await));
    assert!(is_corrupt(service.user(&event("e"), &user("ben")).await));
    assert!(is_corrupt(service.enrol(&event("e"), &user("ben"), face(2, 2)).await));
    let nobody = service.verify(&event("e"), &user("eve"), &embedding(2, 9)).await;
    assert!(matches!(nobody, Err(EventError::UnknownUser { .. })));
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_never_taken_for_absent_and_the_others_go_on() {
    let store = filled().await;
    store.damage(event("e"), None);
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    assert!(is_corrupt(service.identify(&event("e"), &embedding(1, 9)).await));
    assert!(is_corrupt(service.users(&event("e")).await));
    assert!(is_corrupt(service.enrol(&event("e"), &user("eve"), face(4, 1)).await));
    assert_eq!(service.events().await.unwrap().len(), 1);
    assert_eq!(found(&service, "other", 3).await.as_deref(), Some("tim"));
}

#[tokio::test(start_paused = true)]
async fn what_becomes_unreadable_meanwhile_is_kept_out_when_its_change_is_told() {
    let shared = Arc::new(Shared::default());
    let (one, store) = super::sharing::join(&shared).await;
    let (other, _) = super::sharing::join(&shared).await;
    for (name, person) in [("ada", 1), ("ben", 2)] {
        one.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    store.damage(event("e"), Some(user("ben")));
    other.enrol(&event("e"), &user("ben"), face(2, 2)).await.unwrap();
    soon("ben is kept out", async || one.users(&event("e")).await.unwrap() == [user("ada")]).await;
    assert_eq!(found(&one, "e", 1).await.as_deref(), Some("ada"));

    store.damage(event("e"), None);
    other.enrol(&event("e"), &user("ada"), face(1, 2)).await.unwrap();
    soon("the event is kept out", async || one.events().await.unwrap().is_empty()).await;
    assert!(is_corrupt(one.identify(&event("e"), &embedding(1, 9)).await));
}
