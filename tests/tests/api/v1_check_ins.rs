//! `/v1/events/{event}/check-ins`: who came, once for each time, corrected with its history, listed and exported.

use e2e::{Answer, Client, Server, picture, pictures_form};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CHECK_INS: &str = "/v1/events/summit/check-ins";

async fn summit(server: &Server) -> Client {
    let client = server.client();
    for user in ["obama", "biden"] {
        client.add_user("summit", user, &picture(&format!("{user}.jpg")).unwrap()).await.unwrap();
    }
    client
}

async fn named(client: &Client, user: &str, key: Option<&str>) -> Answer {
    let request = client.request("POST", CHECK_INS).json(&json!({"user": user}));
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    client.send(request).await.unwrap()
}

async fn users(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{CHECK_INS}?{query}")).await.unwrap();
    let list = answer.json["check_ins"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    list.iter().map(|one| one["user"].as_str().unwrap().to_owned()).collect()
}

fn codes(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.text_of("code"))
}

#[tokio::test]
async fn a_face_is_checked_in_once_within_the_cool_down() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let face = picture("obama2.jpg").unwrap();
    let came = client.pictures(CHECK_INS, &[&face], &[("note", "north entrance")]).await.unwrap();
    assert_eq!((came.code(), came.text_of("outcome")), (201, "checked_in"), "{came:?}");
    let check_in = &came.json["check_in"];
    assert_eq!((&check_in["user"], &check_in["method"]), (&json!("obama"), &json!("face")));
    assert_eq!((&check_in["note"], &check_in["voided"]), (&json!("north entrance"), &json!(false)));
    assert_eq!(check_in["distance"], came.json["verdict"]["distance"]);
    assert_eq!(check_in["transaction_id"], came.headers["x-transaction-id"].to_str().unwrap());
    let again = client.pictures(CHECK_INS, &[&face], &[]).await.unwrap();
    assert_eq!((again.code(), again.text_of("outcome")), (200, "already_checked_in"), "{again:?}");
    assert_eq!(&again.json["check_in"], check_in);
    let one = client.get(&format!("{CHECK_INS}/{}", check_in["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(&one.json, check_in);
    client.add_user("of others", "x", &picture("biden.jpg").unwrap()).await.unwrap();
    let stranger = client.pictures("/v1/events/of%20others/check-ins", &[&face], &[]).await.unwrap();
    assert_eq!((stranger.code(), stranger.text_of("outcome")), (200, "no_match"), "{stranger:?}");
}

#[tokio::test]
async fn a_key_is_for_one_request_and_its_repetitions() {
    let server = Server::builder().unwrap().flags(["--cool-down", "0"]).start().unwrap();
    let client = summit(&server).await;
    let first = named(&client, "obama", Some("k-1")).await;
    assert_eq!((first.code(), first.text_of("outcome")), (201, "checked_in"), "{first:?}");
    let again = named(&client, "obama", Some("k-1")).await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["check_in"], first.json["check_in"]);
    let face = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
    let face = face.multipart(pictures_form(&[&picture("biden.jpg").unwrap()], &[]));
    for other in [named(&client, "biden", Some("k-1")).await, client.send(face).await.unwrap()] {
        assert_eq!(codes(&other), (409, "idempotency_key_reused"), "{other:?}");
    }
    assert_eq!(named(&client, "obama", None).await.code(), 201, "there is no cool-down");
    assert_eq!(codes(&named(&client, "nobody", None).await), (404, "no_such_user"));
    assert_eq!(users(&client, "").await, ["obama", "obama"]);
}

#[tokio::test]
async fn a_repeated_request_is_told_what_it_did_although_the_face_is_nobodys_now() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let face = picture("obama2.jpg").unwrap();
    let came = async || {
        let request = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
        client.send(request.multipart(pictures_form(&[&face], &[]))).await.unwrap()
    };
    let first = came().await;
    assert_eq!((first.code(), first.text_of("outcome")), (201, "checked_in"), "{first:?}");
    // The same face under another name: neither of the two is named any more.
    client.add_user("summit", "double", &picture("obama.jpg").unwrap()).await.unwrap();
    let again = came().await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["check_in"], first.json["check_in"]);
    assert_eq!(again.json["verdict"]["decision"], "ambiguous");
    let stranger = client.request("POST", CHECK_INS).header("idempotency-key", "k-1");
    let stranger = stranger.multipart(pictures_form(&[&picture("astronaut.png").unwrap()], &[]));
    let stranger = client.send(stranger).await.unwrap();
    assert_eq!(codes(&stranger), (409, "idempotency_key_reused"), "{stranger:?}");
    assert_eq!(users(&client, "").await, ["obama"]);
}

