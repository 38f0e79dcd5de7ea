//! What a server has after it was stopped or killed, and what it does at its start.

use std::time::{Duration, Instant};

use e2e::{Server, embedding, picture, server_command};
use serde_json::json;

#[tokio::test]
async fn a_transaction_is_found_by_the_id_of_its_answer_also_after_a_crash() {
    let mut server = Server::start().unwrap();
    let added = server.client().add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
    let id = added.headers["x-transaction-id"].to_str().unwrap().to_owned();
    server.kill().unwrap();
    server.restart().unwrap();
    let client = server.client();
    let details = client.get(&format!("/get_transaction_details/?transaction_id={id}")).await.unwrap();
    assert_eq!((details.code(), details.text_of("status")), (200, "success"), "{details:?}");
    assert_eq!(details.text_of("transaction_id"), id);
    let entry = &details.json["entries"][0];
    assert_eq!((&entry["action"], &entry["user"]), (&json!("enrol"), &json!("obama")));
    let same = client.get(&format!("/v1/transactions/{id}")).await.unwrap();
    assert_eq!(same.json["entries"], details.json["entries"]);
}

#[tokio::test]
async fn the_check_ins_of_who_is_deleted_are_gone_and_the_others_stay_after_a_crash() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    let path = "/v1/events/summit/check-ins";
    for user in ["obama", "biden"] {
        client.add_user("summit", user, &picture(&format!("{user}.jpg")).unwrap()).await.unwrap();
        let came = client.json("POST", path, &json!({"user": user})).await.unwrap();
        assert_eq!(came.code(), 201, "{came:?}");
    }
    assert_eq!(client.delete_user("summit", "obama").await.unwrap().code(), 200);
    server.kill().unwrap();
    server.restart().unwrap();
    let left = server.client().get(&format!("{path}?voided=true")).await.unwrap();
    let left: Vec<_> = left.json["check_ins"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
    assert_eq!(left, [&json!("biden")]);
}

#[tokio::test]
async fn a_server_starts_again_with_what_was_there_before_faces_that_cancel_out_were_refused() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    let path = "/v1/events/summit/users/obama/faces";
    let there = embedding(7);
    let back: Vec<f32> = there.iter().map(|value| -value).collect();
    for (face, code) in [(there, 201), (back, 409)] {
        let body = json!({"model": "sface-2021dec", "embeddings": [face], "on_other_person": "allow"});
        assert_eq!(client.json("POST", path, &body).await.unwrap().code(), code);
    }
    server.terminate().unwrap();
    server.restart().unwrap();
    assert_eq!(server.client().get(path).await.unwrap().json["faces"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_whose_time_is_over_is_erased_with_its_faces_and_check_ins() {
    // Otherwise the clock is looked at for five minutes after each start.
    let mut server = Server::builder().unwrap().flags(["--retention", "confirmed"]).start().unwrap();
    let client = server.client();
    client.add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
    let came = client.json("POST", "/v1/events/summit/check-ins", &json!({"user": "obama"})).await.unwrap();
    assert_eq!(came.code(), 201, "{came:?}");
    let end = time::OffsetDateTime::now_utc() + Duration::from_secs(1);
    let end = end.format(&time::format_description::well_known::Rfc3339).unwrap();
    let patched = client.json("PATCH", "/v1/events/summit", &json!({"retain_until": end})).await.unwrap();
    assert_eq!(patched.code(), 200, "{patched:?}");

    // The server looks at its start, and then every minute.
    let start = Instant::now();
    loop {
        server.terminate().unwrap();
        server.restart().unwrap();
        let client = server.client();
        let audit = client.get("/v1/audit?action=expire_event").await.unwrap();
        if audit.json["entries"].as_array().unwrap().len() == 1 {
            assert_eq!(client.get("/v1/events/summit").await.unwrap().code(), 404);
            client.json("PUT", "/v1/events/summit", &json!({})).await.unwrap();
            let came = client.get("/v1/events/summit/check-ins").await.unwrap();
            assert_eq!(came.json["check_ins"], json!([]), "an event of the same name inherits nothing");
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it is not erased: {audit:?}");
    }
}

#[test]
fn a_store_that_has_vanished_with_its_folder_is_missed_until_the_note_of_it_is_removed() {
    let mut server = Server::start().unwrap();
    server.terminate().unwrap();
    let data = server.folder().join("data");
    std::fs::remove_dir_all(&data).unwrap();
    let refused = server_command(server.folder()).unwrap().args(["--port", "0"]).output().unwrap();
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("faces.redb' is gone") && words.contains(".marker' first"), "{words}");
    assert!(!data.exists());
    std::fs::remove_dir_all(server.folder().join("state")).unwrap();
    server.restart().unwrap();
}
