//! Documents that are there and cannot be read: one costs one user or one event, and nothing is written over it.

use cloudinary_standin::{Delivery, StandIn};
use embedding_store::{Change, CloudinaryStore, EmbeddingStore, EmbeddingStoreExt, EventRecord, StoreError};
use futures_util::StreamExt;

use super::specimens::{account, document, event, eventually, ids, open, options, put, sample, user};

/// Three users of an event.
async fn conference() -> (StandIn, CloudinaryStore) {
    let account = account();
    let store = open(&account).await.unwrap();
    for (number, name) in ["ada", "ben", "eve"].into_iter().enumerate() {
        store.append_sample(sample("conference", name, u16::try_from(number).unwrap())).await.unwrap();
    }
    (account, store)
}

/// The id of the only document whose id has this in it, and what is in it.
fn found(account: &StandIn, part: &str) -> (String, Vec<u8>) {
    let mut ids = ids(account).into_iter().filter(|id| id.contains(part));
    let id = ids.next().unwrap();
    assert_eq!(ids.next(), None);
    let whole = document(account, Delivery::Authenticated, &id).unwrap();
    (id, whole)
}

fn is_corrupt<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Corrupt { .. }))
}

async fn names(store: &CloudinaryStore) -> Vec<String> {
    let snapshot = store.load_event(&event("conference")).await.unwrap();
    let names: Vec<_> = snapshot.users.into_iter().map(|user| user.user.name.to_string()).collect();
    let listed = store.all_users(&event("conference")).await.unwrap().into_iter();
    assert_eq!(listed.map(|user| user.name.to_string()).collect::<Vec<_>>(), names);
    names
}

#[tokio::test]
async fn a_damaged_document_costs_its_user_alone_and_is_not_overwritten() {
    let (account, first) = conference().await;
    drop(first);
    let (id, whole) = found(&account, "/u-ben/");
    let (_, other) = found(&account, "/u-eve/");
    let (event, ben) = (event("conference"), user("ben"));
    // Cut off, of another shape, empty, and one of somebody else.
    for damaged in [&whole[..whole.len() / 2], b"{}", b"", &other] {
        put(&account, Delivery::Authenticated, &id, damaged);
        let store = open(&account).await.unwrap();
        assert_eq!((names(&store).await, store.unreadable_records()), (vec!["ada".into(), "eve".into()], 1));
        assert!(is_corrupt(store.user(&event, &ben).await));
        let error = store.samples(&event, &ben).await.unwrap_err().to_string();
        assert!(error.contains(&id), "{error}");
        let record = store.user(&event, &user("ada")).await.unwrap().unwrap();
        assert!(is_corrupt(store.append_sample(sample("conference", "ben", 9)).await));
        assert!(is_corrupt(
            store
                .update_user({
                    let mut ben_record = record.clone();
                    ben_record.name = ben.clone();
                    ben_record
                })
                .await
        ));
        assert!(is_corrupt(store.delete_user(&event, &ben).await));
        assert!(is_corrupt(store.finish_resealing().await));
        store.refresh().await.unwrap();
        store.sweep().await;
        assert_eq!(document(&account, Delivery::Authenticated, &id).unwrap(), damaged);
        // The others go on.
        store.append_sample(sample("conference", "ada", 7)).await.unwrap();
        store.update_user(record).await.unwrap();
    }
    put(&account, Delivery::Authenticated, &id, &whole);
    assert_eq!(names(&open(&account).await.unwrap()).await, ["ada", "ben", "eve"]);
}

