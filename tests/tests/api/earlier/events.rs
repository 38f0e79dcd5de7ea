//! The events that `examples/make_fixtures/events.rs` made, as every store must still have them, and what goes
//! on in them.

use e2e::{Answer, Client, picture, pictures_form};
use serde_json::{Value, json};

use super::fixture;

/// The event with settings of its own, as a path has its name.
pub(super) const HALL: &str = "/v1/events/Zo%C3%AB%27s%20hall";
pub(super) const SUMMIT: &str = "/v1/events/summit";

/// The model of every event of that release.
pub(super) const MODEL: &str = "dlib-resnet-v1";

/// An answer that must be one of success.
pub(super) async fn get(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await.unwrap();
    assert_eq!(answer.code(), 200, "{path}: {answer:?}");
    answer.json
}

/// What is said of the one face of a picture. Whatever event it is in, its model is that of the release.
pub(super) async fn identified(client: &Client, event: &str, picture: &[u8]) -> Value {
    let answer = client.pictures(&format!("{event}/identify"), &[picture], &[]).await.unwrap();
    assert_eq!(answer.code(), 200, "{event}: {answer:?}");
    let face = answer.json["faces"][0].clone();
    assert_eq!(face["model"], json!(MODEL), "{face}");
    face
}

/// The decision on a face and whose it is, in one text.
pub(super) async fn whose(client: &Client, event: &str, picture: &[u8]) -> String {
    let face = identified(client, event, picture).await;
    format!("{} {}", face["decision"].as_str().unwrap(), face["user"].as_str().unwrap_or("-"))
}

/// A number of an answer, as near as another machine may come to it.
#[track_caller]
pub(super) fn is_about(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 0.005, "{value} is not about {expected}");
}

