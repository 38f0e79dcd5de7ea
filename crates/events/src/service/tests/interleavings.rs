//! Several services on one store, asked in any order and at once: all end with what the store holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::coherence::{Ask, ask, assert_expected, obey};
use super::sharing::{assert_shows_what_is_stored, join};
use super::{Shared, event, face, paused, user};
use embedding_store::EmbeddingStore;
use proptest::prelude::*;

/// Something that happens in a test: a service is asked, or the news of changes stops or goes on.
#[derive(Debug, Clone)]
enum Step {
    Asked { first: bool, ask: Ask },
    Held,
    Released,
    Interrupted,
    Reconnected,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => (any::<bool>(), ask()).prop_map(|(first, ask)| Step::Asked { first, ask }),
        1 => Just(Step::Held),
        1 => Just(Step::Released),
        1 => Just(Step::Interrupted),
        1 => Just(Step::Reconnected),
    ]
}

proptest! {
    #[test]
    fn two_services_end_with_what_the_store_holds_whatever_they_did(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        paused(async {
            let shared = Arc::new(Shared::default());
            let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
            let mut interrupted = false;
            for step in steps {
                match step {
                    Step::Asked { first, ask } => {
                        assert_expected(obey(if first { &one } else { &other }, ask).await, false);
                    }
                    Step::Held => shared.hold(),
                    Step::Released => shared.release(),
                    Step::Interrupted => {
                        interrupted = true;
                        shared.interrupt();
                    }
                    Step::Reconnected => {
                        interrupted = false;
                        shared.reconnect();
                    }
                }
            }
            shared.release();
            if interrupted {
                shared.reconnect();
            }
            for service in [&one, &other] {
                assert_shows_what_is_stored(service, &shared).await;
            }
        });
    }

    #[test]
    fn so_do_services_that_are_asked_side_by_side(
        sequences in prop::collection::vec((any::<bool>(), prop::collection::vec(ask(), 0..12)), 2..8),
    ) {
        paused(async {
            let shared = Arc::new(Shared::default());
            let services = [Arc::new(join(&shared).await.0), Arc::new(join(&shared).await.0)];
            let mut tasks = tokio::task::JoinSet::new();
            for (first, asks) in sequences {
                let service = Arc::clone(&services[usize::from(first)]);
                tasks.spawn(async move {
                    for ask in asks {
                        assert_expected(obey(&service, ask).await, false);
                    }
                });
            }
            tasks.join_all().await;
            for service in &services {
                assert_shows_what_is_stored(service, &shared).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn faces_enrolled_through_three_services_at_once_are_all_found_through_each() {
    let shared = Arc::new(Shared::default());
    let mut services = Vec::new();
    for _ in 0..3 {
        services.push(Arc::new(join(&shared).await.0));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (number, service) in (0_u64..).zip(&services) {
        let service = Arc::clone(service);
        tasks.spawn(async move {
            for n in 0..40 {
                let name = user(&format!("user {}", (n * 7 + number) % 10));
                service.enrol(&event("e"), &name, face(n % 10, n * 3 + number)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for service in &services {
        assert_shows_what_is_stored(service, &shared).await;
    }
    let stored = shared.data.load_event(&event("e")).await.unwrap();
    assert_eq!(stored.users.iter().map(|user| user.samples.len()).sum::<usize>(), 120);
    let ids: BTreeSet<_> =
        stored.users.iter().flat_map(|user| &user.samples).map(|sample| sample.id()).collect();
    assert_eq!(ids.len(), 120);
}
