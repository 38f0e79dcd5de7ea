//! `identify` and `verify`: whose face it is, how sure that is, and among how many it was looked for.

use e2e::{Answer, Client, Server, beside_each_other, faceless, picture};
use serde_json::{Value, json};

const IDENTIFY: &str = "/v1/events/summit/identify";

async fn summit(server: &Server) -> Client {
    let client = server.client();
    for user in ["obama", "biden"] {
        let path = format!("/v1/events/summit/users/{user}/faces");
        let face = picture(&format!("{user}.jpg")).unwrap();
        assert_eq!(client.pictures(&path, &[&face], &[]).await.unwrap().code(), 201);
    }
    client
}

fn codes(answer: &Answer) -> (u16, &str) {
    (answer.code(), answer.text_of("code"))
}

#[tokio::test]
async fn the_nearest_user_is_named_with_the_grounds_for_it() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let answer =
        client.pictures(IDENTIFY, &[&picture("obama2.jpg").unwrap()], &[("top_k", "5")]).await.unwrap();
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

#[tokio::test]
async fn all_faces_of_a_picture_are_looked_at_when_asked_for() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let [obama, biden] = ["obama2.jpg", "biden.jpg"].map(|name| picture(name).unwrap());
    let both = beside_each_other(&obama, &biden).unwrap();
    let refused = client.pictures(IDENTIFY, &[&both], &[]).await.unwrap();
    assert_eq!(codes(&refused), (422, "picture_unusable"), "{refused:?}");
    let answer = client.pictures(IDENTIFY, &[&both], &[("faces", "all")]).await.unwrap();
    let mut names: Vec<_> =
        answer.json["faces"].as_array().unwrap().iter().map(|face| face["user"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["biden", "obama"], "{answer:?}");
    let none = client.pictures(IDENTIFY, &[&faceless().unwrap()], &[("faces", "all")]).await.unwrap();
    assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
    for field in [("faces", "some"), ("top_k", "0"), ("top_k", "101"), ("top_k", "x")] {
        let answer = client.pictures(IDENTIFY, &[&obama], &[field]).await.unwrap();
        assert_eq!(codes(&answer), (400, "invalid_field"), "{answer:?}");
    }
    let unknown = client.pictures("/v1/events/none/identify", &[&obama], &[]).await.unwrap();
    assert_eq!(codes(&unknown), (404, "no_such_event"), "{unknown:?}");
}

#[tokio::test]
async fn one_user_is_verified_without_regard_to_the_others() {
    let server = Server::start().unwrap();
    let client = summit(&server).await;
    let obama = picture("obama2.jpg").unwrap();
    let verify = async |user: &str| {
        client.pictures(&format!("/v1/events/summit/users/{user}/verify"), &[&obama], &[]).await.unwrap()
    };
    let right = verify("obama").await;
    assert_eq!((right.code(), right.text_of("decision")), (200, "match"), "{right:?}");
    assert_eq!((right.text_of("user"), &right.json["users_compared"]), ("obama", &json!(1)));
    let wrong = verify("biden").await;
    assert_eq!((wrong.code(), wrong.text_of("decision")), (200, "no_match"), "{wrong:?}");
    assert_eq!(wrong.json["user"], Value::Null);
    assert_eq!(codes(&verify("nobody").await), (404, "no_such_user"));
}

#[tokio::test]
async fn two_who_are_too_nearly_alike_are_ambiguous_and_no_door_opens() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2] = ["obama.jpg", "obama2.jpg"].map(|name| picture(name).unwrap());
    for user in ["one", "two"] {
        let path = format!("/v1/events/summit/users/{user}/faces");
        let answer = client.pictures(&path, &[&obama], &[("on_duplicate", "allow")]).await.unwrap();
        assert_eq!(answer.code(), 201, "{answer:?}");
    }
    let answer = client.pictures(IDENTIFY, &[&obama2], &[]).await.unwrap();
    let face = &answer.json["faces"][0];
    assert_eq!((&face["decision"], &face["user"]), (&json!("ambiguous"), &Value::Null), "{answer:?}");
    let legacy = client.verify("summit", &obama2).await.unwrap();
    let message = "No matching face found in event 'summit'";
    assert_eq!((&legacy.json["verified"], legacy.text_of("message")), (&json!(false), message));
    let came = client.pictures("/v1/events/summit/check-ins", &[&obama2], &[]).await.unwrap();
    assert_eq!((came.code(), came.text_of("outcome")), (200, "ambiguous"), "{came:?}");
    assert_eq!(came.json["check_in"], Value::Null);
}
