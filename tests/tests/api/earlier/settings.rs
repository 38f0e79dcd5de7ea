//! Settings and keys that were written for an earlier release.

use e2e::{KEY_FILE, ServerBuilder, picture};
use serde_json::{Value, json};

use super::events::{HALL, MODEL, SUMMIT, get, identified};
use super::fixture::{self, STORE};

/// A server on the plain file, with nothing said but what a test must say.
fn on_file() -> ServerBuilder {
    let builder = e2e::Server::builder().unwrap();
    builder.file(STORE, &fixture::bytes("plain/store.redb.gz")).unwrap()
}

#[tokio::test]
async fn a_server_starts_with_every_setting_of_an_earlier_environment() {
    let server = on_file().file(".env", &fixture::bytes("settings/env")).unwrap().start().unwrap();
    let client = server.client();
    let obama = identified(&client, SUMMIT, &picture("obama2.jpg").unwrap()).await;
    assert_eq!((&obama["user"], &obama["threshold"]), (&json!("obama"), &json!(0.4)), "{obama}");
    assert_eq!(obama["threshold_basis"], json!("fixed"), "a threshold that was said holds: {obama}");
    assert_eq!(get(&client, HALL).await["threshold"], json!(0.375));
    let made = client.json("PUT", "/v1/events/next", &json!({})).await.unwrap();
    assert_eq!(made.code(), 201, "{made:?}");
    let path = "/v1/events/next/users/obama/faces";
    let enrolled = client.pictures(path, &[&picture("obama.jpg").unwrap()], &[]).await.unwrap();
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
}

#[tokio::test]
async fn a_server_starts_with_an_earlier_file_of_settings_and_its_keys() {
    let builder = on_file().file(KEY_FILE, &fixture::bytes("settings/keys.toml")).unwrap();
    let builder = builder.file("face-server.toml", &fixture::bytes("settings/face-server.toml")).unwrap();
    let server = builder.flags(["--config", "face-server.toml"]).start().unwrap();
    let keys: Value = serde_json::from_str(&fixture::text("settings/key_texts.json")).unwrap();
    let client = |name: &str| server.client().with_key(keys[name].as_str().unwrap());

    assert_eq!(server.client().get(SUMMIT).await.unwrap().code(), 401);
    let obama = identified(&client("door"), SUMMIT, &picture("obama2.jpg").unwrap()).await;
    assert_eq!((&obama["user"], &obama["threshold"]), (&json!("obama"), &json!(0.38)), "{obama}");
    assert_eq!(client("door").get(HALL).await.unwrap().text_of("code"), "event_not_allowed");
    let eileen = format!("{SUMMIT}/users/eileen/faces");
    let face = picture("astronaut.png").unwrap();
    let refused = client("door").pictures(&eileen, &[&face], &[]).await.unwrap();
    assert_eq!((refused.code(), refused.text_of("code")), (403, "role_too_low"), "{refused:?}");
    let enrolled = client("desk").pictures(&eileen, &[&face], &[]).await.unwrap();
    assert_eq!((enrolled.code(), &enrolled.json["model"]), (201, &json!(MODEL)), "{enrolled:?}");
    let audit = get(&client("office"), "/v1/audit?action=enrol&user=eileen&event=summit").await;
    assert_eq!(audit["entries"][0]["actor"], json!("desk"), "{audit}");
}
