//! Opening: everything is read, or there is no store.

use std::time::Duration;

use embedding_store::{CloudinaryStore, EmbeddingStore, EmbeddingStoreExt, StoreError};

use super::account::Account;
use super::specimens::{event, open, options, sample};

async fn with_users(users: u16) -> Account {
    let account = Account::start().await;
    let store = open(&account).await.unwrap();
    for number in 0..users {
        store.append_sample(sample("conference", &format!("user {number}"), number)).await.unwrap();
    }
    account
}

/// Opening without long attempts.
async fn open_briefly(account: &Account) -> Result<CloudinaryStore, StoreError> {
    let mut options = options(account);
    options.deadline = Duration::from_millis(300);
    CloudinaryStore::open(options).await
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let account = with_users(25).await;
    account.plan(|plan| plan.page = Some(4));
    let before = account.listings();
    let store = open(&account).await.unwrap();
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 25);
    // 25 users, the event and the key.
    assert_eq!(account.listings() - before, 27_u64.div_ceil(4));
    assert_eq!(store.client().admin_calls(), 7);
}

#[tokio::test]
async fn a_page_that_fails_makes_the_opening_fail_and_never_an_empty_gallery() {
    let account = with_users(9).await;
    account.plan(|plan| (plan.page, plan.page_broken) = (Some(4), Some(1)));
    let error = open_briefly(&account).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    account.plan(|plan| plan.page_broken = None);
    assert_eq!(open(&account).await.unwrap().all_users(&event("conference")).await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_makes_the_opening_fail() {
    let account = with_users(3).await;
    account.plan(|plan| plan.broken = Some("download"));
    assert!(open_briefly(&account).await.unwrap_err().is_retryable());
    account.plan(|plan| plan.broken = None);

    let id = account.ids().into_iter().find(|id| id.contains("u-user_201")).unwrap();
    let whole = account.document("authenticated", &id).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"{}", b""] {
        account.put("authenticated", &id, damaged);
        let error = open_briefly(&account).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    }
    let elsewhere = id.replace("u-user_201", "u-user_207");
    account.put("authenticated", &id, &whole);
    account.put("authenticated", &elsewhere, &whole);
    let error = open_briefly(&account).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn bytes_other_than_those_that_the_list_tells_of_are_damage() {
    let account = with_users(1).await;
    account.plan(|plan| plan.flipped = true);
    let error = open_briefly(&account).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn documents_of_others_in_the_folder_are_left_alone() {
    let account = with_users(2).await;
    account.put("authenticated", "faces/readme.txt", b"hello");
    account.put("authenticated", "faces-of-others/key/x.json", b"hello");
    let store = open(&account).await.unwrap();
    store.refresh().await.unwrap();
    store.sweep().await;
    assert_eq!(store.all_users(&event("conference")).await.unwrap().len(), 2);
    assert!(account.ids().contains(&"faces/readme.txt".to_owned()));
}

#[tokio::test]
async fn the_calls_of_the_hour_are_not_used_up_by_listings() {
    let account = with_users(2).await;
    let store = open(&account).await.unwrap();
    account.plan(|plan| plan.remaining = Some(51));
    store.refresh().await.unwrap();
    store.refresh().await.unwrap();
    account.plan(|plan| plan.remaining = Some(50));
    store.refresh().await.unwrap();
    let before = account.listings();
    assert!(store.refresh().await.unwrap_err().is_retryable());
    assert_eq!(account.listings(), before);
    store.append_sample(sample("conference", "late", 1)).await.unwrap();
}
