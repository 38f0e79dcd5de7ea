//! Wrong credentials and wrong clocks are named; secrets and embeddings are shown nowhere.

use std::error::Error;
use std::time::Duration;

use cloudinary_standin::{API_KEY, API_SECRET, Algorithm, CLOUD, Endpoint};
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryStore, EmbeddingStore, StoreError, StoreUrl};

use super::specimens::{account, break_down, ids, options, sample};

/// Everything that an error shows, with its sources.
fn shown(error: &StoreError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_wrong_secret_is_a_misconfiguration_and_not_shown() {
    let account = account();
    let mut options = options(&account);
    options.access.api_secret = Some(ApiSecret::new("WRONGSECRET"));
    let error = CloudinaryStore::open(options).await.unwrap_err();
    assert!(matches!(&error, StoreError::Misconfigured { reason, .. } if reason.contains("credentials")));
    assert!(!shown(&error).contains("WRONGSECRET") && !shown(&error).contains("signature="));
}

#[tokio::test]
async fn a_wrong_clock_is_a_misconfiguration_that_says_so() {
    let account = account();
    let store = super::specimens::open(&account).await.unwrap();
    account.advance(Duration::from_secs(2 * 3600));
    let error = store.append_sample(sample("conference", "ada", 1)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Misconfigured { reason, .. } if reason.contains("clock")),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_shows_the_secret() {
    let account = account();
    let store = super::specimens::open(&account).await.unwrap();
    store.append_sample(sample("conference", "ada", 1)).await.unwrap();
    let text = format!("{store:?} {:?} {:?}", options(&account), store.client());
    assert!(!text.contains(API_SECRET), "{text}");
    drop(store);

    break_down(&account, Endpoint::Download);
    let mut brief = options(&account);
    brief.deadline = Duration::from_millis(100);
    let error = CloudinaryStore::open(brief).await.unwrap_err();
    assert!(!shown(&error).contains(API_SECRET) && !shown(&error).contains("signature"), "{}", shown(&error));
}

#[tokio::test]
async fn a_url_opens_the_store() {
    let account = account();
    account.behave(|account| account.only_algorithm = Some(Algorithm::Sha256));
    let address = account.base_url().replace(':', "%3A").replace('/', "%2F");
    let text = format!(
        "cloudinary://{API_KEY}:{API_SECRET}@{CLOUD}/a/b?upload_prefix={address}&signature_algorithm=sha256"
    );
    let url: StoreUrl = text.parse().unwrap();
    assert!(!format!("{url} {url:?}").contains(API_SECRET));
    let store = url.open().await.unwrap();
    store.append_sample(sample("conference", "ada", 1)).await.unwrap();
    assert!(ids(&account).iter().all(|id| id.starts_with("a/b/")));
    assert_eq!(ids(&account).len(), 3, "the key, the event and the user");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    for (name, variable) in [("cloud", "CLOUDINARY_CLOUD_NAME"), ("key", "API_KEY"), ("secret", "API_SECRET")]
    {
        let account = account();
        let mut options = options(&account);
        match name {
            "cloud" => options.access.cloud_name = None,
            "key" => options.access.api_key = None,
            _ => options.access.api_secret = None,
        }
        let error = CloudinaryStore::open(options).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Misconfigured { reason, .. } if reason.contains(variable)),
            "{error}"
        );
    }
}
