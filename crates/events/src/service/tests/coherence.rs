//! The galleries are what the store holds, whatever was asked, in whatever order, at the same time.

use std::sync::Arc;

use super::{Call, Fault, TestStore, assert_coherent, embedding, event, face, open, picture_of, user};
use crate::{
    DuplicatePolicy, EnrolmentOptions, EventChange, EventError, EventService, EventSettings, MatchRule,
    Metadata,
};
use embedding::Distance;
use embedding_store::EmbeddingStore;
use proptest::prelude::*;
use uuid::Uuid;

/// Something to ask of the service.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Enrol { event: u8, user: u8, picture: u64 },
    DeleteUser { event: u8, user: u8 },
    DeleteEvent { event: u8 },
    Identify { event: u8, person: u64 },
    EnrolAll { event: u8, user: u8, person: u8, pictures: Vec<u64>, options: EnrolmentOptions },
    RemoveSample { event: u8, user: u8, number: usize },
    CreateEvent { event: u8, settings: EventSettings },
    UpdateEvent { event: u8, change: EventChange },
    UpdateUser { event: u8, user: u8 },
}

fn policy() -> impl Strategy<Value = Option<DuplicatePolicy>> {
    prop::option::of(prop::sample::select(vec![
        DuplicatePolicy::Reject,
        DuplicatePolicy::Warn,
        DuplicatePolicy::Allow,
    ]))
}

fn rule() -> impl Strategy<Value = Option<MatchRule>> {
    let threshold = prop::sample::select(vec![0.0, 0.1, 0.4]);
    prop::option::of(threshold.prop_map(|value| MatchRule::Threshold(Distance::new(value).unwrap())))
}

fn options() -> impl Strategy<Value = EnrolmentOptions> {
    (policy(), prop::option::of("[ab]")).prop_map(|(on_duplicate, request)| EnrolmentOptions {
        on_duplicate,
        request,
        ..EnrolmentOptions::default()
    })
}

fn settings() -> impl Strategy<Value = EventSettings> {
    (rule(), policy()).prop_map(|(match_rule, on_duplicate)| EventSettings {
        match_rule,
        on_duplicate,
        ..EventSettings::default()
    })
}

fn change() -> impl Strategy<Value = EventChange> {
    (prop::option::of(rule()), prop::option::of(policy())).prop_map(|(match_rule, on_duplicate)| {
        EventChange { match_rule, on_duplicate, ..EventChange::default() }
    })
}

/// Faces of a few persons under a few names, so that some are there already.
fn enrol_all() -> impl Strategy<Value = Ask> {
    (0_u8..2, 0_u8..4, 0_u8..4, prop::collection::vec(0_u64..3, 1..4), options()).prop_map(
        |(event, user, person, pictures, options)| Ask::EnrolAll { event, user, person, pictures, options },
    )
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        6 => (0_u8..2, 0_u8..4, 0_u64..20).prop_map(|(event, user, picture)| Ask::Enrol { event, user, picture }),
        3 => (0_u8..2, 0_u8..4).prop_map(|(event, user)| Ask::DeleteUser { event, user }),
        1 => (0_u8..2).prop_map(|event| Ask::DeleteEvent { event }),
        3 => (0_u8..2, 0_u64..4).prop_map(|(event, person)| Ask::Identify { event, person }),
        4 => enrol_all(),
        3 => (0_u8..2, 0_u8..4, 0_usize..4).prop_map(|(event, user, number)| Ask::RemoveSample { event, user, number }),
        1 => (0_u8..2, settings()).prop_map(|(event, settings)| Ask::CreateEvent { event, settings }),
        2 => (0_u8..2, change()).prop_map(|(event, change)| Ask::UpdateEvent { event, change }),
        1 => (0_u8..2, 0_u8..4).prop_map(|(event, user)| Ask::UpdateUser { event, user }),
    ]
}

fn fault() -> impl Strategy<Value = (Call, Fault)> {
    let call = prop_oneof![
        4 => Just(Call::Append),
        2 => Just(Call::DeleteUser),
        1 => Just(Call::DeleteEvent),
        1 => Just(Call::CreateEvent),
        2 => Just(Call::UpdateEvent),
        2 => Just(Call::DeleteSample),
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
        Ask::EnrolAll { event: e, user: u, person, pictures, options } => {
            let faces = pictures.into_iter().map(|picture| face(person.into(), picture)).collect();
            service.enrol_all(&event(e), &user(u), faces, options).await.map(|_| ())
        }
        Ask::RemoveSample { event: e, user: u, number } => {
            let samples = service.samples(&event(e), &user(u)).await?;
            let id = samples.get(number).map_or(Uuid::nil(), |sample| sample.id);
            service.remove_sample(&event(e), &user(u), id).await.map(|_| ())
        }
        Ask::CreateEvent { event: e, settings } => {
            service.create_event(&event(e), settings).await.map(|_| ())
        }
        Ask::UpdateEvent { event: e, change } => service.update_event(&event(e), change).await.map(|_| ()),
        Ask::UpdateUser { event: e, user: u } => {
            service.update_user(&event(e), &user(u), Metadata::new()).await.map(|_| ())
        }
    }
}

/// That something is not there, or is already, is a fair answer to a random question; so is a fault that was planned.
pub(super) fn assert_expected(answer: Result<(), EventError>, faults: bool) {
    match answer {
        Ok(())
        | Err(
            EventError::UnknownEvent { .. }
            | EventError::UnknownUser { .. }
            | EventError::NotSearchable { .. }
            | EventError::UnknownSample { .. }
            | EventError::LastSample { .. }
            | EventError::EventExists { .. }
            | EventError::DuplicatePerson { .. }
            | EventError::OtherPerson { .. }
            | EventError::RequestReused { .. },
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
            let store = Arc::new(TestStore::default());
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
            let store = Arc::new(TestStore::default());
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
            let store = Arc::new(TestStore::default());
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
    let store = Arc::new(TestStore::default());
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
    let store = Arc::new(TestStore::default());
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
