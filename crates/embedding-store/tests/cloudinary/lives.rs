//! Lives of an event that another process has begun or ended: writes of one who has not seen it lose nothing.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cloudinary_standin::{Endpoint, Fault, Rule, StandIn};
use embedding_store::{CloudinaryStore, EmbeddingStore, EventRecord, FaceSample, StoreError, UserRecord};
use tokio::task::JoinHandle;

use super::specimens::{account, event, eventually, ids, open, options, sample, user};

/// Starts the append of a new event's first user, and returns between its two uploads: the user is there, and
/// the event is refused for the time being, until the account stops failing.
async fn append_half(
    account: &StandIn,
    store: &Arc<CloudinaryStore>,
    first: FaceSample,
) -> JoinHandle<usize> {
    let before = ids(account);
    account.fail(Rule::new(Endpoint::Upload, Fault::Page(503)).about("/event/"));
    let store = Arc::clone(store);
    let append = tokio::spawn(async move { store.append_sample(first).await.unwrap() });
    let is_new = |id: &String| id.contains("/u-ada/") && !before.contains(id);
    eventually("the user of the new event is uploaded", || ids(account).iter().any(is_new)).await;
    append
}

async fn stored(account: &StandIn) -> Vec<FaceSample> {
    open(account).await.unwrap().samples(&event("conference"), &user("ada")).await.unwrap()
}

#[tokio::test]
async fn two_first_appends_of_an_event_both_count_though_one_sees_the_half_of_the_other() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), Arc::new(open(&account).await.unwrap()));
    let theirs = sample("conference", "ada", 1);
    let append = append_half(&account, &b, theirs.clone()).await;
    a.refresh().await.unwrap();
    account.stop_failing();
    let own = sample("conference", "ada", 2);
    assert_eq!(a.append_sample(own.clone()).await.unwrap(), 1);
    assert_eq!(append.await.unwrap(), 1);
    a.sweep().await;
    assert_eq!(stored(&account).await, [theirs, own]);
}

/// Has one store write to a user who has two samples, while all that it has seen of another store's append of
/// the third is the half: the event's life that it belongs to is not there yet. Returns what is stored in the end.
async fn with_half_an_append<F>(
    samples: &[FaceSample; 3],
    write: impl FnOnce(CloudinaryStore) -> F,
) -> Vec<FaceSample>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), Arc::new(open(&account).await.unwrap()));
    for theirs in &samples[..2] {
        a.append_sample(theirs.clone()).await.unwrap();
    }
    let append = append_half(&account, &b, samples[2].clone()).await;
    a.refresh().await.unwrap();
    // Only what is about the event is refused.
    write(a).await.unwrap();
    account.stop_failing();
    assert_eq!(append.await.unwrap(), 1, "it was acknowledged");
    stored(&account).await
}

#[tokio::test]
async fn a_write_to_a_user_supersedes_nothing_of_a_life_of_the_event_that_it_does_not_know() {
    let samples = [1, 2, 3].map(|number| sample("conference", "ada", number));
    let [first, second, theirs] = samples.clone();

    let own = sample("conference", "ada", 4);
    let append = async |store: CloudinaryStore| store.append_sample(own.clone()).await.map(drop);
    let all = [first.clone(), second.clone(), theirs.clone(), own.clone()];
    assert_eq!(with_half_an_append(&samples, append).await, all, "append_sample");

    let delete = async |store: CloudinaryStore| {
        store.delete_sample(first.event(), first.user(), first.id()).await.map(drop)
    };
    assert_eq!(with_half_an_append(&samples, delete).await, [second, theirs.clone()], "delete_sample");

    let record = UserRecord::new(event("conference"), user("ada"), first.created());
    let update = async |store: CloudinaryStore| store.update_user(record).await;
    assert_eq!(with_half_an_append(&samples, update).await, samples, "update_user");

    let erase = async |store: CloudinaryStore| store.delete_user(first.event(), first.user()).await;
    assert_eq!(with_half_an_append(&samples, erase).await, [theirs], "delete_user");
}

#[tokio::test]
async fn taking_out_removed_samples_supersedes_nothing_of_an_unknown_life() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), Arc::new(open(&account).await.unwrap()));
    let [first, second, third, theirs] = [1, 2, 3, 4].map(|number| sample("conference", "ada", number));
    a.append_sample(first.clone()).await.unwrap();
    a.append_sample(second.clone()).await.unwrap();
    let c = open(&account).await.unwrap();
    a.delete_sample(first.event(), first.user(), first.id()).await.unwrap();
    c.append_sample(third.clone()).await.unwrap();
    let append = append_half(&account, &b, theirs.clone()).await;
    a.refresh().await.unwrap();
    a.sweep().await;
    let settled = ids(&account);
    a.sweep().await;
    assert_eq!(ids(&account), settled, "what cannot be settled yet is not tried with every sweep");
    account.stop_failing();
    assert_eq!(append.await.unwrap(), 1);
    assert_eq!(stored(&account).await, [second, third, theirs]);
}

#[tokio::test]
async fn a_deleted_event_does_not_come_back_by_an_update_made_at_that_moment() {
    let account = account();
    let mut options = options(&account);
    options.grace = Duration::ZERO;
    let a = CloudinaryStore::open(options).await.unwrap();
    let model = sample("conference", "ada", 1).embedding().model().clone();
    let record = EventRecord::new(event("conference"), model, sample("conference", "ada", 1).created());
    a.create_event(record.clone()).await.unwrap();
    let b = open(&account).await.unwrap();
    a.delete_event(&event("conference")).await.unwrap();
    b.update_event(record).await.unwrap();
    a.refresh().await.unwrap();
    for _ in 0..3 {
        a.sweep().await;
        let reopened = open(&account).await.unwrap();
        assert_eq!(reopened.event(&event("conference")).await.unwrap(), None, "{:?}", ids(&account));
    }
    assert!(!ids(&account).iter().any(|id| id.contains("e-conference")), "{:?}", ids(&account));
    b.refresh().await.unwrap();
    assert_eq!(b.event(&event("conference")).await.unwrap(), None);
}

#[tokio::test]
async fn an_event_whose_making_was_not_answered_keeps_what_others_added_to_it() {
    let account = account();
    let mut brief = options(&account);
    brief.deadline = Duration::from_millis(300);
    let a = CloudinaryStore::open(brief).await.unwrap();
    account.fail(Rule::new(Endpoint::Upload, Fault::DropAfter).about("/event/"));
    let own = sample("conference", "bob", 1);
    assert!(matches!(a.append_sample(own.clone()).await.unwrap_err(), StoreError::Unavailable { .. }));
    account.stop_failing();
    let b = open(&account).await.unwrap();
    let theirs = sample("conference", "ada", 2);
    assert_eq!(b.append_sample(theirs.clone()).await.unwrap(), 1);

    a.append_sample(own).await.unwrap();
    assert_eq!(stored(&account).await, [theirs]);
}
