//! `/v1/events/{event}/check-ins`: who came, once for each time, corrected with its history, listed and exported.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::form::Form;
use super::recogniser::{ASTRONAUT, BIDEN, OBAMA, OBAMA_2};
use super::server::{Options, start_with};

const CHECK_INS: &str = "/v1/events/summit/check-ins";

async fn summit() -> Client {
    summit_with(Options::default()).await
}

/// The same without a cool-down.
async fn summit_at_once() -> Client {
    summit_with(Options { cool_down: Duration::ZERO, ..Options::default() }).await
}

async fn summit_with(options: Options) -> Client {
    let client = start_with(options).await;
    for user in ["obama", "biden"] {
        client.add_user("summit", user, user.as_bytes()).await;
    }
    client
}

async fn named(client: &Client, user: &str, key: Option<&str>) -> Answer {
    let request = client.request("POST", CHECK_INS).json(&json!({"user": user}));
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    client.send(request).await
}

async fn users(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{CHECK_INS}?{query}")).await;
    let list = answer.json["check_ins"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    list.iter().map(|one| one["user"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_face_is_checked_in_once_within_the_cool_down() {
    let client = summit().await;
    let came = client.pictures(CHECK_INS, &[OBAMA_2], &[("note", "north entrance")]).await;
    assert_eq!((came.code(), came.text_of("outcome")), (201, "checked_in"), "{came:?}");
    let check_in = &came.json["check_in"];
    assert_eq!((&check_in["user"], &check_in["method"]), (&json!("obama"), &json!("face")));
    assert_eq!((&check_in["note"], &check_in["voided"]), (&json!("north entrance"), &json!(false)));
    assert_eq!(check_in["distance"], came.json["verdict"]["distance"]);
    assert_eq!(check_in["transaction_id"], came.header("x-transaction-id"));
    let again = client.pictures(CHECK_INS, &[OBAMA_2], &[]).await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "already_checked_in"), "{again:?}");
    assert_eq!(&again.json["check_in"], check_in);
    let one = client.get(&format!("{CHECK_INS}/{}", check_in["id"].as_str().unwrap())).await;
    assert_eq!(&one.json, check_in);
    client.add_user("of others", "x", BIDEN).await;
    let stranger = client.pictures("/v1/events/of%20others/check-ins", &[OBAMA_2], &[]).await;
    assert_eq!((stranger.code(), stranger.text_of("outcome")), (200, "no_match"), "{stranger:?}");
}

#[actix_web::test]
async fn a_key_is_for_one_request_and_its_repetitions() {
    let client = summit_at_once().await;
    let first = named(&client, "obama", Some("k-1")).await;
    assert_eq!((first.code(), first.text_of("outcome")), (201, "checked_in"), "{first:?}");
    let again = named(&client, "obama", Some("k-1")).await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["check_in"], first.json["check_in"]);
    let face = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
    let face = face.multipart(Form::of_pictures(&[BIDEN], &[]));
    for other in [named(&client, "biden", Some("k-1")).await, client.send(face).await] {
        assert_eq!(other.codes(), (409, "idempotency_key_reused"), "{other:?}");
    }
    assert_eq!(named(&client, "obama", None).await.code(), 201, "there is no cool-down");
    assert_eq!(named(&client, "nobody", None).await.codes(), (404, "no_such_user"));
    assert_eq!(users(&client, "").await, ["obama", "obama"]);
}

#[actix_web::test]
async fn a_repeated_request_is_told_what_it_did_although_the_face_is_nobodys_now() {
    let client = summit().await;
    let came = async || {
        let request = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
        client.send(request.multipart(Form::of_pictures(&[OBAMA_2], &[]))).await
    };
    let first = came().await;
    assert_eq!((first.code(), first.text_of("outcome")), (201, "checked_in"), "{first:?}");
    // The same face under another name: neither of the two is named any more.
    client.add_user("summit", "double", OBAMA).await;
    let again = came().await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["check_in"], first.json["check_in"]);
    assert_eq!(again.json["verdict"]["decision"], "ambiguous");
    let stranger = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
    let stranger = stranger.multipart(Form::of_pictures(&[ASTRONAUT], &[]));
    let stranger = client.send(stranger).await;
    assert_eq!(stranger.codes(), (409, "idempotency_key_reused"), "{stranger:?}");
    assert_eq!(users(&client, "").await, ["obama"]);
}

