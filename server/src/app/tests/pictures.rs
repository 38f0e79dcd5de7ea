//! `/v1/faces`: what is said of pictures alone, and how a picture that cannot be used is refused.

use serde_json::json;

use crate::quality::QualityGate;

use super::client::{Answer, Client};
use super::form::Form;
use super::log::Log;
use super::recogniser::{BIDEN, BOTH, NOBODY, OBAMA, OBAMA_2};
use super::server::{Options, start, start_with};

async fn ask(client: &Client, about: &str, picture: &[u8]) -> Answer {
    client.pictures(&format!("/v1/faces/{about}"), &[picture], &[]).await
}

async fn compare(client: &Client, first: &[u8], second: &[u8]) -> Answer {
    client.post("/v1/faces/compare", Form::new().file("first", first).file("second", second)).await
}

#[actix_web::test]
async fn every_face_of_a_picture_is_found_and_none_is_no_error() {
    let client = start().await;
    let both = ask(&client, "detect", BOTH).await;
    assert_eq!((both.code(), both.json["faces"].as_array().unwrap().len()), (200, 2), "{both:?}");
    let width = both.json["width"].as_f64().unwrap();
    for face in both.json["faces"].as_array().unwrap() {
        let (left, side) = (face["box"]["left"].as_f64().unwrap(), face["box"]["width"].as_f64().unwrap());
        assert!(left >= 0.0 && side > 50.0 && left + side <= width, "{face}");
        assert_eq!(face["landmarks"].as_array().unwrap().len(), 5);
        assert_eq!((&face["shortcomings"], &face["detector"]), (&json!([]), &json!("yunet")), "{face}");
    }
    for about in ["detect", "embed"] {
        let none = ask(&client, about, NOBODY).await;
        assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
        assert_eq!((&none.json["width"], &none.json["height"]), (&json!(640), &json!(480)));
    }
}

#[actix_web::test]
async fn embeddings_are_given_with_their_model_and_repeat_exactly() {
    let client = start().await;
    let [first, again] = [ask(&client, "embed", OBAMA).await, ask(&client, "embed", OBAMA).await];
    assert_eq!((first.code(), first.text_of("model")), (200, "sface-2021dec"), "{first:?}");
    assert_eq!(first.json["faces"][0]["embedding"].as_array().unwrap().len(), 128);
    assert_eq!(first.json, again.json);
    let dlib = client.pictures("/v1/faces/embed", &[OBAMA], &[("model", "dlib-resnet-v1")]).await;
    assert_eq!(dlib.text_of("model"), "dlib-resnet-v1", "{dlib:?}");
    assert_ne!(dlib.json["faces"][0]["embedding"], first.json["faces"][0]["embedding"]);
    let unknown = client.pictures("/v1/faces/embed", &[OBAMA], &[("model", "facenet")]).await;
    assert_eq!(unknown.codes(), (400, "invalid_field"), "{unknown:?}");
}

#[actix_web::test]
async fn two_pictures_are_compared_and_told_apart() {
    let client = start().await;
    let same = compare(&client, OBAMA, OBAMA_2).await;
    assert_eq!((same.code(), same.text_of("decision")), (200, "match"), "{same:?}");
    let other = compare(&client, OBAMA, BIDEN).await;
    assert_eq!((other.code(), other.text_of("decision")), (200, "no_match"), "{other:?}");
    let distance = other.json["distance"].as_f64().unwrap();
    assert!(distance > other.json["threshold"].as_f64().unwrap());
    assert!(((1.0 - distance) * 100.0 - other.json["confidence"].as_f64().unwrap()).abs() <= 0.011);
}

#[actix_web::test]
async fn a_picture_that_cannot_be_used_is_422_with_reasons_and_what_to_do() {
    let client = start().await;
    let cases: [(&[u8], _); 6] = [
        (NOBODY, json!({"code": "no_face"})),
        (BOTH, json!({"code": "multiple_faces", "value": 2.0, "limit": 1.0})),
        (b"", json!({"code": "empty"})),
        (b"no picture", json!({"code": "not_a_picture"})),
        (b"heic", json!({"code": "unsupported_format"})),
        (b"damaged", json!({"code": "damaged"})),
    ];
    for (bad, expected) in cases {
        let answer = compare(&client, OBAMA, bad).await;
        assert_eq!(answer.codes(), (422, "picture_unusable"), "{answer:?}");
        assert_eq!(answer.media_type(), "application/problem+json");
        let mut reason = answer.json["reasons"][0].as_object().unwrap().clone();
        let hint = reason.remove("hint").unwrap();
        assert_eq!(reason.remove("picture"), Some(json!("second")));
        assert_eq!(json!(reason), expected);
        assert_eq!(answer.text_of("detail"), format!("The second picture: {}", hint.as_str().unwrap()));
    }
}

#[actix_web::test]
async fn what_is_no_form_or_lacks_a_field_is_a_problem_with_its_code() {
    let client = start().await;
    let missing = client.post("/v1/faces/detect", Form::new().text("other", "x")).await;
    assert_eq!(missing.codes(), (400, "invalid_field"), "{missing:?}");
    let json = client.json("POST", "/v1/faces/detect", &json!({})).await;
    assert_eq!(json.codes(), (415, "not_a_form"), "{json:?}");
    let large = client.pictures("/v1/faces/detect", &[&vec![0; 21 << 20]], &[]).await;
    assert_eq!(large.codes(), (413, "picture_too_large"), "{large:?}");
    let get = client.get("/v1/faces/detect").await;
    assert_eq!(get.codes(), (405, "method_not_allowed"), "{get:?}");
    let nowhere = client.get("/v1/nothing").await;
    assert_eq!(nowhere.codes(), (404, "no_such_path"), "{nowhere:?}");
    let id = nowhere.header("x-transaction-id");
    assert_eq!((id, nowhere.text_of("request_id")), (nowhere.header("x-request-id"), id));
}

#[actix_web::test]
async fn a_face_that_is_shown_badly_is_not_enrolled_unless_so_configured() {
    let small = b"small obama";
    for (gate, code) in [(QualityGate::Refuse, 400), (QualityGate::Warn, 200), (QualityGate::Off, 200)] {
        let client = start_with(Options { quality: gate, ..Options::default() }).await;
        let (log, _logging) = Log::start();
        let answer = client.add_user("summit", "obama", small).await;
        assert_eq!(answer.code(), code, "{gate:?}: {answer:?}");
        let log = log.text();
        assert_eq!(log.contains("not shown well"), gate == QualityGate::Warn, "{gate:?}: {log}");
        if gate == QualityGate::Refuse {
            let hint = "Come nearer to the camera, or send a picture with more pixels";
            assert_eq!(answer.text_of("message"), hint);
            // At a door the picture is as good as it is.
            client.add_user("summit", "obama", OBAMA).await;
            assert_eq!(client.verify("summit", small).await.code(), 200);
        }
    }
}