#[tokio::test]
async fn of_many_requests_at_once_with_one_key_each_exactly_one_is_recorded() {
    let server = Server::builder().unwrap().flags(["--cool-down", "0"]).start().unwrap();
    let client = summit(&server).await;
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let client = client.clone();
        let user = if number % 2 == 0 { "obama" } else { "biden" };
        tasks.spawn(async move { named(&client, user, Some(&format!("k-{}", number % 10))).await });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| matches!(answer.code(), 200 | 201)), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.code() == 201).count(), 10);
    assert_eq!(users(&client, "").await.len(), 10);
}

#[tokio::test]
async fn a_correction_keeps_what_stood_there_and_frees_who_was_named_wrongly() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let came = named(&client, "obama", None).await;
    let path = format!("{CHECK_INS}/{}", came.json["check_in"]["id"].as_str().unwrap());
    let correct = async |body: Value| client.json("PATCH", &path, &body).await.unwrap();
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
        assert_eq!(codes(&answer), expected, "{answer:?}");
    }
    let unknown = format!("{CHECK_INS}/01a20fb1-0247-75c3-8a5d-21b9a30a7b91");
    assert_eq!(codes(&client.get(&unknown).await.unwrap()), (404, "no_such_check_in"));
}

#[tokio::test]
async fn lists_are_filtered_paged_and_exported_without_formulas() {
    let server = Server::builder().unwrap().flags(["--cool-down", "0"]).start().unwrap();
    let client = summit(&server).await;
    let formula = "=HYPERLINK(\"x\")";
    client.add_user("summit", formula, &picture("obama.jpg").unwrap()).await.unwrap();
    for user in ["obama", "biden", "obama", formula] {
        assert_eq!(named(&client, user, None).await.code(), 201);
    }
    assert_eq!(users(&client, "order=oldest").await, ["obama", "biden", "obama", formula]);
    assert_eq!(users(&client, "user=obama").await, ["obama", "obama"]);
    assert_eq!(users(&client, "until=2020-01-01T00:00:00Z").await, [] as [&str; 0]);
    assert_eq!(users(&client, "since=2020-01-01T00:00:00Z").await.len(), 4);
    let first = client.get(&format!("{CHECK_INS}?limit=3")).await.unwrap();
    let next = first.json["next_cursor"].as_str().unwrap();
    assert_eq!(users(&client, &format!("limit=3&cursor={next}")).await, ["obama"]);
    for (query, code) in [
        ("cursor=x", "invalid_cursor"),
        ("since=today", "invalid_query"),
        ("order=up", "invalid_query"),
        ("user=%20", "invalid_name"),
    ] {
        let answer = client.get(&format!("{CHECK_INS}?{query}")).await.unwrap();
        assert_eq!(codes(&answer), (400, code), "{query}: {answer:?}");
    }
    assert_eq!(codes(&client.get("/v1/events/none/check-ins").await.unwrap()), (404, "no_such_event"));

    let csv = client.send(client.request("GET", CHECK_INS).header("accept", "text/csv")).await.unwrap();
    assert!(csv.media_type().starts_with("text/csv"), "{csv:?}");
    assert_eq!(csv.text, client.get(&format!("{CHECK_INS}?format=csv")).await.unwrap().text);
    let rows: Vec<&str> = csv.text.lines().collect();
    assert_eq!(rows.len(), 5, "{csv:?}");
    assert!(rows[0].starts_with("id,time,event,user,"), "{csv:?}");
    assert!(
        rows[1].contains("'=HYPERLINK") && !rows[1].contains(",=") && !rows[1].contains(",\"="),
        "{csv:?}"
    );
    let lines = client.get(&format!("{CHECK_INS}?format=ndjson&limit=1")).await.unwrap();
    let users: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((users.len(), &users[0]["user"]), (4, &json!(formula)), "{lines:?}");
}

#[tokio::test]
async fn the_check_ins_of_who_is_deleted_are_gone_and_the_others_stay_after_a_crash() {
    let mut server = Server::start().unwrap();
    let client = summit(&server).await;
    for user in ["obama", "biden"] {
        assert_eq!(named(&client, user, None).await.code(), 201);
    }
    assert_eq!(client.delete_user("summit", "obama").await.unwrap().code(), 200);
    server.kill().unwrap();
    server.restart().unwrap();
    assert_eq!(users(&server.client(), "voided=true").await, ["biden"]);
}
