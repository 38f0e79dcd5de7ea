//! The old service's document, and URLs for people who look for one.

use std::time::Duration;

use cloudinary_standin::{API_SECRET, Delivery, Endpoint};
use embedding_store::cloudinary::{ApiSecret, CloudinaryClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::specimens::{account, break_down, document, options, put};

const ID: &str = "face_recognition/embeddings.json";

#[tokio::test]
async fn the_old_document_is_read_with_or_without_its_ending() {
    for id in [ID, "face_recognition/embeddings"] {
        let account = account();
        let client = CloudinaryClient::for_account(&options(&account)).unwrap();
        assert_eq!(client.legacy_document().await.unwrap(), None);
        put(&account, Delivery::Upload, id, b"{\"a\":1}");
        assert_eq!(client.legacy_document().await.unwrap().as_deref(), Some(b"{\"a\":1}".as_slice()));
    }
}

#[tokio::test]
async fn an_old_document_that_cannot_be_read_is_not_absent() {
    let account = account();
    put(&account, Delivery::Upload, ID, b"{}");
    let mut brief = options(&account);
    brief.deadline = Duration::from_millis(200);
    let client = CloudinaryClient::for_account(&brief).unwrap();
    for call in [Endpoint::Explicit, Endpoint::Download] {
        break_down(&account, call);
        assert!(client.legacy_document().await.unwrap_err().is_retryable(), "{call:?}");
        account.stop_failing();
    }
}

#[tokio::test]
async fn retiring_takes_the_old_document_from_the_public_and_keeps_it() {
    let account = account();
    put(&account, Delivery::Upload, ID, b"{}");
    let client = CloudinaryClient::for_account(&options(&account)).unwrap();
    assert!(client.retire_legacy_document().await.unwrap());
    assert_eq!(document(&account, Delivery::Upload, ID), None);
    assert_eq!(document(&account, Delivery::Authenticated, ID).as_deref(), Some(b"{}".as_slice()));
    assert_eq!(client.legacy_document().await.unwrap(), None);
    assert!(!client.retire_legacy_document().await.unwrap());
    let url = client.delivery_url(ID).unwrap();
    let start = "https://res.cloudinary.com/testcloud/raw/authenticated/s--";
    assert!(
        url.as_str().starts_with(start) && url.as_str().ends_with("--/v1/face_recognition/embeddings.json")
    );
}

/// The status and the body of what a URL reads.
async fn read(url: &str) -> (String, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_delivery_network_takes_the_url_of_a_document_and_none_that_another_secret_signed() {
    let account = account();
    let id = "face recognition/événement (1).json";
    put(&account, Delivery::Authenticated, id, b"{}");
    let mut options = options(&account);
    options.access.delivery = Some(account.delivery_url());
    for (secret, expected) in [(API_SECRET, "200"), ("another", "401")] {
        options.access.api_secret = Some(ApiSecret::new(secret));
        let url = CloudinaryClient::for_account(&options).unwrap().delivery_url(id).unwrap();
        let (status, body) = read(url.as_str()).await;
        assert_eq!((status.as_str(), body == "{}"), (expected, expected == "200"), "{body}");
    }
}
