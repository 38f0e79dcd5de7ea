//! Ends at bad moments: readers are right all the same, and what is left over is swept.

use std::time::Duration;

use cloudinary_standin::{Delivery, Endpoint, Fault, Rule, StandIn};
use embedding_store::{CloudinaryStore, EmbeddingStore, EmbeddingStoreExt, StoreError};

use super::specimens::{account, break_down, event, eventually, ids, open, options, sample, user};

fn revisions(account: &StandIn, of: &str) -> usize {
    ids(account).iter().filter(|id| id.contains(of)).count()
}

#[tokio::test]
async fn revisions_that_were_not_destroyed_do_not_count_and_are_swept_by_the_next_store() {
    let account = account();
    break_down(&account, Endpoint::Destroy);
    let store = open(&account).await.unwrap();
    for number in 0..3 {
        store.append_sample(sample("conference", "ada", number)).await.unwrap();
    }
    store.append_sample(sample("conference", "bob", 9)).await.unwrap();
    store.delete_user(&event("conference"), &user("bob")).await.unwrap();
    drop(store);
    assert_eq!((revisions(&account, "/u-ada/"), revisions(&account, "/u-bob/")), (3, 2));

    account.stop_failing();
    let store = open(&account).await.unwrap();
    assert_eq!(store.samples(&event("conference"), &user("ada")).await.unwrap().len(), 3);
    assert_eq!(store.user(&event("conference"), &user("bob")).await.unwrap(), None);
    eventually("the superseded are swept", || {
        (revisions(&account, "/u-ada/"), revisions(&account, "/u-bob/")) == (1, 1)
    })
    .await;
    assert_eq!(store.samples(&event("conference"), &user("ada")).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_upload_that_was_carried_out_but_not_answered_does_not_count_after_the_next_write() {
    let account = account();
    let mut options = options(&account);
    options.deadline = Duration::from_millis(300);
    let store = CloudinaryStore::open(options).await.unwrap();
    store.append_sample(sample("conference", "ada", 0)).await.unwrap();
    account.fail(Rule::new(Endpoint::Upload, Fault::DropAfter));
    let lost = sample("conference", "ada", 1);
    let error = store.append_sample(lost.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    account.stop_failing();

    assert_eq!(store.samples(&event("conference"), &user("ada")).await.unwrap().len(), 1);
    assert_eq!(store.append_sample(sample("conference", "ada", 2)).await.unwrap(), 2);
    let other = open(&account).await.unwrap();
    assert_eq!(other.samples(&event("conference"), &user("ada")).await.unwrap().len(), 2);
    assert_eq!(store.append_sample(lost).await.unwrap(), 3, "trying again is right");
    drop(store);
    let store = open(&account).await.unwrap();
    assert_eq!(store.samples(&event("conference"), &user("ada")).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_acknowledged_upload_that_cannot_be_read_back_does_not_count_after_the_next_write() {
    let account = account();
    let store = open(&account).await.unwrap();
    store.append_sample(sample("conference", "ada", 0)).await.unwrap();
    // Without the etag nothing is known of the bytes, and reading them back is refused.
    account.behave(|account| account.upload_etag = false);
    account.fail(Rule::new(Endpoint::Download, Fault::Status(403)));
    let error = store.append_sample(sample("conference", "ada", 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error}");
    assert_eq!(revisions(&account, "/u-ada/"), 2, "the document is there");
    account.stop_failing();
    assert_eq!(store.append_sample(sample("conference", "ada", 2)).await.unwrap(), 2);
    let other = open(&account).await.unwrap();
    assert_eq!(other.samples(&event("conference"), &user("ada")).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_first_append_whose_event_failed_is_not_there_at_all() {
    let account = account();
    let store = open(&account).await.unwrap();
    // The user is uploaded, and the event refused.
    account.fail(Rule::new(Endpoint::Upload, Fault::Status(400)).about("/event/"));
    assert!(store.append_sample(sample("conference", "ada", 1)).await.is_err());
    assert_eq!(revisions(&account, "/u-ada/"), 1);
    assert_eq!(store.all_events().await.unwrap(), []);
    assert_eq!(open(&account).await.unwrap().all_events().await.unwrap(), []);
    account.stop_failing();
    assert_eq!(store.append_sample(sample("conference", "ada", 2)).await.unwrap(), 1);
    let reopened = open(&account).await.unwrap();
    assert_eq!(reopened.samples(&event("conference"), &user("ada")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_rename_that_was_cut_off_leaves_both_names_and_a_merge_finishes_it() {
    let account = account();
    let store = open(&account).await.unwrap();
    store.append_sample(sample("conference", "ada", 1)).await.unwrap();
    let ada = store.user(&event("conference"), &user("ada")).await.unwrap().unwrap();
    let mut eve = ada.clone();
    eve.name = user("eve");
    // The new name is uploaded, and the end of the first one refused.
    account.fail(Rule::new(Endpoint::Upload, Fault::Status(400)).about("/u-ada/"));
    assert!(store.move_user(&ada, eve.clone(), None).await.is_err());
    account.stop_failing();
    for store in [&store, &open(&account).await.unwrap()] {
        let users = store.load_event(&event("conference")).await.unwrap().users;
        assert_eq!(users.iter().map(|of| of.samples.len()).collect::<Vec<_>>(), [1, 1]);
    }
    assert_eq!(store.move_user(&ada, eve.clone(), Some(&eve)).await.unwrap(), 1);
    let reopened = open(&account).await.unwrap();
    let users = reopened.load_event(&event("conference")).await.unwrap().users;
    assert_eq!(users.iter().map(|of| of.user.name.as_str()).collect::<Vec<_>>(), ["eve"]);
}

#[tokio::test]
async fn the_users_of_a_deleted_event_are_swept_and_the_tombstones_after_their_time() {
    let account = account();
    let mut options = options(&account);
    options.grace = Duration::ZERO;
    let store = CloudinaryStore::open(options).await.unwrap();
    for name in ["ada", "bob", "eve"] {
        store.append_sample(sample("conference", name, 1)).await.unwrap();
    }
    store.append_sample(sample("other", "ada", 1)).await.unwrap();
    store.delete_user(&event("conference"), &user("eve")).await.unwrap();
    store.delete_event(&event("conference")).await.unwrap();
    eventually("the users are swept", || revisions(&account, "/e-conference/u-") <= 1).await;
    for _ in 0..3 {
        store.sweep().await;
    }
    assert_eq!(revisions(&account, "/e-conference/"), 0, "{:?}", ids(&account));
    assert_eq!(store.samples(&event("other"), &user("ada")).await.unwrap().len(), 1);
    assert_eq!(revisions(&account, "/e-other/"), 2);
}

#[tokio::test]
async fn tombstones_stay_for_their_time() {
    let account = account();
    let store = open(&account).await.unwrap();
    store.append_sample(sample("conference", "ada", 1)).await.unwrap();
    store.delete_user(&event("conference"), &user("ada")).await.unwrap();
    store.sweep().await;
    assert_eq!(revisions(&account, "/u-ada/"), 1);
    drop(store);
    assert_eq!(open(&account).await.unwrap().user(&event("conference"), &user("ada")).await.unwrap(), None);
}

#[tokio::test]
async fn a_document_missing_from_a_late_list_is_asked_for_before_it_counts_as_gone() {
    // The list is late for longer than the test takes, and the clock is then put forward.
    const LAG: Duration = Duration::from_secs(120);
    let account = account();
    let store = open(&account).await.unwrap();
    store.append_sample(sample("conference", "bob", 1)).await.unwrap();
    account.behave(|account| account.listing_lag = LAG);
    store.append_sample(sample("conference", "ada", 2)).await.unwrap();
    account.behave(|account| account.listing_lag = Duration::ZERO);
    let before = account.calls(Endpoint::Explicit);
    store.refresh().await.unwrap();
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 2);
    assert_eq!(account.calls(Endpoint::Explicit) - before, 1);
    account.advance(LAG);

    let id = ids(&account).into_iter().find(|id| id.contains("/u-ada/")).unwrap();
    assert!(account.remove(Delivery::Authenticated, &id));
    store.refresh().await.unwrap();
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 1);
}
