//! What the service says of itself, in numbers alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::sharing::join;
use super::{Shared, embedding, event, face, soon, user};
use crate::ServiceStatus;

#[tokio::test(start_paused = true)]
async fn the_status_counts_events_and_users_and_says_for_how_long_changes_are_missed() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    assert_eq!(one.status(), ServiceStatus::default());
    for (name, person) in [("ada", 1), ("ben", 2)] {
        other.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    other.enrol(&event("second"), &user("ada"), face(1, 1)).await.unwrap();
    let filled = ServiceStatus { events: 2, users_in_memory: 3, ..ServiceStatus::default() };
    soon("the others' changes are read", async || one.status() == filled).await;
    shared.interrupt();
    soon("the interruption is noted", async || one.status().behind.is_some()).await;
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(one.status().behind >= Some(Duration::from_secs(30)));
    shared.reconnect();
    soon("nothing is missing", async || one.status() == filled).await;
}

#[tokio::test]
async fn each_comparison_is_observed_once_and_a_search_of_nobody_is_none() {
    let (service, _) = join(&Arc::new(Shared::default())).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    service.observe_matches(Arc::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    assert!(service.identify(&event("e"), &embedding(1, 2)).await.is_err());
    assert_eq!(seen.load(Ordering::Relaxed), 0);
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    service.identify(&event("e"), &embedding(1, 2)).await.unwrap();
    service.verify(&event("e"), &user("ada"), &embedding(1, 2)).await.unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}
