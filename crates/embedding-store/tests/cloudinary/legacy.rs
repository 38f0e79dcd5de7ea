//! The old service's document.

use embedding_store::cloudinary::CloudinaryClient;

use super::account::Account;
use super::specimens::options;

const ID: &str = "face_recognition/embeddings.json";

#[tokio::test]
async fn the_old_document_is_read_with_or_without_its_ending() {
    for id in [ID, "face_recognition/embeddings"] {
        let account = Account::start().await;
        let client = CloudinaryClient::for_account(&options(&account)).unwrap();
        assert_eq!(client.legacy_document().await.unwrap(), None);
        account.put("upload", id, b"{\"a\":1}");
        assert_eq!(client.legacy_document().await.unwrap().as_deref(), Some(b"{\"a\":1}".as_slice()));
    }
}

#[tokio::test]
async fn an_old_document_that_cannot_be_read_is_not_absent() {
    let account = Account::start().await;
    account.put("upload", ID, b"{}");
    let mut brief = options(&account);
    brief.deadline = std::time::Duration::from_millis(200);
    let client = CloudinaryClient::for_account(&brief).unwrap();
    for call in ["explicit", "download"] {
        account.plan(|plan| plan.broken = Some(call));
        assert!(client.legacy_document().await.unwrap_err().is_retryable(), "{call}");
    }
}

#[tokio::test]
async fn retiring_takes_the_old_document_from_the_public_and_keeps_it() {
    let account = Account::start().await;
    account.put("upload", ID, b"{}");
    let client = CloudinaryClient::for_account(&options(&account)).unwrap();
    assert!(client.retire_legacy_document().await.unwrap());
    assert_eq!(account.document("upload", ID), None);
    assert_eq!(account.document("authenticated", ID).as_deref(), Some(b"{}".as_slice()));
    assert_eq!(client.legacy_document().await.unwrap(), None);
    assert!(!client.retire_legacy_document().await.unwrap());
    let url = client.delivery_url(ID).unwrap();
    let start = "https://res.cloudinary.com/testcloud/raw/authenticated/s--";
    assert!(
        url.as_str().starts_with(start) && url.as_str().ends_with("--/v1/face_recognition/embeddings.json")
    );
}
