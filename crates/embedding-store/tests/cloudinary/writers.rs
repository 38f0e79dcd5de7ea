//! Many who write at once: nothing that was acknowledged is lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cloudinary_standin::{Behaviour, Delivery, Endpoint, Fault, Faults, StandIn};
use embedding_store::{Change, CloudinaryStore, EmbeddingStore, EmbeddingStoreExt, StoreError};
use futures_util::StreamExt;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::specimens::{
    account, break_down, document, event, eventually, ids, open, options, put, sample, user,
};

const WRITERS: u16 = 8;
const USERS: u16 = 40;
/// Calls of the Admin API in an hour, when a test is not about them.
const PLENTY: u32 = 10_000_000;

/// Of the calls that fail, half are carried out all the same.
fn a_fifth_fails(account: &mut Behaviour) {
    let limited = Fault::Limited { status: 420, reset: None };
    let kinds = vec![Fault::Page(503), limited, Fault::DropAfter, Fault::HangAfter];
    account.faults = Faults { share: 0.2, kinds };
}

/// Enrols the users of each writer, each with a store of its own, and says who was acknowledged.
async fn enrol(account: &Arc<StandIn>) -> BTreeSet<(String, Uuid)> {
    let (mut writers, ready) = (JoinSet::new(), Arc::new(Barrier::new(WRITERS.into())));
    for writer in 0..WRITERS {
        let (account, ready) = (account.clone(), Arc::clone(&ready));
        writers.spawn(async move {
            let store = open_patiently(&account).await;
            ready.wait().await;
            let mut acknowledged = Vec::new();
            for number in 0..USERS {
                let name = format!("user {writer}-{number}");
                let theirs = sample("conference", &name, number);
                match store.append_sample(theirs.clone()).await {
                    Ok(1) => acknowledged.push((name, theirs.id())),
                    Ok(count) => panic!("{count} samples of a new user"),
                    Err(StoreError::Unavailable { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            acknowledged
        });
    }
    writers.join_all().await.into_iter().flatten().collect()
}

/// A store that fails to open is no store: whoever needs one tries again.
async fn open_patiently(account: &StandIn) -> CloudinaryStore {
    loop {
        match open(account).await {
            Ok(store) => return store,
            Err(StoreError::Unavailable { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn stored(account: &StandIn) -> BTreeSet<(String, Uuid)> {
    let snapshot = open(account).await.unwrap().load_event(&event("conference")).await.unwrap();
    let users = snapshot.users.into_iter();
    users.flat_map(|user| user.samples).map(|sample| (sample.user().to_string(), sample.id())).collect()
}

/// The way of the old service: read the one document, add to it, write it back.
async fn enrol_in_one_document(account: &Arc<StandIn>) -> usize {
    const ID: &str = "face_recognition/embeddings.json";
    let (mut writers, ready) = (JoinSet::new(), Arc::new(Barrier::new(WRITERS.into())));
    for writer in 0..WRITERS {
        let (account, ready) = (account.clone(), Arc::clone(&ready));
        writers.spawn(async move {
            ready.wait().await;
            for number in 0..USERS {
                let mut text = document(&account, Delivery::Upload, ID).unwrap_or_default();
                // The time of the two calls, in which others read and write too.
                tokio::time::sleep(Duration::from_millis(5)).await;
                text.extend_from_slice(format!("{writer}-{number}\n").as_bytes());
                put(&account, Delivery::Upload, ID, &text);
            }
        });
    }
    writers.join_all().await;
    document(account, Delivery::Upload, ID).unwrap().iter().filter(|byte| **byte == b'\n').count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_lose_nothing_where_the_old_way_loses_most() {
    let account = Arc::new(account());
    let acknowledged = enrol(&account).await;
    let (stored, total) = (stored(&account).await, usize::from(WRITERS * USERS));
    let old = enrol_in_one_document(&account).await;
    println!("{WRITERS} writers, {USERS} users each: {} of {total} are there", stored.len());
    println!("one document, read, changed and written back: {old} of {total} are there");
    assert_eq!(acknowledged.len(), total);
    assert_eq!(stored, acknowledged);
    assert!(old < total / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_lose_nothing_acknowledged_though_a_fifth_of_the_calls_fails() {
    let account = Arc::new(account());
    // The event is there, so that what is counted are the users.
    open(&account).await.unwrap().append_sample(sample("conference", "first", 0)).await.unwrap();
    account.behave(a_fifth_fails);
    let acknowledged = enrol(&account).await;
    account.stop_failing();
    let stored = stored(&account).await;
    let total = usize::from(WRITERS * USERS);
    println!(
        "a fifth of the calls failing: {} of {total} acknowledged, {} there",
        acknowledged.len(),
        stored.len() - 1
    );
    assert!(acknowledged.is_subset(&stored));
    assert!(acknowledged.len() > total * 9 / 10, "calls are tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_that_append_to_one_user_lose_nothing_and_the_next_write_makes_one_revision() {
    let account = account();
    let (a, b) = (Arc::new(open(&account).await.unwrap()), Arc::new(open(&account).await.unwrap()));
    a.append_sample(sample("conference", "ada", 0)).await.unwrap();
    b.refresh().await.unwrap();
    let mut writers = JoinSet::new();
    for (store, offset) in [(&a, 100), (&b, 200)] {
        let store = Arc::clone(store);
        writers.spawn(async move {
            for number in 0..20 {
                store.append_sample(sample("conference", "ada", offset + number)).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    for store in [&a, &b] {
        store.refresh().await.unwrap();
        let samples = store.samples(&event("conference"), &user("ada")).await.unwrap();
        assert_eq!(samples.len(), 41);
        let record = store.user(&event("conference"), &user("ada")).await.unwrap().unwrap();
        assert_eq!(record.created, sample("conference", "ada", 0).created());
        assert_eq!(record.updated, sample("conference", "ada", 219).created());
    }
    assert_eq!(a.append_sample(sample("conference", "ada", 300)).await.unwrap(), 42);
    let users = |account: &StandIn| ids(account).iter().filter(|id| id.contains("/u-ada/")).count();
    eventually("one revision of the user is left", || users(&account) == 1).await;
    b.refresh().await.unwrap();
    assert_eq!(b.samples(&event("conference"), &user("ada")).await.unwrap().len(), 42);
}

#[tokio::test]
async fn an_event_that_two_stores_make_at_once_has_the_users_of_both() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    a.append_sample(sample("conference", "ada", 1)).await.unwrap();
    b.append_sample(sample("conference", "bob", 2)).await.unwrap();
    for store in [&a, &b] {
        store.refresh().await.unwrap();
        assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 2);
    }
    a.delete_event(&event("conference")).await.unwrap();
    b.refresh().await.unwrap();
    assert_eq!(b.event(&event("conference")).await.unwrap(), None);
    b.append_sample(sample("conference", "eve", 3)).await.unwrap();
    let reopened = open(&account).await.unwrap();
    assert_eq!(reopened.all_users(&event("conference")).await.unwrap().len(), 1, "the deleted do not return");
}

#[tokio::test]
async fn what_others_change_is_in_the_feed_and_ones_own_changes_are_not() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    let mut feed = b.changes().await.unwrap().unwrap();
    b.append_sample(sample("own", "eve", 1)).await.unwrap();
    a.append_sample(sample("conference", "ada", 1)).await.unwrap();
    b.refresh().await.unwrap();
    let mut changes = vec![feed.next().await.unwrap(), feed.next().await.unwrap()];
    changes.sort_by_key(|change| matches!(change, Change::User(..)));
    let expected = [Change::Event(event("conference")), Change::User(event("conference"), user("ada"))];
    assert_eq!(changes, expected);

    a.delete_user(&event("conference"), &user("ada")).await.unwrap();
    b.refresh().await.unwrap();
    assert_eq!(feed.next().await.unwrap(), Change::User(event("conference"), user("ada")));
    assert_eq!(b.user(&event("conference"), &user("ada")).await.unwrap(), None);
}

#[tokio::test]
async fn listeners_learn_when_changes_cannot_be_read_and_when_they_can_again() {
    let account = account();
    // With 500 calls an hour there would be one listing in 14 s.
    account.behave(|account| account.admin_limit = PLENTY);
    let mut options = options(&account);
    options.refresh = Duration::from_millis(50);
    options.deadline = Duration::from_millis(200);
    let store = CloudinaryStore::open(options).await.unwrap();
    let mut feed = store.changes().await.unwrap().unwrap();
    break_down(&account, Endpoint::AdminList);
    assert_eq!(feed.next().await.unwrap(), Change::Interrupted);
    account.stop_failing();
    assert_eq!(feed.next().await.unwrap(), Change::Everything);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_write_to_the_same_users_lose_nothing_though_calls_fail_and_sweeps_run() {
    const STORES: u16 = 4;
    let account = Arc::new(account());
    account.behave(|account| account.admin_limit = PLENTY);
    open(&account).await.unwrap().append_sample(sample("conference", "user 0", 0)).await.unwrap();
    account.behave(a_fifth_fails);
    let mut writers = JoinSet::new();
    for writer in 0..STORES {
        let account = account.clone();
        writers.spawn(async move {
            let store = open_patiently(&account).await;
            let mut acknowledged = Vec::new();
            for number in 0..40 {
                let theirs = sample("conference", &format!("user {}", number % 3), 1000 * writer + number);
                match store.append_sample(theirs.clone()).await {
                    Ok(_) => acknowledged.push((theirs.user().to_string(), theirs.id())),
                    Err(StoreError::Unavailable { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                if number % 4 == writer {
                    store.sweep().await;
                    match store.refresh().await {
                        Ok(()) | Err(StoreError::Unavailable { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            acknowledged
        });
    }
    let acknowledged: BTreeSet<_> = writers.join_all().await.into_iter().flatten().collect();
    account.stop_failing();
    let stored = stored(&account).await;
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    assert!(acknowledged.len() > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_keeps_up_with_a_writer_that_destroys_what_is_being_read() {
    let account = account();
    account.behave(|account| account.admin_limit = PLENTY);
    let (writer, reader) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    let writing = tokio::spawn(async move {
        for number in 0..150 {
            writer.append_sample(sample("conference", "ada", number)).await.unwrap();
        }
    });
    let (mut seen, mut is_over) = (0, false);
    while !is_over {
        is_over = writing.is_finished();
        match reader.refresh().await {
            Ok(()) => {}
            Err(StoreError::Unavailable { retryable: true, .. }) if !is_over => continue,
            Err(error) => panic!("{error}"),
        }
        let count = match reader.samples(&event("conference"), &user("ada")).await {
            Ok(samples) => samples.len(),
            Err(StoreError::NotFound { .. }) if seen == 0 => 0,
            Err(error) => panic!("{error}"),
        };
        assert!(count >= seen, "{count} samples after {seen}");
        seen = count;
    }
    assert_eq!(seen, 150);
}
