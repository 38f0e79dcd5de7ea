//! What is long: metadata that is not taken and metadata that is there already, and pages that end by their bytes.

use std::sync::Arc;

use embedding_store::{EmbeddingStore, EventName, InMemory, MAX_PAGE_BYTES, Username};
use serde_json::{Value, json};

use super::client::Client;
use super::recogniser::{BIDEN, OBAMA, OBAMA_2};
use super::server::{Options, start, start_with};

const EVENT: &str = "/v1/events/summit";
const USER: &str = "/v1/events/summit/users/obama";

fn long(bytes: usize) -> Value {
    json!({"text": "x".repeat(bytes)})
}

/// A client of a server that has the user, whose record and whose event's have such metadata.
async fn with_stored(metadata: &Value) -> Client {
    let store = Arc::new(InMemory::new());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    assert_eq!(client.add_user("summit", "obama", OBAMA).await.code(), 200);
    let (event, user) = (EventName::new("summit").unwrap(), Username::new("obama").unwrap());
    let mut record = store.event(&event).await.unwrap().unwrap();
    record.metadata = metadata.as_object().unwrap().clone();
    store.update_event(record).await.unwrap();
    let mut record = store.user(&event, &user).await.unwrap().unwrap();
    record.metadata = metadata.as_object().unwrap().clone();
    store.update_user(record).await.unwrap();
    client
}

/// The names of what a list has page by page, and how long the longest page was, in bytes.
async fn pages(client: &Client, list: &str, items: &str, name: &str) -> (Vec<Vec<String>>, usize) {
    let (mut pages, mut cursor, mut longest) = (Vec::new(), String::new(), 0);
    loop {
        let page = client.get(&format!("{list}?limit=1000{cursor}")).await;
        assert_eq!(page.code(), 200, "{list}");
        longest = longest.max(page.bytes.len());
        let named = page.json[items].as_array().unwrap().iter();
        pages.push(named.map(|item| item[name].as_str().unwrap().to_owned()).collect());
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (pages, longest),
        }
    }
}

#[actix_web::test]
async fn metadata_of_a_request_has_16_kib_at_most_whatever_spaces_are_in_it() {
    let client = start().await;
    assert_eq!(client.add_user("summit", "obama", OBAMA).await.code(), 200);
    let most = (16 << 10) - r#"{"text":""}"#.len();
    for (method, path) in [("PUT", EVENT), ("PATCH", EVENT), ("PATCH", USER)] {
        let taken = client.json(method, path, &json!({"metadata": long(most)})).await;
        assert_eq!(taken.code(), 200, "{method} {path}");
        let refused = client.json(method, path, &json!({"metadata": long(most + 1)})).await;
        assert_eq!(refused.codes(), (400, "metadata_too_large"), "{method} {path}");
        let spaces = format!("{{\"metadata\": {{{}}}}}", " ".repeat(20_000));
        let spaced = client.request(method, path).header("content-type", "application/json").body(spaces);
        assert_eq!(client.send(spaced).await.code(), 200, "{method} {path}");
    }
}

#[actix_web::test]
async fn longer_metadata_that_is_stored_is_read_listed_kept_by_other_changes_and_moves_by_archive() {
    let stored = long(900_000);
    let client = with_stored(&stored).await;
    for path in [EVENT, USER] {
        assert!(client.get(path).await.json["metadata"] == stored, "{path}");
    }
    assert!(client.get(&format!("{EVENT}/users")).await.json["users"][0]["metadata"] == stored);
    let changed = client.json("PATCH", EVENT, &json!({"on_duplicate": "warn"})).await;
    assert!(changed.code() == 200 && changed.json["metadata"] == stored);
    let faces = client.pictures(&format!("{USER}/faces"), &[OBAMA_2], &[]).await;
    assert_eq!(faces.code(), 201, "{faces:?}");

    let archive = client.get(&format!("{EVENT}/export?plain=true")).await.bytes;
    let other = start().await;
    let taken = other.request("POST", &format!("{EVENT}/import")).body(archive).send().await;
    assert_eq!(taken.json, json!({"users": 1, "faces": 2, "settings_kept": false}), "{taken:?}");
    for path in [EVENT, USER] {
        assert!(other.get(path).await.json["metadata"] == stored, "{path}");
    }
}

#[actix_web::test]
async fn a_page_of_long_records_ends_early_and_its_cursor_leads_to_the_rest() {
    let store = Arc::new(InMemory::new());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    let names: Vec<_> = (0..6).map(|number| format!("user-{number}")).collect();
    let event = EventName::new("summit").unwrap();
    for name in &names {
        let path = format!("{EVENT}/users/{name}/faces");
        let enrolled = client.pictures(&path, &[BIDEN], &[("on_duplicate", "allow")]).await;
        assert_eq!(enrolled.code(), 201, "{enrolled:?}");
        let mut record = store.user(&event, &Username::new(name).unwrap()).await.unwrap().unwrap();
        record.metadata = long(400_000).as_object().unwrap().clone();
        store.update_user(record).await.unwrap();
        let event = format!("/v1/events/{name}");
        assert_eq!(client.json("PUT", &event, &json!({})).await.code(), 201);
        let mut record = store.event(&EventName::new(name).unwrap()).await.unwrap().unwrap();
        record.metadata = long(400_000).as_object().unwrap().clone();
        store.update_event(record).await.unwrap();
    }
    let (pages_of_users, longest) = pages(&client, &format!("{EVENT}/users"), "users", "name").await;
    assert_eq!(pages_of_users.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(pages_of_users.concat(), names);
    assert!(longest <= MAX_PAGE_BYTES, "{longest}");
    let (pages_of_events, longest) = pages(&client, "/v1/events", "events", "name").await;
    assert_eq!(pages_of_events.len(), 3);
    // An event of a list has more to it than its record: its rule as it is applied.
    assert!(longest <= MAX_PAGE_BYTES + 4096, "{longest}");
}

#[actix_web::test]
async fn faces_of_a_user_are_all_on_one_page_unless_fewer_are_asked_for() {
    let client = start().await;
    let path = format!("{USER}/faces");
    for picture in [OBAMA, OBAMA_2, OBAMA] {
        assert_eq!(client.pictures(&path, &[picture], &[]).await.code(), 201);
    }
    let all = client.get(&path).await;
    assert_eq!((all.json["faces"].as_array().unwrap().len(), &all.json["next_cursor"]), (3, &Value::Null));
    let first = client.get(&format!("{path}?limit=2")).await;
    assert_eq!(first.json["faces"].as_array().unwrap()[..], all.json["faces"].as_array().unwrap()[..2]);
    let rest = client.get(&format!("{path}?limit=2&cursor={}", first.text_of("next_cursor"))).await;
    assert_eq!(rest.json["faces"].as_array().unwrap()[..], all.json["faces"].as_array().unwrap()[2..]);
    assert_eq!(rest.json["next_cursor"], Value::Null);
    let bad = client.get(&format!("{path}?cursor=eA")).await;
    assert_eq!(bad.codes(), (400, "invalid_cursor"), "{bad:?}");
}
