//! Keys that are made, changed, rotated and revoked over HTTP.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::server::{Options, start, start_with};
use crate::auth::{KeyChange, KeyFile, Role};

/// A server with a key file of its own, which has one key of the role admin, and one of an event.
async fn start_with_file() -> (TempDir, Client, Client) {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::new(folder.path().join("keys.toml"));
    let mut options = Options { key_file: file.clone(), ..Options::default() };
    let office = options.key("office", Role::Admin, &[]);
    let hall = options.key("hall", Role::Admin, &["summit"]);
    for record in &options.keys {
        file.change_by_command(KeyChange::Add(record.clone())).unwrap();
    }
    let nobody = start_with(options).await;
    (folder, nobody.with_key(&office), nobody.with_key(&hall))
}

/// What a key is answered with.
async fn code_of(client: &Client, key: &Value) -> u16 {
    client.with_key(key.as_str().unwrap()).get("/v1/events").await.code()
}

#[actix_web::test]
async fn a_key_is_made_used_changed_and_revoked_without_a_restart() {
    let (folder, office, _) = start_with_file().await;
    let body = json!({"name": "door 1", "role": "verify", "events": ["summit"], "label": "north",
        "expires": "2126-01-31T00:00:00Z"});
    let made = office.json("POST", "/v1/keys", &body).await;
    assert_eq!(made.code(), 201, "{}", made.text);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&made.json[field], value, "{field}");
    }
    assert_eq!(code_of(&office, &made.json["key"]).await, 200);
    let secret = made.text_of("key").splitn(3, '_').nth(2).unwrap(); // It may have such a sign itself.
    assert!(!std::fs::read_to_string(folder.path().join("keys.toml")).unwrap().contains(secret));

    let listed = office.get("/v1/keys").await;
    assert!(!listed.text.contains(secret));
    let [.., door] = &listed.json["keys"].as_array().unwrap()[..] else { panic!("{listed:?}") };
    assert_eq!((&door["name"], &door["label"]), (&json!("door 1"), &json!("north")));
    assert!(door["last_used"].is_string(), "{door}");

    let change = json!({"label": null, "expires": null, "role": "enrol"});
    let changed = office.json("PATCH", "/v1/keys/door%201", &change).await;
    assert_eq!((changed.code(), &changed.json["role"]), (200, &json!("enrol")), "{}", changed.text);
    assert_eq!(changed.json["events"], json!(["summit"]));
    assert_eq!((&changed.json["label"], &changed.json["expires"]), (&Value::Null, &Value::Null));
    assert_eq!(office.json("POST", "/v1/keys", &body).await.codes(), (409, "key_exists"));

    assert_eq!(office.request("DELETE", "/v1/keys/door%201").send().await.code(), 204);
    assert_eq!(code_of(&office, &made.json["key"]).await, 401);
    let again = office.request("DELETE", "/v1/keys/door%201").send().await;
    assert_eq!(again.codes(), (404, "no_such_key"));

    let entries = office.get("/v1/audit?order=oldest").await.json["entries"].clone();
    let told: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            ["action", "actor", "key_name", "outcome"].map(|field| entry[field].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["create_key", "office", "door 1", "done"],
            ["update_key", "office", "door 1", "done"],
            ["create_key", "office", "door 1", "conflict"],
            ["revoke_key", "office", "door 1", "done"],
            ["revoke_key", "office", "door 1", "not_found"],
        ]
        .map(|entry| entry.map(str::to_owned))
    );
}

#[actix_web::test]
async fn a_rotated_key_holds_beside_its_successor_unless_it_is_ended_at_once() {
    let (_folder, office, _) = start_with_file().await;
    let made = office.json("POST", "/v1/keys", &json!({"name": "door", "role": "verify"})).await;
    let rotate = async |body| office.json("POST", "/v1/keys/door/rotate", &body).await;
    let first = rotate(json!({})).await;
    assert_eq!((first.code(), first.text_of("name")), (200, "door"), "{}", first.text);
    assert_eq!(first.json["previous"][0]["id"], made.json["id"]);
    assert_eq!(code_of(&office, &made.json["key"]).await, 200);
    assert_eq!(code_of(&office, &first.json["key"]).await, 200);
    let second = rotate(json!({"old_until": "2000-01-01T00:00:00Z"})).await;
    assert_eq!(code_of(&office, &first.json["key"]).await, 401);
    for key in [&made.json["key"], &second.json["key"]] {
        assert_eq!(code_of(&office, key).await, 200);
    }
    // With the key go those before it.
    office.request("DELETE", "/v1/keys/door").send().await;
    assert_eq!(code_of(&office, &made.json["key"]).await, 401);
}

