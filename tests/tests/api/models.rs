//! Events of two models on one server: each decides by its own, and keeps it.

use e2e::{Server, picture};
use serde_json::json;

#[tokio::test]
async fn an_event_keeps_the_model_that_it_was_made_with_beside_those_of_another() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2, biden] = ["obama.jpg", "obama2.jpg", "biden.jpg"].map(|name| picture(name).unwrap());
    let made = client.json("PUT", "/v1/events/dlib", &json!({"model": "dlib-resnet-v1"})).await.unwrap();
    assert_eq!((made.code(), made.text_of("model")), (201, "dlib-resnet-v1"), "{made:?}");
    for (event, model) in [("dlib", "dlib-resnet-v1"), ("new", "sface-2021dec")] {
        assert_eq!(client.add_user(event, "obama", &obama).await.unwrap().code(), 200);
        for (face, verified) in [(&obama2, true), (&biden, false)] {
            let answer = client.verify(event, face).await.unwrap();
            assert_eq!(answer.json["verified"], json!(verified), "{event}: {answer:?}");
        }
        let path = format!("/v1/events/{event}/identify");
        let answer = client.pictures(&path, &[&obama2], &[]).await.unwrap();
        assert_eq!(answer.json["faces"][0]["model"], json!(model), "{answer:?}");
        let quality = &answer.json["faces"][0]["face"]["quality"];
        assert!(quality["recognisability"].as_f64().unwrap() > 10.0, "whatever the event's model: {quality}");
    }
    let refused = client.json("PUT", "/v1/events/dlib", &json!({"model": "sface-2021dec"})).await.unwrap();
    assert_eq!((refused.code(), refused.text_of("code")), (409, "other_model"), "{refused:?}");
    let unknown = client.json("PUT", "/v1/events/third", &json!({"model": "facenet"})).await.unwrap();
    assert_eq!((unknown.code(), unknown.text_of("code")), (400, "invalid_field"), "{unknown:?}");
    let same = client.json("PUT", "/v1/events/dlib", &json!({"model": "dlib-resnet-v1"})).await.unwrap();
    assert_eq!(same.code(), 200, "{same:?}");
}

#[tokio::test]
async fn a_fixed_threshold_in_a_large_event_is_warned_of_and_a_target_is_not() {
    let mut server = Server::start().unwrap();
    let client = server.client();
    let rule = json!({"match_rule": {"threshold": 0.4}});
    client.json("PUT", "/v1/events/fixed", &rule).await.unwrap();
    for event in ["fixed", "usual"] {
        for number in 0..60 {
            let body = json!({"model": "sface-2021dec", "embeddings": [e2e::embedding(number)],
                "on_duplicate": "allow"});
            let path = format!("/v1/events/{event}/users/user-{number}/faces");
            assert_eq!(client.json("POST", &path, &body).await.unwrap().code(), 201);
        }
    }
    let fixed = client.get("/v1/events/fixed").await.unwrap();
    assert_eq!(fixed.json["warnings"][0]["code"], json!("many_strangers_named"), "{fixed:?}");
    let usual = client.get("/v1/events/usual").await.unwrap();
    assert_eq!(usual.json["warnings"], json!([]), "{usual:?}");
    let of = |answer: &e2e::Answer| answer.json["threshold"].as_f64().unwrap();
    assert!(of(&usual) < of(&fixed), "{usual:?}");
    server.terminate().unwrap();
    let log = server.log().unwrap();
    assert!(log.contains("a fixed threshold names many strangers"), "{log}");
}
