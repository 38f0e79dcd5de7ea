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
}