#[actix_web::test]
async fn of_many_requests_at_once_with_one_key_each_exactly_one_is_recorded() {
    let client = summit_at_once().await;
    let mut requests = Vec::new();
    for number in 0..60 {
        let client = client.clone();
        let user = if number % 2 == 0 { "obama" } else { "biden" };
        requests.push(async move { named(&client, user, Some(&format!("k-{}", number % 10))).await });
    }
    let answers = join_all(requests).await;
    assert!(answers.iter().all(|answer| matches!(answer.code(), 200 | 201)), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.code() == 201).count(), 10);
    assert_eq!(users(&client, "").await.len(), 10);
}

#[actix_web::test]
async fn a_correction_keeps_what_stood_there_and_frees_who_was_named_wrongly() {
    let client = summit().await;
    let came = named(&client, "obama", None).await;
    let path = format!("{CHECK_INS}/{}", came.json["check_in"]["id"].as_str().unwrap());
    let correct = async |body: Value| client.json("PATCH", &path, &body).await;
    let corrected = correct(json!({"user": "biden", "reason": "twins"})).await;
    assert_eq!((corrected.code(), corrected.text_of("user")), (200, "biden"), "{corrected:?}");
    let before = &corrected.json["corrections"][0];
    assert_eq!((&before["before"], &before["reason"]), (&json!("obama"), &json!("twins")));
    assert_eq!(named(&client, "obama", None).await.code(), 201);
    assert_eq!(named(&client, "biden", None).await.code(), 200, "the cool-down is biden's now");

    let voided = correct(json!({"user": null, "reason": "a test"})).await;
    assert_eq!((voided.code(), &voided.json["voided"]), (200, &json!(true)), "{voided:?}");
    assert_eq!(users(&client, "").await, ["obama"]);
    assert_eq!(users(&client, "voided=true&order=oldest").await, ["biden", "obama"]);
    for (body, expected) in [
        (json!({"user": "nobody", "reason": "x"}), (404, "no_such_user")),
        (json!({"user": "biden", "reason": " "}), (400, "invalid_field")),
        (json!({"reason": "x"}), (400, "invalid_json")),
        (json!({"user": " ", "reason": "x"}), (400, "invalid_name")),
    ] {
        let answer = correct(body).await;
        assert_eq!(answer.codes(), expected, "{answer:?}");
    }
    let unknown = format!("{CHECK_INS}/01a20fb1-0247-75c3-8a5d-21b9a30a7b91");
    assert_eq!(client.get(&unknown).await.codes(), (404, "no_such_check_in"));
}

#[actix_web::test]
async fn lists_are_filtered_paged_and_exported_without_formulas() {
    let client = summit_at_once().await;
    let formula = "=HYPERLINK(\"x\")";
    client.add_user("summit", formula, OBAMA).await;
    for user in ["obama", "biden", "obama", formula] {
        assert_eq!(named(&client, user, None).await.code(), 201);
    }
    assert_eq!(users(&client, "order=oldest").await, ["obama", "biden", "obama", formula]);
    assert_eq!(users(&client, "user=obama").await, ["obama", "obama"]);
    assert_eq!(users(&client, "until=2020-01-01T00:00:00Z").await, [] as [&str; 0]);
    assert_eq!(users(&client, "since=2020-01-01T00:00:00Z").await.len(), 4);
    let first = client.get(&format!("{CHECK_INS}?limit=3")).await;
    let next = first.json["next_cursor"].as_str().unwrap();
    assert_eq!(users(&client, &format!("limit=3&cursor={next}")).await, ["obama"]);
    for (query, code) in [
        ("cursor=x", "invalid_cursor"),
        ("since=today", "invalid_query"),
        ("order=up", "invalid_query"),
        ("user=%20", "invalid_name"),
    ] {
        let answer = client.get(&format!("{CHECK_INS}?{query}")).await;
        assert_eq!(answer.codes(), (400, code), "{query}: {answer:?}");
    }
    assert_eq!(client.get("/v1/events/none/check-ins").await.codes(), (404, "no_such_event"));

    let csv = client.request("GET", CHECK_INS).header("accept", "text/csv").send().await;
    assert!(csv.media_type().starts_with("text/csv"), "{csv:?}");
    assert_eq!(csv.text, client.get(&format!("{CHECK_INS}?format=csv")).await.text);
    let rows: Vec<&str> = csv.text.lines().collect();
    assert_eq!(rows.len(), 5, "{csv:?}");
    assert!(rows[0].starts_with("id,time,event,user,"), "{csv:?}");
    assert!(
        rows[1].contains("'=HYPERLINK") && !rows[1].contains(",=") && !rows[1].contains(",\"="),
        "{csv:?}"
    );
    let lines = client.get(&format!("{CHECK_INS}?format=ndjson&limit=1")).await;
    let users: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((users.len(), &users[0]["user"]), (4, &json!(formula)), "{lines:?}");
}
