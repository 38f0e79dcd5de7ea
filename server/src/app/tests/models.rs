//! Events of two models on one server: each decides by its own, and keeps it.

use serde_json::json;

use super::client::Answer;
use super::embeddings::embedding;
use super::log::Log;
use super::server::start;

#[actix_web::test]
async fn an_event_keeps_the_model_that_it_was_made_with() {
    let client = start().await;
    let made = client.json("PUT", "/v1/events/dlib", &json!({"model": "dlib-resnet-v1"})).await;
    assert_eq!((made.code(), made.text_of("model")), (201, "dlib-resnet-v1"), "{made:?}");
    let refused = client.json("PUT", "/v1/events/dlib", &json!({"model": "sface-2021dec"})).await;
    assert_eq!(refused.codes(), (409, "other_model"), "{refused:?}");
    let unknown = client.json("PUT", "/v1/events/third", &json!({"model": "facenet"})).await;
    assert_eq!(unknown.codes(), (400, "invalid_field"), "{unknown:?}");
    let same = client.json("PUT", "/v1/events/dlib", &json!({"model": "dlib-resnet-v1"})).await;
    assert_eq!(same.code(), 200, "{same:?}");
}

#[actix_web::test]
async fn a_fixed_threshold_in_a_large_event_is_warned_of_and_a_target_is_not() {
    let client = start().await;
    let (log, _logging) = Log::start();
    let rule = json!({"match_rule": {"threshold": 0.4}});
    client.json("PUT", "/v1/events/fixed", &rule).await;
    for event in ["fixed", "usual"] {
        for number in 0..60 {
            let body = json!({"model": "sface-2021dec", "embeddings": [embedding(number)],
                "on_duplicate": "allow"});
            let path = format!("/v1/events/{event}/users/user-{number}/faces");
            assert_eq!(client.json("POST", &path, &body).await.code(), 201);
        }
    }
    let fixed = client.get("/v1/events/fixed").await;
    assert_eq!(fixed.json["warnings"][0]["code"], json!("many_strangers_named"), "{fixed:?}");
    let usual = client.get("/v1/events/usual").await;
    assert_eq!(usual.json["warnings"], json!([]), "{usual:?}");
    let of = |answer: &Answer| answer.json["threshold"].as_f64().unwrap();
    assert!(of(&usual) < of(&fixed), "{usual:?}");
    let log = log.text();
    assert!(log.contains("a fixed threshold names many strangers"), "{log}");
}