/// Everything is as that release left it: events, their rules, people, and who a picture shows.
pub(super) async fn are_as_left(client: &Client) {
    let listed = get(client, "/v1/events").await;
    let listed: Vec<_> = listed["events"].as_array().unwrap().iter().map(brief).collect();
    assert_eq!(listed, ["Zo\u{eb}'s hall 2", "empty 0", "strict 1", "summit 2"].map(of_that_model));

    let hall = get(client, HALL).await;
    assert_eq!(hall["match_rule"], json!({"threshold": 0.375}));
    assert_eq!((&hall["threshold"], &hall["on_duplicate"]), (&json!(0.375), &json!("warn")));
    assert_eq!(hall["retain_until"], json!("2100-01-31T00:00:00Z"));
    assert_eq!(hall["metadata"], json!({"venue": "Hall 3"}));
    let strict = get(client, "/v1/events/strict").await;
    assert_eq!(strict["match_rule"], json!({"target_false_match_rate": 0.001}));
    assert!((0.36..0.39).contains(&strict["threshold"].as_f64().unwrap()), "{strict}");
    let empty = get(client, "/v1/events/empty").await;
    assert_eq!((&empty["on_duplicate"], &empty["metadata"]), (&json!("allow"), &json!({"rooms": [1, 2]})));
    let summit = get(client, SUMMIT).await;
    assert_eq!((&summit["on_duplicate"], &summit["retain_until"]), (&Value::Null, &Value::Null));
    assert!(summit["threshold"].as_f64().unwrap() <= 0.4, "{summit}");

    assert_eq!(users(client, SUMMIT).await, ["biden 1 {}", r#"obama 1 {"seat":"A 1"}"#]);
    assert_eq!(users(client, HALL).await, ["eileen 1 {}", "obama 2 {}"]);
    assert_eq!(users(client, "/v1/events/empty").await, [""; 0]);

    let [obama2, stranger] = ["obama2.jpg", "astronaut.png"].map(|name| picture(name).unwrap());
    let obama = identified(client, SUMMIT, &obama2).await;
    assert_eq!((&obama["decision"], &obama["user"]), (&json!("match"), &json!("obama")));
    is_about(&obama["distance"], 0.2385);
    assert_eq!(whose(client, SUMMIT, &stranger).await, "no_match -");
    let in_hall = identified(client, HALL, &obama2).await;
    assert_eq!((&in_hall["user"], &in_hall["threshold"]), (&json!("obama"), &json!(0.375)), "{in_hall}");
    is_about(&in_hall["distance"], 0.2392);
    assert_eq!(whose(client, HALL, &stranger).await, "match eileen");
    assert_eq!(whose(client, "/v1/events/strict", &obama2).await, "no_match -");
    let compared = client.pictures(&format!("{SUMMIT}/users/biden/verify"), &[&obama2], &[]).await.unwrap();
    assert_eq!(compared.json["decision"], json!("no_match"), "{compared:?}");
    let nobody = client.verify("empty", &obama2).await.unwrap();
    assert_eq!(nobody.code(), 404, "{nobody:?}");
}

fn brief(event: &Value) -> String {
    let word = |key: &str| event[key].as_str().unwrap_or("-");
    format!("{} {} {}", word("name"), event["user_count"], word("model"))
}

fn of_that_model(event: &str) -> String {
    format!("{event} {MODEL}")
}

/// Name, faces and metadata of each user.
pub(super) async fn users(client: &Client, event: &str) -> Vec<String> {
    let listed = get(client, &format!("{event}/users")).await;
    let mut users = Vec::new();
    for user in listed["users"].as_array().unwrap() {
        let name = user["name"].as_str().unwrap();
        let one = get(client, &format!("{event}/users/{name}")).await;
        users.push(format!("{name} {} {}", one["embedding_count"], one["metadata"]));
    }
    users
}

/// Check-ins and audit are as that release left them.
pub(super) async fn journal_is_as_left(client: &Client) {
    let listed = get(client, &format!("{SUMMIT}/check-ins?order=oldest&voided=true&limit=2")).await;
    let [came, voided] = listed["check_ins"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(
        (&came["user"], &came["method"], &came["voided"]),
        (&json!("obama"), &json!("face"), &json!(false))
    );
    assert_eq!(came["note"], json!("north entrance"));
    is_about(&came["distance"], 0.2385);
    assert_eq!((&voided["user"], &voided["voided"]), (&json!("biden"), &json!(true)), "{voided}");
    let correction = &voided["corrections"][0];
    assert_eq!((&correction["before"], &correction["reason"]), (&json!("biden"), &json!("wrong line")));

    let transaction = came["transaction_id"].as_str().unwrap();
    let entries = get(client, &format!("/v1/transactions/{transaction}")).await;
    assert_eq!(entries["entries"][0]["action"], json!("check_in"), "{entries}");
    assert_eq!(entries["entries"][0]["model"], json!(MODEL), "{entries}");

    let audit = get(client, "/v1/audit?order=oldest&limit=17").await;
    let told: Vec<_> = audit["entries"].as_array().unwrap().iter().map(action).collect();
    assert_eq!(
        told,
        [
            "enrol done summit obama",
            "enrol done summit biden",
            "update_user done summit obama",
            "create_event done Zo\u{eb}'s hall -",
            "enrol done Zo\u{eb}'s hall obama",
            "enrol done Zo\u{eb}'s hall eileen",
            "create_event done strict -",
            "enrol done strict biden",
            "create_event done empty -",
            "enrol done summit gone",
            "delete_user done summit gone",
            "enrol done cancelled obama",
            "delete_event done cancelled -",
            "check_in done summit obama",
            "check_in done summit biden",
            "correct_check_in done summit -",
            "identify no_match summit -",
        ]
    );
}

fn action(entry: &Value) -> String {
    ["action", "outcome", "event", "user"].map(|key| entry[key].as_str().unwrap_or("-")).join(" ")
}

/// Faces are enrolled into these events, by pictures and as embeddings of clients, and found again.
pub(super) async fn go_on(client: &Client) {
    let obama = format!("{SUMMIT}/users/obama/faces");
    let face = picture("obama3.jpg").unwrap();
    let enrolled = client.pictures(&obama, &[&face], &[]).await.unwrap();
    assert_eq!((enrolled.code(), &enrolled.json["embedding_count"]), (201, &json!(2)), "{enrolled:?}");
    assert_eq!(enrolled.json["model"], json!(MODEL));
    let kept = serde_json::from_str(&fixture::text("plain/embeddings.json")).unwrap();
    let enrolled = client.json("POST", &obama, &kept).await.unwrap();
    assert_eq!((enrolled.code(), &enrolled.json["embedding_count"]), (201, &json!(3)), "{enrolled:?}");
    let again = client.pictures(&format!("{SUMMIT}/users/barack/faces"), &[&face], &[]).await.unwrap();
    assert_eq!((again.code(), again.text_of("code")), (409, "duplicate_person"), "{again:?}");

    let stranger = picture("astronaut.png").unwrap();
    let added = client.add_user("summit", "eileen", &stranger).await.unwrap();
    assert_eq!((added.code(), &added.json["embedding_count"]), (200, &json!(1)), "{added:?}");
    // The only face of an event that had none: its model is what it was.
    let first = client.pictures("/v1/events/empty/users/eileen/faces", &[&stranger], &[]).await.unwrap();
    assert_eq!((first.code(), &first.json["model"]), (201, &json!(MODEL)), "{first:?}");
    have_gone_on(client).await;
}

/// What [`go_on`] did, also at a later start.
pub(super) async fn have_gone_on(client: &Client) {
    assert_eq!(users(client, SUMMIT).await, ["biden 1 {}", "eileen 1 {}", r#"obama 3 {"seat":"A 1"}"#]);
    let obama = identified(client, SUMMIT, &picture("obama2.jpg").unwrap()).await;
    assert_eq!(obama["user"], json!("obama"), "{obama}");
    is_about(&obama["distance"], 0.1595);
    let eileen = picture("astronaut.png").unwrap();
    for event in [SUMMIT, "/v1/events/empty"] {
        assert_eq!(whose(client, event, &eileen).await, "match eileen");
    }
    let verified = client.verify("summit", &picture("biden.jpg").unwrap()).await.unwrap();
    assert_eq!(verified.text_of("username"), "biden", "{verified:?}");
}

/// Requests that were answered by that release and are sent again are done once, and new ones are taken.
pub(super) async fn requests_go_on(client: &Client) {
    let [obama, obama2, obama3] =
        ["obama.jpg", "obama2.jpg", "obama3.jpg"].map(|name| picture(name).unwrap());
    let badge = with_key(client, &format!("{HALL}/users/obama/faces"), &[&obama, &obama3], "badge-1").await;
    assert_eq!((badge.code(), &badge.json["repeated"]), (200, &json!(true)), "{badge:?}");
    assert_eq!(badge.json["embedding_count"], json!(2), "{badge:?}");
    let check_ins = format!("{SUMMIT}/check-ins");
    let door = with_key(client, &check_ins, &[&obama2], "door-1").await;
    assert_eq!((door.code(), door.text_of("outcome")), (200, "repeated"), "{door:?}");
    let came = client.pictures(&check_ins, &[&picture("biden.jpg").unwrap()], &[]).await.unwrap();
    assert_eq!((came.code(), came.text_of("outcome")), (201, "checked_in"), "{came:?}");
    assert_eq!(came.json["check_in"]["user"], json!("biden"));
}

async fn with_key(client: &Client, path: &str, pictures: &[&[u8]], key: &str) -> Answer {
    let request = client.request("POST", path).header("idempotency-key", key);
    client.send(request.multipart(pictures_form(pictures, &[]))).await.unwrap()
}

/// Who was checked in, the first one first.
pub(super) async fn checked_in(client: &Client) -> Vec<String> {
    let listed = get(client, &format!("{SUMMIT}/check-ins?order=oldest")).await;
    listed["check_ins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["user"].as_str().unwrap().to_owned())
        .collect()
}