#[tokio::test]
async fn a_document_that_is_damaged_later_is_kept_out_by_the_next_listing_and_comes_back_when_it_is_mended() {
    let (account, other) = conference().await;
    let store = open(&account).await.unwrap();
    let mut feed = store.changes().await.unwrap().unwrap();
    other.append_sample(sample("conference", "ben", 8)).await.unwrap();
    eventually("one revision", || ids(&account).iter().filter(|id| id.contains("/u-ben/")).count() == 1)
        .await;
    let (id, whole) = found(&account, "/u-ben/");
    put(&account, Delivery::Authenticated, &id, b"damaged");
    for _ in 0..2 {
        store.refresh().await.unwrap();
        assert_eq!((names(&store).await, store.unreadable_records()), (vec!["ada".into(), "eve".into()], 1));
        assert!(is_corrupt(store.samples(&event("conference"), &user("ben")).await));
    }
    let ben = Change::User(event("conference"), user("ben"));
    assert_eq!(feed.next().await.unwrap(), ben);
    put(&account, Delivery::Authenticated, &id, &whole);
    store.refresh().await.unwrap();
    assert_eq!(feed.next().await.unwrap(), ben);
    assert_eq!((names(&store).await.len(), store.unreadable_records()), (3, 0));
    assert_eq!(store.samples(&event("conference"), &user("ben")).await.unwrap().len(), 2);

    put(&account, Delivery::Authenticated, &id, b"damaged");
    let store = open(&account).await.unwrap();
    assert!(account.remove(Delivery::Authenticated, &id));
    store.refresh().await.unwrap();
    assert_eq!(
        (store.unreadable_records(), store.user(&event("conference"), &user("ben")).await.unwrap()),
        (0, None)
    );
    assert_eq!(
        store.append_sample(sample("conference", "ben", 9)).await.unwrap(),
        1,
        "the name is free again"
    );
}

#[tokio::test]
async fn a_damaged_document_of_an_event_costs_that_event_and_none_of_its_users_is_swept() {
    let (account, store) = conference().await;
    store.append_sample(sample("meeting", "tim", 5)).await.unwrap();
    drop(store);
    let (id, whole) = found(&account, "e-conference/event/");
    put(&account, Delivery::Authenticated, &id, b"damaged");
    let mut at_once = options(&account);
    at_once.grace = std::time::Duration::ZERO;
    let store = CloudinaryStore::open(at_once).await.unwrap();
    let events = store.all_events().await.unwrap();
    assert_eq!(events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["meeting"]);
    assert_eq!(store.unreadable_records(), 1);
    let conference = event("conference");
    assert!(is_corrupt(store.event(&conference).await));
    assert!(is_corrupt(store.load_event(&conference).await));
    assert!(is_corrupt(store.user(&conference, &user("ada")).await));
    assert!(is_corrupt(store.append_sample(sample("conference", "zoe", 9)).await));
    let mut anew = EventRecord::new(conference.clone(), events[0].model.clone(), events[0].created);
    assert!(is_corrupt(store.create_event(anew.clone()).await));
    anew.updated = anew.created;
    assert!(is_corrupt(store.update_event(anew).await));
    assert!(is_corrupt(store.delete_event(&conference).await));
    let before = ids(&account);
    store.refresh().await.unwrap();
    store.sweep().await;
    assert_eq!(ids(&account), before);
    store.append_sample(sample("meeting", "tim", 6)).await.unwrap();
    put(&account, Delivery::Authenticated, &id, &whole);
    store.refresh().await.unwrap();
    assert_eq!(names(&store).await, ["ada", "ben", "eve"]);
}

#[tokio::test]
async fn a_damaged_document_goes_with_its_event() {
    let (account, first) = conference().await;
    drop(first);
    let (id, _) = found(&account, "/u-ben/");
    put(&account, Delivery::Authenticated, &id, b"damaged");
    let store = open(&account).await.unwrap();
    store.delete_event(&event("conference")).await.unwrap();
    eventually("no user is left", || !ids(&account).iter().any(|id| id.contains("/u-"))).await;
    store.refresh().await.unwrap();
    assert_eq!(store.unreadable_records(), 0);
}

#[tokio::test]
async fn when_nothing_at_all_can_be_read_there_is_no_store() {
    let (account, first) = conference().await;
    drop(first);
    for id in ids(&account).iter().filter(|id| !id.contains("/key/")) {
        put(&account, Delivery::Authenticated, id, b"<html>");
    }
    assert!(is_corrupt(open(&account).await));
}
