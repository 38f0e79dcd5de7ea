//! The stores of an earlier release: a file, a database and an account, plain and encrypted.

use std::collections::BTreeMap;

use cloudinary_standin::{Delivery, Labels, Options, StandIn};
use e2e::{Client, ServerBuilder, picture, server_command};
use postgres_server::Database;
use serde_json::{Value, json};

use super::events::{
    MODEL, SUMMIT, are_as_left, checked_in, get, go_on, have_gone_on, identified, is_about,
    journal_is_as_left, requests_go_on, users, whose,
};
use super::fixture::{self, ENCRYPTION_KEY, STORE, builder, with_secrets};

/// Everything that is asked of an earlier store, over two starts.
async fn is_served(builder: ServerBuilder, export: &str) {
    let mut server = builder.start().unwrap();
    let client = server.client();
    are_as_left(&client).await;
    journal_is_as_left(&client).await;
    requests_go_on(&client).await;
    go_on(&client).await;

    assert!(server.terminate().unwrap().success());
    server.restart().unwrap();
    let client = server.client();
    have_gone_on(&client).await;
    assert_eq!(checked_in(&client).await, ["obama", "biden"]);
    journal_is_as_left(&client).await;
    is_exported_and_imported(&client, export).await;
}

/// An event leaves as an archive, and comes back out of it.
async fn is_exported_and_imported(client: &Client, export: &str) {
    let archive = client.request("GET", &format!("{SUMMIT}/export{export}")).send().await.unwrap();
    assert_eq!(archive.status(), 200);
    let archive = archive.bytes().await.unwrap();
    assert_eq!(client.delete_event("summit").await.unwrap().code(), 200);
    let imported = client.request("POST", &format!("{SUMMIT}/import")).body(archive);
    let imported = client.send(imported).await.unwrap();
    assert_eq!(imported.json, json!({"users": 3, "faces": 5, "settings_kept": false}), "{imported:?}");
    assert_eq!(get(client, SUMMIT).await["model"], json!(MODEL));
    have_gone_on(client).await;
}

const PLAIN_EXPORT: &str = "?plain=true";

#[tokio::test]
async fn an_earlier_file_is_served() {
    is_served(builder().file(STORE, &fixture::bytes("plain/store.redb.gz")).unwrap(), PLAIN_EXPORT).await;
}

#[tokio::test]
async fn an_earlier_encrypted_file_is_served_under_its_key_alone() {
    let builder = builder().file(STORE, &fixture::bytes("encrypted/store.redb.gz")).unwrap();
    let wrong = format!("ff{}", &ENCRYPTION_KEY[2..]);
    for key in [None, Some(wrong.as_str())] {
        let mut start = server_command(builder.folder()).unwrap();
        let ended =
            start.args(["--port", "0"]).envs(key.map(|key| ("FACE_ENCRYPTION_KEY", key))).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("key") && said.contains(STORE), "{said}");
    }
    is_served(with_secrets(builder), "").await;
}

#[tokio::test]
async fn an_earlier_file_of_raw_distances_is_served() {
    let builder = builder().flags(["--space", "raw", "--crops", "1"]);
    let server = builder.file(STORE, &fixture::bytes("raw/store.redb.gz")).unwrap().start().unwrap();
    let client = server.client();
    assert_eq!(users(&client, SUMMIT).await, ["biden 1 {}", "obama 1 {}"]);
    let summit = get(&client, SUMMIT).await;
    assert_eq!((&summit["threshold"], &summit["model"]), (&json!(0.6), &json!(MODEL)), "{summit}");
    let obama = identified(&client, SUMMIT, &picture("obama2.jpg").unwrap()).await;
    assert_eq!((&obama["user"], &obama["threshold"]), (&json!("obama"), &json!(0.6)), "{obama}");
    is_about(&obama["distance"], 0.3507);
    assert_eq!(whose(&client, SUMMIT, &picture("astronaut.png").unwrap()).await, "no_match -");
    let added = client.add_user("summit", "obama", &picture("obama3.jpg").unwrap()).await.unwrap();
    assert_eq!((added.code(), &added.json["embedding_count"]), (200, &json!(2)), "{added:?}");
}

#[tokio::test]
async fn an_earlier_database_is_served() {
    let database = Database::new().unwrap();
    database.load(&fixture::path("plain/postgres.sql")).unwrap();
    is_served(builder().flags(["--store", &database.url()]), PLAIN_EXPORT).await;
}

#[tokio::test]
async fn an_earlier_database_is_searched_by_itself_for_events_too_large_for_memory() {
    let database = Database::new().unwrap();
    database.load(&fixture::path("plain/postgres.sql")).unwrap();
    let server = builder().flags(["--store", &database.url(), "--gallery-limit", "0"]).start().unwrap();
    are_as_left(&server.client()).await;
    go_on(&server.client()).await;
}

#[tokio::test]
async fn an_earlier_encrypted_database_is_served() {
    let database = Database::new().unwrap();
    database.load(&fixture::path("encrypted/postgres.sql")).unwrap();
    is_served(with_secrets(builder().flags(["--store", &database.url()])), "").await;
}

/// An account with the documents of a fixture, and a server on it with the journal beside it.
fn on_account(kind: &str) -> (StandIn, ServerBuilder) {
    let cloudinary = StandIn::start(Options::default()).unwrap();
    let documents: Value = serde_json::from_str(&fixture::text(&format!("{kind}/cloudinary.json"))).unwrap();
    for document in documents.as_array().unwrap() {
        let text = |key: &str| document[key].as_str().unwrap().to_owned();
        let of_type = [Delivery::Upload, Delivery::Private, Delivery::Authenticated];
        let delivery = of_type.into_iter().find(|delivery| delivery.name() == text("type")).unwrap();
        let tags: Vec<String> = serde_json::from_value(document["tags"].clone()).unwrap();
        let tags: Vec<_> = tags.iter().map(String::as_str).collect();
        let context: BTreeMap<String, String> = serde_json::from_value(document["context"].clone()).unwrap();
        let context: Vec<_> = context.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let labels = Labels { tags: &tags, context: &context };
        cloudinary.put(delivery, &text("public_id"), text("text"), labels);
    }
    let account = cloudinary.cloudinary_url();
    let (store, _other_options) = account.split_once("&cname").unwrap();
    let journal = fixture::bytes(&format!("{kind}/journal.redb.gz"));
    let builder = builder().flags(["--store", store]).file("data/journal.redb", &journal).unwrap();
    (cloudinary, builder)
}

#[tokio::test]
async fn an_earlier_account_and_the_journal_beside_it_are_served() {
    let (_cloudinary, builder) = on_account("plain");
    is_served(builder, PLAIN_EXPORT).await;
}

#[tokio::test]
async fn an_earlier_encrypted_account_and_the_journal_beside_it_are_served() {
    let (_cloudinary, builder) = on_account("encrypted");
    is_served(with_secrets(builder), "").await;
}
