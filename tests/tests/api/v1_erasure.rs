//! Check-ins and erasure: nothing of who is deleted is left, also of what comes in the same moment.

use e2e::{Client, Server, picture};
use serde_json::json;
use tokio::task::JoinSet;

const CHECK_INS: &str = "/v1/events/summit/check-ins";

async fn check_in(client: Client, user: &str) -> (u16, String) {
    let request = client.request("POST", CHECK_INS).json(&json!({"user": user}));
    let answer = client.send(request).await.unwrap();
    (answer.code(), answer.text_of("code").to_owned())
}

#[tokio::test]
async fn nobody_who_is_deleted_while_they_come_keeps_a_check_in() {
    let server = Server::builder().unwrap().flags(["--cool-down", "0"]).start().unwrap();
    let client = server.client();
    let face = picture("obama.jpg").unwrap();
    client.add_user("summit", "biden", &picture("biden.jpg").unwrap()).await.unwrap();
    assert_eq!(check_in(client.clone(), "biden").await.0, 201);
    for round in 0..10 {
        client.add_user("summit", "obama", &face).await.unwrap();
        let mut comes = JoinSet::new();
        for _ in 0..16 {
            comes.spawn(check_in(client.clone(), "obama"));
        }
        let deleted = client.delete_user("summit", "obama").await.unwrap();
        assert_eq!(deleted.code(), 200, "{deleted:?}");
        for answer in comes.join_all().await {
            assert!(answer.0 == 201 || answer == (404, "no_such_user".to_owned()), "{answer:?}");
        }
        let left = client.get(&format!("{CHECK_INS}?voided=true")).await.unwrap();
        let left: Vec<_> =
            left.json["check_ins"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
        assert_eq!(left, [&json!("biden")], "round {round}");
    }
}

#[tokio::test]
async fn what_is_no_match_is_checked_in_nowhere_and_a_voided_one_stands_no_more() {
    let server = Server::start().unwrap();
    let client = server.client();
    client.add_user("summit", "biden", &picture("biden.jpg").unwrap()).await.unwrap();
    let form = reqwest::multipart::Form::new();
    let part = reqwest::multipart::Part::bytes(picture("obama.jpg").unwrap()).file_name("picture.jpg");
    let stranger = client.request("POST", CHECK_INS).multipart(form.part("file", part));
    let stranger = client.send(stranger).await.unwrap();
    assert_eq!((stranger.code(), stranger.text_of("outcome")), (200, "no_match"), "{stranger:?}");
    assert_eq!((&stranger.json["checked_in"], &stranger.json["check_in"]), (&json!(false), &json!(null)));
    assert!(stranger.json["verdict"]["expected_false_match_rate"].is_number(), "{stranger:?}");
    let by_hand = || client.request("POST", CHECK_INS).json(&json!({"user": "biden"}));
    let keyed = || by_hand().header("idempotency-key", "k-1");
    let came = client.send(keyed()).await.unwrap();
    assert_eq!((came.code(), &came.json["checked_in"]), (201, &json!(true)), "{came:?}");
    let path = format!("{CHECK_INS}/{}", came.json["check_in"]["id"].as_str().unwrap());
    let void = client.request("PATCH", &path).json(&json!({"user": null, "reason": "a test"}));
    assert_eq!(client.send(void).await.unwrap().code(), 200);
    let again = client.send(keyed()).await.unwrap();
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["checked_in"], json!(false), "{again:?}");
}
