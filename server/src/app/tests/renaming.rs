//! Renaming and merging of users: everything of a person goes along, and both names find it.

use futures_util::future::join;
use serde_json::{Value, json};

use super::client::{Answer, Client, encoded};
use super::recogniser::{BIDEN, OBAMA, OBAMA_2};
use super::server::{Options, start, start_with};
use crate::auth::Role;

const CHECK_INS: &str = "/v1/events/summit/check-ins";

async fn rename(client: &Client, user: &str, name: &str) -> Answer {
    let path = format!("/v1/events/summit/users/{}/rename", encoded(user));
    client.json("POST", &path, &json!({"name": name})).await
}

async fn merge(client: &Client, user: &str, into: &str) -> Answer {
    let path = format!("/v1/events/summit/users/{}/merge", encoded(user));
    client.json("POST", &path, &json!({"into": into})).await
}

async fn check_in(client: &Client, user: &str) -> Answer {
    client.json("POST", CHECK_INS, &json!({"user": user})).await
}

async fn audit(client: &Client, query: &str) -> Vec<[String; 4]> {
    let answer = client.get(&format!("/v1/audit?order=oldest&event=summit&{query}")).await;
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    let entries = answer.json["entries"].as_array().unwrap_or_else(|| panic!("{answer:?}")).iter();
    entries.map(|entry| ["action", "outcome", "user", "new_name"].map(|key| word(entry, key))).collect()
}

#[actix_web::test]
async fn a_renamed_user_is_found_counts_as_checked_in_and_is_audited_under_both_names() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.json("PATCH", "/v1/events/summit/users/obama", &json!({"metadata": {"badge": 17}})).await;
    assert_eq!(check_in(&client, "obama").await.code(), 201);
    client.verify("summit", OBAMA_2).await;

    let renamed = rename(&client, "obama", "barack").await;
    assert_eq!((renamed.code(), renamed.text_of("name")), (200, "barack"), "{renamed:?}");
    assert_eq!(
        (&renamed.json["embedding_count"], &renamed.json["metadata"]),
        (&json!(1), &json!({"badge": 17}))
    );
    assert_eq!(renamed.json["former_names"][0]["name"], json!("obama"));
    assert!(renamed.json["last_verified"].is_string(), "also under the former name: {renamed:?}");
    assert_eq!(client.verify("summit", OBAMA_2).await.json["username"], json!("barack"));
    assert_eq!(client.get("/v1/events/summit/users/obama").await.codes(), (404, "no_such_user"));

    for again in [check_in(&client, "barack").await, client.pictures(CHECK_INS, &[OBAMA_2], &[]).await] {
        assert_eq!((again.code(), again.text_of("outcome")), (200, "already_checked_in"), "{again:?}");
    }
    let listed = client.get(&format!("{CHECK_INS}?user=barack")).await;
    assert_eq!(listed.json["check_ins"].as_array().unwrap().len(), 1, "{listed:?}");
    let csv = client.get(&format!("{CHECK_INS}?format=csv")).await;
    assert!(csv.text.contains(",barack,") && !csv.text.contains("obama"), "{csv:?}");

    let again = rename(&client, "obama", "barack").await;
    assert_eq!(
        (again.code(), &again.json["former_names"]),
        (200, &renamed.json["former_names"]),
        "{again:?}"
    );
    let told = audit(&client, "user=obama").await;
    assert_eq!(told, audit(&client, "user=barack").await);
    let told: Vec<_> = told.iter().map(|entry| entry.join(" ")).collect();
    for expected in ["enrol done obama -", "rename_user done obama barack", "identify match barack -"] {
        assert!(told.iter().any(|entry| entry == expected), "{told:?}");
    }
    assert_eq!(told.iter().filter(|entry| entry.starts_with("check_in done")).count(), 1, "{told:?}");
}

#[actix_web::test]
async fn of_a_name_that_another_person_takes_each_keeps_their_own() {
    let client = start().await;
    client.add_user("summit", "guest", OBAMA).await;
    assert_eq!(check_in(&client, "guest").await.code(), 201);
    assert_eq!(rename(&client, "guest", "obama").await.code(), 200);
    client.add_user("summit", "guest", BIDEN).await;
    assert_eq!(check_in(&client, "guest").await.code(), 201, "it is another person");
    assert_eq!(check_in(&client, "obama").await.code(), 200);
    let told = audit(&client, "user=obama").await;
    assert_eq!(told.iter().filter(|entry| entry[0] == "enrol").count(), 1, "{told:?}");

    assert_eq!(client.delete_user("summit", "obama").await.code(), 200);
    let left = client.get(&format!("{CHECK_INS}?voided=true")).await;
    let left = left.json["check_ins"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["user"]), (1, &json!("guest")), "{left:?}");
}

