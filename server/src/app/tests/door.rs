//! What a key of the door may ask: what it is for, and names by their first letters.

use serde_json::json;

use super::embeddings::embedding;
use super::server::{Options, start, start_with};
use crate::auth::Role;

#[actix_web::test]
async fn names_are_found_by_the_first_letters_of_their_words_and_ten_at_most() {
    let client = start().await;
    let enrol = async |user: &str, number: usize| {
        let body =
            json!({"model": "sface-2021dec", "embeddings": [embedding(number)], "on_duplicate": "allow"});
        let answer = client.json("POST", &format!("/v1/events/summit/users/{user}/faces"), &body).await;
        assert_eq!(answer.code(), 201, "{answer:?}");
    };
    for (number, user) in
        ["jane_smith", "Smilla%20Jansson", "O%27Smirnov", "Zo%C3%AB", "blacksmith"].iter().enumerate()
    {
        enrol(user, number).await;
    }
    let found = async |starts: &str| client.get(&format!("/v1/events/summit/names?starts={starts}")).await;
    for (starts, names) in [
        ("smi", json!(["O'Smirnov", "Smilla Jansson", "jane_smith"])),
        ("JANE", json!(["jane_smith"])),
        ("jane_s", json!(["jane_smith"])),
        ("zo%C3%AB", json!(["Zo\u{eb}"])),
        ("%20jan%20", json!(["Smilla Jansson", "jane_smith"])),
        ("mit", json!([])),
        ("%20%20s", json!([])),
    ] {
        let answer = found(starts).await;
        assert_eq!(answer.json, json!({"names": names, "more": false}), "{starts}");
    }
    for starts in ["", "sm", &"s".repeat(129)] {
        assert_eq!(found(starts).await.codes(), (400, "invalid_query"), "{starts}");
    }
    assert_eq!(client.get("/v1/events/summit/names").await.codes(), (400, "invalid_query"));
    assert_eq!(client.get("/v1/events/none/names?starts=abc").await.codes(), (404, "no_such_event"));

    for number in 10..21 {
        enrol(&format!("guest%20{number}"), number).await;
    }
    let many = found("gue").await.json;
    assert_eq!((many["names"].as_array().unwrap().len(), &many["more"]), (10, &json!(true)), "{many}");
}

#[actix_web::test]
async fn a_key_is_told_what_it_is_for_and_finds_names_in_its_events_alone() {
    let mut options = Options::default();
    let door = options.key("door", Role::Verify, &["summit"]);
    let office = options.key("office", Role::Admin, &[]);
    let nobody = start_with(options).await;
    let (door, office) = (nobody.with_key(&door), nobody.with_key(&office));
    let told = door.get("/v1/caller").await;
    assert_eq!(told.json, json!({"name": "door", "role": "verify", "events": ["summit"]}), "{told:?}");
    assert_eq!(
        office.get("/v1/caller").await.json,
        json!({"name": "office", "role": "admin", "events": null})
    );
    assert_eq!(nobody.get("/v1/caller").await.codes(), (401, "key_missing"));
    assert_eq!(door.get("/v1/events/other/names?starts=abc").await.codes(), (403, "event_not_allowed"));
    assert_eq!(door.get("/v1/events/summit/names?starts=abc").await.codes(), (404, "no_such_event"));
}

#[actix_web::test]
async fn where_there_are_no_keys_everybody_may_do_everything() {
    let told = start().await.get("/v1/caller").await;
    assert_eq!(told.json, json!({"name": "anonymous", "role": "admin", "events": null}));
}
