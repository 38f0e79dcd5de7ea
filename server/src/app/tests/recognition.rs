//! `identify` and `verify`: whose face it is, how sure that is, and among how many it was looked for.

use serde_json::{Value, json};

use super::client::Client;
use super::recogniser::{BOTH, NOBODY, OBAMA, OBAMA_2};
use super::server::start;

const IDENTIFY: &str = "/v1/events/summit/identify";

async fn summit() -> Client {
    let client = start().await;
    for user in ["obama", "biden"] {
        let path = format!("/v1/events/summit/users/{user}/faces");
        assert_eq!(client.pictures(&path, &[user.as_bytes()], &[]).await.code(), 201);
    }
    client
}

#[actix_web::test]
async fn the_nearest_user_is_named_with_the_grounds_for_it() {
    let client = summit().await;
    let answer = client.pictures(IDENTIFY, &[OBAMA_2], &[("top_k", "5")]).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    let face = &answer.json["faces"][0];
    assert_eq!((&face["decision"], &face["user"]), (&json!("match"), &json!("obama")));
    assert_eq!((&face["users_compared"], &face["exact"]), (&json!(2), &json!(true)));
    // Among two the usual target would allow a little more than the largest threshold.
    assert_eq!(face["match_rule"], json!({"target_false_match_rate": 0.01}));
    assert_eq!((&face["threshold"], &face["threshold_basis"]), (&json!(0.4), &json!("capped")));
    assert_eq!((&face["model"], &face["shortcomings"]), (&json!("sface-2021dec"), &json!([])));
    let candidates = face["candidates"].as_array().unwrap();
    let names: Vec<&Value> = candidates.iter().map(|candidate| &candidate["user"]).collect();
    assert_eq!(names, ["obama", "biden"]);
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(candidates[0]["distance"], face["distance"]);
    let ahead = number(&candidates[1]["distance"]) - number(&face["distance"]);
    assert!((ahead - number(&face["margin"])).abs() < 1e-5, "{face}");
    assert!((0.0..1.0).contains(&number(&face["expected_false_match_rate"])), "{face}");
    assert!(number(&answer.json["timings_ms"]["picture"]) > 0.0);
}

#[actix_web::test]
async fn all_faces_of_a_picture_are_looked_at_when_asked_for() {
    let client = summit().await;
    let refused = client.pictures(IDENTIFY, &[BOTH], &[]).await;
    assert_eq!(refused.codes(), (422, "picture_unusable"), "{refused:?}");
    let answer = client.pictures(IDENTIFY, &[BOTH], &[("faces", "all")]).await;
    let mut names: Vec<_> =
        answer.json["faces"].as_array().unwrap().iter().map(|face| face["user"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["biden", "obama"], "{answer:?}");
    let none = client.pictures(IDENTIFY, &[NOBODY], &[("faces", "all")]).await;
    assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
    for field in [("faces", "some"), ("top_k", "0"), ("top_k", "101"), ("top_k", "x")] {
        let answer = client.pictures(IDENTIFY, &[OBAMA_2], &[field]).await;
        assert_eq!(answer.codes(), (400, "invalid_field"), "{answer:?}");
    }
    let unknown = client.pictures("/v1/events/none/identify", &[OBAMA_2], &[]).await;
    assert_eq!(unknown.codes(), (404, "no_such_event"), "{unknown:?}");
}

#[actix_web::test]
async fn one_user_is_verified_without_regard_to_the_others() {
    let client = summit().await;
    let verify = async |user: &str| {
        client.pictures(&format!("/v1/events/summit/users/{user}/verify"), &[OBAMA_2], &[]).await
    };
    let right = verify("obama").await;
    assert_eq!((right.code(), right.text_of("decision")), (200, "match"), "{right:?}");
    assert_eq!((right.text_of("user"), &right.json["users_compared"]), ("obama", &json!(1)));
    let wrong = verify("biden").await;
    assert_eq!((wrong.code(), wrong.text_of("decision")), (200, "no_match"), "{wrong:?}");
    assert_eq!(wrong.json["user"], Value::Null);
    assert_eq!(verify("nobody").await.codes(), (404, "no_such_user"));
}

#[actix_web::test]
async fn two_who_are_too_nearly_alike_are_ambiguous_and_no_door_opens() {
    let client = start().await;
    for user in ["one", "two"] {
        let path = format!("/v1/events/summit/users/{user}/faces");
        let answer = client.pictures(&path, &[OBAMA], &[("on_duplicate", "allow")]).await;
        assert_eq!(answer.code(), 201, "{answer:?}");
    }
    let answer = client.pictures(IDENTIFY, &[OBAMA_2], &[]).await;
    let face = &answer.json["faces"][0];
    assert_eq!((&face["decision"], &face["user"]), (&json!("ambiguous"), &Value::Null), "{answer:?}");
    let legacy = client.verify("summit", OBAMA_2).await;
    let message = "No matching face found in event 'summit'";
    assert_eq!((&legacy.json["verified"], legacy.text_of("message")), (&json!(false), message));
    let came = client.pictures("/v1/events/summit/check-ins", &[OBAMA_2], &[]).await;
    assert_eq!((came.code(), came.text_of("outcome")), (200, "ambiguous"), "{came:?}");
    assert_eq!(came.json["check_in"], Value::Null);
}

#[actix_web::test]
async fn a_face_that_cannot_be_told_from_others_is_nobodys() {
    let client = summit().await;
    let ruined = b"ruined obama";
    let answer = client.pictures(IDENTIFY, &[ruined], &[]).await;
    let face = &answer.json["faces"][0];
    assert_eq!((&face["decision"], &face["user"]), (&json!("no_match"), &Value::Null), "{answer:?}");
    assert_eq!(face["shortcomings"][0]["code"], json!("unrecognisable"), "{answer:?}");
    let came = client.pictures("/v1/events/summit/check-ins", &[ruined], &[]).await;
    assert_eq!((came.code(), came.text_of("outcome")), (200, "no_match"), "{came:?}");
    assert_eq!(client.verify("summit", ruined).await.json["verified"], json!(false));
}