#[actix_web::test]
async fn who_was_registered_twice_becomes_one_with_the_faces_of_both_and_counts_once() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("summit", "barack", OBAMA_2).await;
    for (user, metadata) in [("obama", json!({"badge": 1, "seat": 5})), ("barack", json!({"badge": 2}))] {
        client
            .json("PATCH", &format!("/v1/events/summit/users/{user}"), &json!({"metadata": metadata}))
            .await;
        assert_eq!(check_in(&client, user).await.code(), 201);
    }
    let merged = merge(&client, "obama", "barack").await;
    assert_eq!((merged.code(), merged.text_of("name")), (200, "barack"), "{merged:?}");
    assert_eq!(
        (&merged.json["embedding_count"], &merged.json["metadata"]),
        (&json!(2), &json!({"badge": 2, "seat": 5}))
    );
    assert_eq!(client.get("/v1/events/summit").await.json["user_count"], json!(1));
    let listed = client.get(CHECK_INS).await;
    assert_eq!(listed.json["check_ins"].as_array().unwrap().len(), 1, "{listed:?}");
    assert_eq!(check_in(&client, "barack").await.code(), 200);
    assert_eq!(merge(&client, "obama", "barack").await.json, merged.json);
    let told = audit(&client, "user=obama").await;
    assert_eq!(told, audit(&client, "user=barack").await);
    assert_eq!(told.iter().filter(|entry| entry[0] == "enrol").count(), 2, "{told:?}");
}

#[actix_web::test]
async fn names_are_data_and_what_cannot_be_done_changes_nothing() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("summit", "biden", BIDEN).await;
    let mut before = "obama".to_owned();
    for name in
        ["a/b", "..", "%2e%2e%2f", "<script>alert(1)</script>", "=1+1", "山田 太郎", "a?b=c&d#e", "obama"]
    {
        let renamed = rename(&client, &before, name).await;
        assert_eq!((renamed.code(), renamed.text_of("name")), (200, name), "{renamed:?}");
        before = name.to_owned();
    }
    // An invisible character is taken out of one's own name, and of nobody else's.
    assert_eq!(rename(&client, "obama", "oba\u{200B}ma").await.code(), 200);
    assert_eq!(rename(&client, "oba\u{200B}ma", "obama").await.code(), 200);
    for (answer, expected) in [
        (rename(&client, "obama", "biden").await, (409, "user_exists")),
        (rename(&client, "obama", "bi\u{200B}den").await, (409, "similar_name")),
        (rename(&client, "obama", " ").await, (400, "invalid_name")),
        (rename(&client, "obama", "a\u{0}b").await, (400, "invalid_name")),
        (rename(&client, "obama", &"x".repeat(129)).await, (400, "invalid_name")),
        (rename(&client, "nobody", "somebody").await, (404, "no_such_user")),
        (merge(&client, "nobody", "biden").await, (404, "no_such_user")),
        (merge(&client, "obama", "nobody").await, (404, "no_such_user")),
        (merge(&client, "obama", "obama").await, (409, "same_user")),
        (
            client.json("POST", "/v1/events/none/users/x/rename", &json!({"name": "y"})).await,
            (404, "no_such_event"),
        ),
        (
            client.json("POST", "/v1/events/summit/users/obama/merge", &json!({"name": "y"})).await,
            (400, "invalid_json"),
        ),
        (
            client.json("POST", "/v1/events/summit/users/obama/rename", &json!(["y"])).await,
            (400, "invalid_json"),
        ),
    ] {
        assert_eq!(answer.codes(), expected, "{answer:?}");
    }
    assert_eq!(client.users("summit").await.json, json!({"users": ["biden", "obama"]}));
}

#[actix_web::test]
async fn a_key_of_a_door_or_a_desk_renames_and_merges_nobody() {
    let mut options = Options::default();
    let admin = options.key("admin", Role::Admin, &[]);
    let others = [options.key("door", Role::Verify, &[]), options.key("desk", Role::Enrol, &[])];
    let elsewhere = options.key("elsewhere", Role::Admin, &["gala"]);
    let client = start_with(options).await;
    let admin = client.with_key(&admin);
    admin.add_user("summit", "obama", OBAMA).await;
    for key in others {
        let client = client.with_key(&key);
        assert_eq!(rename(&client, "obama", "barack").await.codes(), (403, "role_too_low"));
        assert_eq!(merge(&client, "obama", "barack").await.codes(), (403, "role_too_low"));
    }
    let elsewhere = rename(&client.with_key(&elsewhere), "obama", "barack").await;
    assert_eq!(elsewhere.codes(), (403, "event_not_allowed"));
    assert_eq!(rename(&admin, "obama", "barack").await.code(), 200);
    let by = admin.get("/v1/audit?event=summit&action=rename_user").await;
    assert_eq!(by.json["entries"][0]["actor"], json!("admin"), "{by:?}");
}

#[actix_web::test]
async fn whoever_comes_while_they_are_renamed_is_checked_in_once_under_the_new_name() {
    let client = start().await;
    client.add_user("summit", "guest 0", OBAMA).await;
    assert_eq!(client.pictures(CHECK_INS, &[OBAMA_2], &[]).await.code(), 201);
    for round in 0..8 {
        let (from, to) = (format!("guest {round}"), format!("guest {}", round + 1));
        let (came, renamed) =
            join(client.pictures(CHECK_INS, &[OBAMA_2], &[]), rename(&client, &from, &to)).await;
        assert_eq!(renamed.code(), 200, "{renamed:?}");
        assert!(matches!(came.code(), 200 | 201 | 404), "{came:?}");
        let listed = client.get(CHECK_INS).await;
        let users: Vec<_> =
            listed.json["check_ins"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
        assert_eq!(users, [&json!(to)], "round {round}");
    }
}
