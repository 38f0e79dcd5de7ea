//! Archives of an earlier release and the document of the service before it, taken into empty stores.

use std::path::Path;
use std::process::Command;

use e2e::{Client, picture, server_command};
use serde_json::json;

use super::events::{MODEL, SUMMIT, are_as_left, get, go_on, identified, is_about, users, whose};
use super::fixture::{self, ARCHIVE_KEY, builder, with_secrets};

/// A command of the program in this folder.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = server_command(folder).unwrap();
    command.args(arguments);
    command
}

async fn import(client: &Client, kind: &str) -> (u16, serde_json::Value) {
    let archive = fixture::bytes(&format!("{kind}/summit.archive"));
    let answer =
        client.send(client.request("POST", &format!("{SUMMIT}/import")).body(archive)).await.unwrap();
    (answer.code(), answer.json)
}

#[tokio::test]
async fn earlier_archives_of_an_event_are_imported_into_empty_servers() {
    let taken = json!({"users": 2, "faces": 2, "settings_kept": false});
    let plain = builder().flags(["--store", "memory:"]).start().unwrap();
    assert_eq!(import(&plain.client(), "plain").await, (200, taken.clone()));
    let (code, refusal) = import(&plain.client(), "encrypted").await;
    assert_eq!((code, &refusal["code"]), (400, &json!("invalid_archive")), "{refusal}");
    let encrypted = with_secrets(builder().flags(["--store", "memory:"])).start().unwrap();
    assert_eq!(import(&encrypted.client(), "encrypted").await, (200, taken));
    for client in [plain.client(), encrypted.client()] {
        assert_eq!(get(&client, SUMMIT).await["model"], json!(MODEL));
        assert_eq!(users(&client, SUMMIT).await, ["biden 1 {}", r#"obama 1 {"seat":"A 1"}"#]);
        let obama = identified(&client, SUMMIT, &picture("obama2.jpg").unwrap()).await;
        assert_eq!((&obama["decision"], &obama["user"]), (&json!("match"), &json!("obama")), "{obama}");
        is_about(&obama["distance"], 0.2385);
    }
}

#[tokio::test]
async fn earlier_archives_of_a_store_are_imported_and_served() {
    for (kind, key) in [("plain", None), ("encrypted", Some(ARCHIVE_KEY))] {
        let archive = fixture::bytes(&format!("{kind}/all.archive"));
        let builder = builder().file("all.archive", &archive).unwrap();
        let mut import = command(builder.folder(), &["import", "all.archive"]);
        let import = import.envs(key.map(|key| ("FACE_ARCHIVE_KEY", key))).output().unwrap();
        let said = String::from_utf8_lossy(&import.stdout);
        assert!(said.contains("4 events, 5 users, 6 face samples"), "{import:?}");
        let server = builder.start().unwrap();
        are_as_left(&server.client()).await;
        if key.is_none() {
            go_on(&server.client()).await;
        }
    }
}

#[tokio::test]
async fn the_document_of_the_service_before_is_imported_as_faces_of_its_model() {
    let builder = builder().file("embeddings.json", &fixture::bytes("raw/legacy.json")).unwrap();
    let imported = command(builder.folder(), &["import-legacy", "embeddings.json"]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let server = builder.start().unwrap();
    let client = server.client();
    let event = "/v1/events/conference";
    assert_eq!(get(&client, event).await["model"], json!(MODEL));
    assert_eq!(users(&client, event).await, ["biden 1 {}", "obama 1 {}"]);
    let [obama2, stranger] = ["obama2.jpg", "astronaut.png"].map(|name| picture(name).unwrap());
    assert_eq!(whose(&client, event, &obama2).await, "match obama");
    assert_eq!(whose(&client, event, &stranger).await, "no_match -");
    let added = client.add_user("conference", "obama", &obama2).await.unwrap();
    assert_eq!((added.code(), &added.json["embedding_count"]), (200, &json!(2)), "{added:?}");
}
