//! The audit: every action under the id of its answer, and what is stored for whoever looks for a fault.

use serde_json::{Value, json};

use super::client::Client;
use super::form::Form;
use super::recogniser::{BIDEN, NOBODY, OBAMA, OBAMA_2};
use super::server::{Options, start, start_with};

async fn entries(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/v1/audit?order=oldest&{query}")).await;
    answer.json["entries"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone()
}

#[actix_web::test]
async fn what_was_done_and_what_was_refused_is_recorded_in_order() {
    let client = start().await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("summit", "nobody", NOBODY).await;
    client.verify("summit", OBAMA_2).await;
    client.verify("none", OBAMA_2).await;
    client.pictures("/v1/events/summit/users/obama/verify", &[OBAMA_2], &[]).await;
    client.json("POST", "/v1/events/summit/check-ins", &json!({"user": "obama"})).await;
    client.json("PUT", "/v1/events/summit", &json!({})).await;
    client.json("PUT", "/v1/events/other", &json!({})).await;
    client.delete_user("summit", "obama").await;
    client.delete_event("summit").await;
    let told: Vec<_> = entries(&client, "")
        .await
        .iter()
        .map(|entry| {
            let word = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
            [word("action"), word("outcome"), word("event"), word("user"), word("code")].join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "enrol done summit obama -",
            "enrol refused summit nobody no_face",
            "identify match summit obama -",
            "identify not_found none - no_such_event",
            "verify match summit obama -",
            "check_in done summit obama -",
            "update_event done summit - -",
            "create_event done other - -",
            "delete_user done summit obama -",
            "delete_event done summit - -",
        ]
    );
    let matches = entries(&client, "outcome=match&user=obama&event=summit").await;
    assert_eq!(matches.len(), 2);
    assert!(matches[0]["distance"].as_f64().unwrap() < matches[0]["threshold"].as_f64().unwrap());
    assert_eq!(matches[0]["model"], json!("sface-2021dec"));

    let first = client.get("/v1/audit?limit=7").await;
    let next = first.json["next_cursor"].as_str().unwrap();
    let rest = client.get(&format!("/v1/audit?limit=7&cursor={next}")).await;
    assert_eq!(
        (rest.json["entries"].as_array().unwrap().len(), &rest.json["next_cursor"]),
        (3, &Value::Null)
    );
    let csv = client.get("/v1/audit?format=csv&order=oldest").await;
    assert_eq!(csv.text.lines().count(), 12, "a header, ten entries, and this reading: {csv:?}");
    for query in ["action=fly", "outcome=x", "limit=0", "since=x", "what=x"] {
        let answer = client.get(&format!("/v1/audit?{query}")).await;
        assert_eq!(answer.codes(), (400, "invalid_query"), "{answer:?}");
    }
}

#[actix_web::test]
async fn what_is_asked_of_pictures_alone_is_recorded_and_names_nobody_and_where_faces_are_is_not() {
    let client = start().await;
    client.pictures("/v1/faces/detect", &[OBAMA], &[]).await;
    client.pictures("/v1/faces/embed", &[b"no picture"], &[]).await;
    let two = Form::new().file("first", OBAMA).file("second", BIDEN);
    client.post("/v1/faces/compare", two).await;
    let told = entries(&client, "").await;
    let told: Vec<_> =
        told.iter().map(|entry| (&entry["action"], &entry["outcome"], &entry["code"])).collect();
    let (none, code) = (Value::Null, json!("not_a_picture"));
    assert_eq!(
        told,
        [(&json!("embed"), &json!("refused"), &code), (&json!("compare"), &json!("no_match"), &none),]
    );
    let compared = &entries(&client, "action=compare").await[0];
    assert!(compared["distance"].as_f64() > compared["threshold"].as_f64(), "{compared}");
    assert_eq!((&compared["event"], &compared["user"]), (&none, &none));
}

#[actix_web::test]
async fn a_transaction_is_found_by_the_id_of_its_answer() {
    let client = start().await;
    let added = client.add_user("summit", "obama", OBAMA).await;
    let id = added.header("x-transaction-id").to_owned();
    let details = client.get(&format!("/get_transaction_details/?transaction_id={id}")).await;
    assert_eq!((details.code(), details.text_of("status")), (200, "success"), "{details:?}");
    assert_eq!(details.text_of("transaction_id"), id);
    let entry = &details.json["entries"][0];
    assert_eq!((&entry["action"], &entry["user"]), (&json!("enrol"), &json!("obama")));
    let same = client.get(&format!("/v1/transactions/{id}")).await;
    assert_eq!(same.json["entries"], details.json["entries"]);

    let unknown = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91";
    for (query, code, message) in [
        (format!("?transaction_id={unknown}"), 404, format!("Transaction '{unknown}' not found")),
        (String::new(), 400, "The query parameter 'transaction_id' is missing".to_owned()),
        (
            "?transaction_id=x".to_owned(),
            400,
            "Field 'transaction_id' is no id: send the UUID that the server gave".to_owned(),
        ),
    ] {
        let answer = client.get(&format!("/get_transaction_details/{query}")).await;
        assert_eq!((answer.code(), answer.json), (code, json!({"status": "error", "message": message})));
    }
    let answer = client.get(&format!("/v1/transactions/{unknown}")).await;
    assert_eq!(answer.codes(), (404, "no_such_transaction"), "{answer:?}");
}

#[actix_web::test]
async fn stored_data_is_shown_only_where_that_was_switched_on_and_embeddings_only_when_asked_for() {
    let path = "/api/debug/cloudinary-data";
    let off = start().await.get(path).await;
    assert_eq!((off.code(), off.text_of("status")), (403, "error"), "{off:?}");

    let client = start_with(Options { debug_data: true, ..Options::default() }).await;
    client.add_user("summit", "obama", OBAMA).await;
    client.add_user("other", "biden", BIDEN).await;
    let all = client.get(path).await;
    assert_eq!((all.code(), all.text_of("store")), (200, "memory:"), "{all:?}");
    let face = &all.json["data"]["summit"]["obama"][0];
    assert_eq!(face["embedding_sha256"].as_str().unwrap().len(), 16, "{face}");
    assert!(face.get("embedding").is_none() && all.json["data"]["other"]["biden"].is_array(), "{all:?}");
    let full = client.get(&format!("{path}?full=true&event_name=summit")).await;
    assert_eq!(full.json["data"]["summit"]["obama"][0]["embedding"].as_array().unwrap().len(), 128);
    assert!(full.json["data"].get("other").is_none());
    let unknown = client.get(&format!("{path}?event_name=none")).await;
    assert_eq!((unknown.code(), unknown.text_of("message")), (404, "Event 'none' not found"));
}
