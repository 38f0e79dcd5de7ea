//! Opening: everything is fetched, or there is no store.

use std::time::Duration;

use cloudinary_standin::{API_KEY, API_SECRET, CLOUD, Delivery, Endpoint, Fault, Rule, StandIn};
use embedding_store::{
    CloudinaryStore, EmbeddingStore, EmbeddingStoreExt, EncryptionKey, Keyring, Outage, StoreError,
    StoreOptions, StoreUrl,
};

use super::specimens::{account, break_down, event, ids, open, options, put, sample};

async fn with_users(users: u16) -> StandIn {
    let account = account();
    let store = open(&account).await.unwrap();
    for number in 0..users {
        store.append_sample(sample("conference", &format!("user {number}"), number)).await.unwrap();
    }
    account
}

/// Opening without long attempts.
async fn open_briefly(account: &StandIn) -> Result<CloudinaryStore, StoreError> {
    let mut options = options(account);
    options.deadline = Duration::from_millis(300);
    CloudinaryStore::open(options).await
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let account = with_users(25).await;
    account.behave(|account| account.longest_page = 4);
    let before = account.calls(Endpoint::AdminList);
    let store = open(&account).await.unwrap();
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 25);
    // 25 users, the event and the key.
    assert_eq!(account.calls(Endpoint::AdminList) - before, 27_u64.div_ceil(4));
    assert_eq!(store.client().admin_calls(), 7);
}

#[tokio::test]
async fn a_page_that_fails_makes_the_opening_fail_and_never_an_empty_gallery() {
    let account = with_users(9).await;
    account.behave(|account| account.longest_page = 4);
    account.fail(Rule::new(Endpoint::AdminList, Fault::Status(500)).skip(1));
    let error = open_briefly(&account).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    account.stop_failing();
    assert_eq!(open(&account).await.unwrap().all_users(&event("conference")).await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_document_that_cannot_be_fetched_makes_the_opening_fail() {
    let account = with_users(3).await;
    break_down(&account, Endpoint::Download);
    assert!(open_briefly(&account).await.unwrap_err().is_retryable());
    account.stop_failing();
}

#[tokio::test]
async fn bytes_other_than_those_that_the_list_tells_of_are_damage() {
    let account = with_users(1).await;
    account.fail(Rule::new(Endpoint::Download, Fault::FlipBit));
    let error = open_briefly(&account).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn documents_of_others_in_the_folder_are_left_alone() {
    let account = with_users(2).await;
    put(&account, Delivery::Authenticated, "faces/readme.txt", b"hello");
    put(&account, Delivery::Authenticated, "faces-of-others/key/x.json", b"hello");
    let store = open(&account).await.unwrap();
    store.refresh().await.unwrap();
    store.sweep().await;
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 2);
    assert!(ids(&account).contains(&"faces/readme.txt".to_owned()));
}

#[tokio::test]
async fn the_calls_of_the_hour_are_not_used_up_by_listings() {
    const LIMIT: u32 = 20;
    let account = with_users(2).await;
    let store = open(&account).await.unwrap();
    account.behave(|account| account.admin_limit = LIMIT);
    let mut refreshed = 0;
    let error = loop {
        match store.refresh().await {
            Ok(()) => refreshed += 1,
            Err(error) => break error,
        }
        assert!(refreshed < 2 * LIMIT, "listings do not end");
    };
    assert!(error.is_retryable(), "{error}");
    assert_eq!(account.admin_calls_this_hour(), LIMIT - LIMIT / 10, "a tenth is left");
    let before = account.calls(Endpoint::AdminList);
    assert!(store.refresh().await.unwrap_err().is_retryable());
    assert_eq!(account.calls(Endpoint::AdminList), before);
    store.append_sample(sample("conference", "late", 1)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_only_looked_at_is_not_made_and_not_swept() {
    let account = account();
    let url = format!(
        "cloudinary://{API_KEY}:{API_SECRET}@{CLOUD}/faces?upload_prefix={}",
        account.base_url().replace(':', "%3A")
    );
    let (url, options): (StoreUrl, _) = (url.parse().unwrap(), StoreOptions::default());
    for opened in [url.open_to_read(&options).await, url.open_present(&options).await] {
        assert_eq!(opened.unwrap_err().outage(), Some(Outage::Absent));
    }
    assert_eq!(account.assets().len(), 0);

    let store = open(&account).await.unwrap();
    store.append_sample(sample("conference", "ada", 0)).await.unwrap();
    drop(store);
    let calls = || (account.calls(Endpoint::Upload), account.calls(Endpoint::Destroy));
    let before = calls();
    let mut options = StoreOptions::default();
    let read = url.open_to_read(&options).await.unwrap();
    assert_eq!(read.all_users(&event("conference")).await.unwrap().len(), 1);
    drop(read);
    options.keyring = Keyring::new(EncryptionKey::generate().unwrap());
    assert!(url.open_to_read(&options).await.is_err(), "it is not encrypted");
    assert_eq!(calls(), before);
}
