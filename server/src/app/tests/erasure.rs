//! Check-ins and erasure: nothing of who is deleted is left, also of what comes in the same moment.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::json;

use super::client::Client;
use super::recogniser::{BIDEN, OBAMA};
use super::server::{Options, start, start_with};

const CHECK_INS: &str = "/v1/events/summit/check-ins";

async fn check_in(client: Client, user: &str) -> (u16, String) {
    let request = client.request("POST", CHECK_INS).json(&json!({"user": user}));
    let answer = client.send(request).await;
    (answer.code(), answer.text_of("code").to_owned())
}

#[actix_web::test]
async fn nobody_who_is_deleted_while_they_come_keeps_a_check_in() {
    let client = start_with(Options { cool_down: Duration::ZERO, ..Options::default() }).await;
    client.add_user("summit", "biden", BIDEN).await;
    assert_eq!(check_in(client.clone(), "biden").await.0, 201);
    for round in 0..10 {
        client.add_user("summit", "obama", OBAMA).await;
        let comes = join_all((0..16).map(|_| check_in(client.clone(), "obama")));
        let (answers, deleted) = join(comes, client.delete_user("summit", "obama")).await;
        assert_eq!(deleted.code(), 200, "{deleted:?}");
        for answer in answers {
            assert!(answer.0 == 201 || answer == (404, "no_such_user".to_owned()), "{answer:?}");
        }
        let left = client.get(&format!("{CHECK_INS}?voided=true")).await;
        let left: Vec<_> =
            left.json["check_ins"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
        assert_eq!(left, [&json!("biden")], "round {round}");
    }
}

#[actix_web::test]
async fn what_is_no_match_is_checked_in_nowhere_and_a_voided_one_stands_no_more() {
    let client = start().await;
    client.add_user("summit", "biden", BIDEN).await;
    let stranger = client.pictures(CHECK_INS, &[OBAMA], &[]).await;
    assert_eq!((stranger.code(), stranger.text_of("outcome")), (200, "no_match"), "{stranger:?}");
    assert_eq!((&stranger.json["checked_in"], &stranger.json["check_in"]), (&json!(false), &json!(null)));
    assert!(stranger.json["verdict"]["expected_false_match_rate"].is_number(), "{stranger:?}");
    let by_hand = || client.request("POST", CHECK_INS).json(&json!({"user": "biden"}));
    let keyed = || by_hand().header("idempotency-key", "k-1");
    let came = client.send(keyed()).await;
    assert_eq!((came.code(), &came.json["checked_in"]), (201, &json!(true)), "{came:?}");
    let path = format!("{CHECK_INS}/{}", came.json["check_in"]["id"].as_str().unwrap());
    let void = client.request("PATCH", &path).json(&json!({"user": null, "reason": "a test"}));
    assert_eq!(client.send(void).await.code(), 200);
    let again = client.send(keyed()).await;
    assert_eq!((again.code(), again.text_of("outcome")), (200, "repeated"), "{again:?}");
    assert_eq!(again.json["checked_in"], json!(false), "{again:?}");
}
