//! The galleries are what the store holds, whatever was asked, in whatever order, at the same time.

use std::sync::Arc;

use super::{Call, Fault, TrialStore, assert_coherent, embedding, event, face, open, picture_of, user};
use crate::{EventError, EventService};
use embedding_store::EmbeddingStore;
use proptest::prelude::*;

/// Something to ask of the service.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Enrol { event: u8, user: u8, picture: u64 },
    DeleteUser { event: u8, user: u8 },
    DeleteEvent { event: u8 },
    Identify { event: u8, person: u64 },
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        6 => (0_u8..2, 0_u8..4, 0_u64..20).prop_map(|(event, user, picture)| Ask::Enrol { event, user, picture }),
        3 => (0_u8..2, 0_u8..4).prop_map(|(event, user)| Ask::DeleteUser { event, user }),
        1 => (0_u8..2).prop_map(|event| Ask::DeleteEvent { event }),
        3 => (0_u8..2, 0_u64..4).prop_map(|(event, person)| Ask::Identify { event, person }),
    ]
}

fn fault() -> impl Strategy<Value = (Call, Fault)> {
    let call = prop_oneof![
        4 => Just(Call::Append),
        2 => Just(Call::DeleteUser),
        1 => Just(Call::DeleteEvent),
        1 => Just(Call::Samples),
        2 => Just(Call::Load),
    ];
    let fault = prop_oneof![
        2 => Just(Fault::Unavailable),
        3 => Just(Fault::DoneButUnavailable),
        1 => Just(Fault::Corrupt),
    ];
    (call, fault)
}

pub(super) async fn obey(service: &EventService, ask: Ask) -> Result<(), EventError> {
    let event = |number: u8| event(&format!("event {number}"));
    let user = |number: u8| user(&format!("user {number}"));
    match ask {
        Ask::Enrol { event: e, user: u, picture } => {
            service.enrol(&event(e), &user(u), face(u.into(), picture)).await.map(|_| ())
        }
        Ask::DeleteUser { event: e, user: u } => service.delete_user(&event(e), &user(u)).await,
        Ask::DeleteEvent { event: e } => service.delete_event(&event(e)).await,
        Ask::Identify { event: e, person } => {
            service.identify(&event(e), &embedding(person, 50)).await.map(|_| ())
        }
    }
}

/// Nobody and nothing there is a fair answer to a random question; so is a fault that was planned.
pub(super) fn assert_expected(answer: Result<(), EventError>, faults: bool) {
    match answer {
        Ok(())
        | Err(
            EventError::UnknownEvent { .. }
            | EventError::UnknownUser { .. }
            | EventError::NotSearchable { .. },
        ) => {}
        Err(EventError::Store(error)) if faults => assert!(error.to_string().contains("a trial"), "{error}"),
        Err(error) => panic!("{error:?}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #[test]
    fn any_sequence_leaves_what_a_fresh_start_reads(asks in prop::collection::vec(ask(), 0..40)) {
        runtime().block_on(async {
            let store = Arc::new(TrialStore::default());
            let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
            for ask in asks {
                assert_expected(obey(&service, ask).await, false);
            }
            let loads = store.loads();
            picture_of(&service).await;
            assert_eq!(store.loads(), loads, "nothing was stale");
            assert_coherent(&service, &store).await;
        });
    }

    #[test]
    fn so_does_any_sequence_on_a_store_that_fails(
        steps in prop::collection::vec((ask(), prop::option::weighted(0.3, fault())), 0..40),
    ) {
        runtime().block_on(async {
            let store = Arc::new(TrialStore::default());
            let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
            for (ask, fault) in steps {
                if let Some((call, fault)) = fault {
                    store.next(call, fault);
                }
                assert_expected(obey(&service, ask).await, true);
            }
            store.heal();
            assert_coherent(&service, &store).await;
        });
    }

    #[test]
    fn so_do_sequences_side_by_side(
        sequences in prop::collection::vec(prop::collection::vec(ask(), 0..12), 2..8),
        faults in prop::collection::vec(fault(), 0..6),
    ) {
        runtime().block_on(async {
            let store = Arc::new(TrialStore::default());
            let service = Arc::new(open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await);
            for (call, fault) in faults {
                store.next(call, fault);
            }
            side_by_side(&service, sequences).await;
            store.heal();
            assert_coherent(&service, &store).await;
        });
    }
}

async fn side_by_side(service: &Arc<EventService>, sequences: Vec<Vec<Ask>>) {
    let tasks: Vec<_> = sequences
        .into_iter()
        .map(|asks| {
            let service = Arc::clone(service);
            tokio::spawn(async move {
                for ask in asks {
                    assert_expected(obey(&service, ask).await, true);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_enrolling_and_deleting_lose_nothing() {
    let store = Arc::new(TrialStore::default());
    let service = Arc::new(open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await);
    let sequence = |task: u8| {
        let step = move |n: u8| {
            let (event, user) = (n % 2, (n / 2 + task) % 4);
            match (n.wrapping_mul(31).wrapping_add(task.wrapping_mul(17))) % 16 {
                0..=8 => Ask::Enrol { event, user, picture: n.into() },
                9..=11 => Ask::DeleteUser { event, user },
                12 => Ask::DeleteEvent { event },
                _ => Ask::Identify { event, person: user.into() },
            }
        };
        (0..150).map(step).collect()
    };
    side_by_side(&service, (0..16).map(sequence).collect()).await;
    assert_coherent(&service, &store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_faces_of_one_user_are_all_counted() {
    let store = Arc::new(TrialStore::default());
    let service = Arc::new(open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await);
    let tasks: Vec<_> = (0..50)
        .map(|picture| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.enrol(&event("e"), &user("ada"), face(1, picture)).await })
        })
        .collect();
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.unwrap().unwrap().embedding_count);
    }
    counts.sort_unstable();
    assert!(counts.into_iter().eq(1..=50));
    assert_coherent(&service, &store).await;
}
