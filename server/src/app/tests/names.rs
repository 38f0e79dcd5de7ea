//! Names are data: every script works, none is a path or markup, and what is no name says why.

use std::sync::Arc;

use ::events::{EventName, Username};
use embedding::{Embedding, ModelId};
use embedding_store::{EmbeddingStore, EventRecord, FaceSample, InMemory};
use serde_json::json;
use time::OffsetDateTime;

use super::client::encoded;
use super::recogniser::{BIDEN, OBAMA};
use super::server::{Options, start, start_with};

#[actix_web::test]
async fn hostile_looking_names_work_everywhere() {
    let client = start().await;
    let names = [
        "a/b",
        "..",
        "../../etc/passwd",
        "\"quoted\" 'and'",
        "<script>alert(1)</script>",
        "山田 太郎",
        "محمد",
        "👩‍👩‍👧 🎉",
        "%2e%2e%2f",
        "a?b=c&d#e",
        "a+b",
        ".",
        "\\..\\",
        "{event_name}",
        "a//b/",
    ];
    for name in names {
        let added = client.add_user(name, name, OBAMA).await;
        assert_eq!(added.text_of("message"), format!("User '{name}' successfully added to event '{name}'"));
        assert_eq!(client.users(name).await.json, json!({"users": [name]}));
        assert_eq!(client.verify(name, OBAMA).await.json["username"], json!(name));
    }
    let mut listed: Vec<String> = client.get("/api/events").await.json["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_name"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> = names.iter().map(ToString::to_string).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    for name in names {
        assert_eq!(client.delete_user(name, name).await.code(), 200, "{name}");
        let deleted = client.delete_event(name).await;
        assert_eq!(deleted.text_of("message"), format!("Event '{name}' deleted"));
    }
    assert_eq!(client.get("/api/events").await.json, json!({"events": []}));
}

#[actix_web::test]
async fn a_name_that_differs_by_invisible_characters_alone_is_not_made_by_any_route() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("summit", "می\u{200C}خواهم", BIDEN).await;
    let hidden =
        ["obama\u{AD}", "o\u{200B}bama", "\u{FEFF}obama", "obama\u{FE0F}", "ob\u{E0041}ama", "oba\u{200D}ma"];
    for user in hidden {
        let path = format!("/v1/events/summit/users/{}/faces", encoded(user));
        let refused = client.pictures(&path, &[OBAMA], &[("on_duplicate", "allow")]).await;
        assert_eq!(refused.codes(), (409, "similar_name"), "{refused:?}");
        let legacy = client.add_user("summit", user, OBAMA).await;
        assert_eq!((legacy.code(), legacy.text_of("status")), (409, "error"), "{legacy:?}");
    }
    for event in ["summit\u{200B}", "\u{2060}summit", "sum\u{AD}mit"] {
        let refused = client.json("PUT", &format!("/v1/events/{}", encoded(event)), &json!({})).await;
        assert_eq!(refused.codes(), (409, "similar_name"), "{refused:?}");
        assert_eq!(client.add_user(event, "zoe", OBAMA).await.code(), 409);
    }
    // A joiner that is seen makes another name, and a name is its own like.
    for user in ["میخواهم", "obama", "می\u{200C}خواهم"] {
        assert_eq!(client.add_user("summit", user, OBAMA).await.code(), 200, "{user}");
    }
    let users = client.users("summit").await.json;
    assert_eq!(users["users"].as_array().unwrap().len(), 3, "{users}");
    assert_eq!(client.get("/api/events").await.json["events"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_stored_under_such_names_stays_and_the_plain_name_is_not_made_beside_it() {
    let store = Arc::new(InMemory::new());
    let (event, user) = (EventName::new("sum\u{200B}mit").unwrap(), Username::new("oba\u{AD}ma").unwrap());
    let values: [f32; 128] = std::array::from_fn(|at| if at == 0 { 1.0 } else { 0.0 });
    let embedding = Embedding::new(ModelId::new("sface-2021dec").unwrap(), values).unwrap();
    let now = OffsetDateTime::now_utc();
    let sample = FaceSample::new(event.clone(), user.clone(), embedding, 0.9, "test", now).unwrap();
    store
        .create_event(EventRecord::new(event.clone(), sample.embedding().model().clone(), now))
        .await
        .unwrap();
    store.append_sample(sample).await.unwrap();
    let client = start_with(Options { store, ..Options::default() }).await;
    let (event, user) = (event.as_str(), user.as_str());
    assert_eq!(client.verify(event, OBAMA).await.json["username"], json!(user));
    assert_eq!(client.add_user(event, "obama", OBAMA).await.code(), 409);
    assert_eq!(client.add_user("summit", "obama", OBAMA).await.code(), 409);
    assert_eq!(client.add_user(event, user, OBAMA).await.json["embedding_count"], json!(2));
    // An archive brings what it has.
    let path = format!("/v1/events/{}", encoded(event));
    let archive = client.get(&format!("{path}/export?plain=true")).await;
    assert_eq!(client.delete_event(event).await.code(), 200);
    client.add_user("summit", "obama", OBAMA).await;
    let import = client.request("POST", &format!("{path}/import")).body(archive.bytes).send().await;
    assert_eq!(import.code(), 200, "{import:?}");
    assert_eq!(client.verify(event, OBAMA).await.json["username"], json!(user));
}

#[actix_web::test]
async fn spellings_of_a_name_are_one_name() {
    let client = start().await;
    client.add_user("Zoë's party", "Zoë", OBAMA).await;
    let again = client.add_user("  Zoe\u{308}'s party ", "Zoe\u{308}\t", OBAMA).await;
    assert_eq!(again.json["embedding_count"], json!(2), "{again:?}");
}

#[actix_web::test]
async fn what_is_no_name_is_refused_with_what_to_do() {
    let client = start().await;
    let long = "x".repeat(10_000);
    let bad = [
        ("", "empty"),
        ("   ", "empty"),
        ("\u{200b}", "empty"),
        (long.as_str(), "at most 128"),
        ("a\0b", "U+0000"),
        ("a\u{7}b", "U+0007"),
        ("a\u{202e}b", "U+202E"),
        ("a\nb", "U+000A"),
    ];
    for (name, words) in bad {
        let answers = [
            client.add_user(name, "u", OBAMA).await,
            client.add_user("e", name, OBAMA).await,
            client.verify(name, OBAMA).await,
            client.users(name).await,
            client.delete_user("e", name).await,
        ];
        for answer in answers {
            assert_eq!(answer.code(), 400, "{name:?}: {answer:?}");
            assert!(answer.text_of("message").contains(words), "{name:?}: {answer:?}");
        }
    }
    for path in ["/api/all_user", "/api/delete_user?event_name=e", "/api/delete_user?user_id=u"] {
        let answer = client.get(path).await;
        assert_eq!(answer.code(), 400, "{answer:?}");
        assert!(answer.text_of("message").contains("is missing"), "{answer:?}");
    }
    assert_eq!(client.get("/api/events").await.json, json!({"events": []}));
}