#[actix_web::test]
async fn a_key_of_an_event_neither_sees_nor_makes_what_is_wider_and_the_last_admin_stays() {
    let (_folder, office, hall) = start_with_file().await;
    let key = |name: &str, events: Value| json!({"name": name, "role": "admin", "events": events});
    for events in [Value::Null, json!(["other"]), json!(["summit", "other"])] {
        let refused = hall.json("POST", "/v1/keys", &key("more", events)).await;
        assert_eq!(refused.codes(), (403, "wider_key"));
    }
    assert_eq!(hall.json("POST", "/v1/keys", &key("less", json!(["summit"]))).await.code(), 201);
    let wider = hall.json("PATCH", "/v1/keys/hall", &json!({"events": null})).await;
    assert_eq!(wider.codes(), (403, "wider_key"));
    for (method, path) in [("DELETE", "/v1/keys/office"), ("POST", "/v1/keys/office/rotate")] {
        assert_eq!(hall.json(method, path, &json!({})).await.codes(), (404, "no_such_key"));
    }
    let names = |keys: Value| -> Vec<_> {
        keys["keys"].as_array().unwrap().iter().map(|key| key["name"].clone()).collect()
    };
    assert_eq!(names(hall.get("/v1/keys").await.json), ["hall", "less"]);
    assert_eq!(names(office.get("/v1/keys").await.json), ["office", "hall", "less"]);

    let last = office.request("DELETE", "/v1/keys/office").send().await;
    assert_eq!(last.codes(), (409, "last_admin_key"), "{}", last.text);
    for change in [json!({"role": "enrol"}), json!({"events": ["summit"]})] {
        assert_eq!(office.json("PATCH", "/v1/keys/office", &change).await.codes(), (409, "last_admin_key"));
    }
    assert_eq!(office.json("POST", "/v1/keys", &key("second", Value::Null)).await.code(), 201);
    assert_eq!(office.request("DELETE", "/v1/keys/office").send().await.code(), 204);
    assert_eq!(office.get("/v1/keys").await.code(), 401);
}

#[actix_web::test]
async fn what_is_no_key_is_refused_and_a_file_that_is_away_is_said_without_its_name() {
    let (folder, office, _) = start_with_file().await;
    for body in [
        json!({"name": "anonymous", "role": "verify"}),
        json!({"name": "", "role": "verify"}),
        json!({"name": "door", "role": "verify", "events": []}),
        json!({"name": "door", "role": "verify", "expires": "2020-01-01T00:00:00Z"}),
    ] {
        assert_eq!(office.json("POST", "/v1/keys", &body).await.codes(), (400, "invalid_field"), "{body}");
    }
    for body in [json!({"name": "door"}), json!({"name": "door", "role": "owner"}), json!([])] {
        assert_eq!(office.json("POST", "/v1/keys", &body).await.codes(), (400, "invalid_json"), "{body}");
    }
    std::fs::remove_file(folder.path().join("keys.toml")).unwrap();
    for answer in [office.get("/v1/keys").await, office.request("DELETE", "/v1/keys/hall").send().await] {
        assert_eq!(answer.codes(), (503, "keys_unavailable"));
        assert!(!answer.text.contains("keys.toml"), "{}", answer.text);
    }
    assert_eq!(start().await.get("/v1/keys").await.codes(), (403, "keys_off"));
}

#[actix_web::test]
async fn an_expired_key_is_a_strangers() {
    let mut options = Options::default();
    let (ended, holds) = (options.key("ended", Role::Verify, &[]), options.key("holds", Role::Verify, &[]));
    let now = time::OffsetDateTime::now_utc();
    options.keys[0].expires = Some(now - time::Duration::SECOND);
    options.keys[1].expires = Some(now + time::Duration::DAY);
    let nobody = start_with(options).await;
    assert_eq!(nobody.with_key(&ended).get("/v1/events").await.codes(), (401, "key_unknown"));
    assert_eq!(nobody.with_key(&holds).get("/v1/events").await.code(), 200);
}
