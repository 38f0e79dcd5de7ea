//! `/v1/faces`: what is said of pictures alone, and how a picture that cannot be used is refused.

use e2e::{Answer, Client, Server, beside_each_other, faceless, picture};
use reqwest::multipart::{Form, Part};
use serde_json::json;

fn file(picture: &[u8]) -> Part {
    Part::bytes(picture.to_vec()).file_name("picture.jpg")
}

async fn ask(client: &Client, about: &str, picture: &[u8]) -> Answer {
    let form = Form::new().part("file", file(picture));
    client.send(client.request("POST", &format!("/v1/faces/{about}")).multipart(form)).await.unwrap()
}

async fn compare(client: &Client, first: &[u8], second: &[u8]) -> Answer {
    let form = Form::new().part("first", file(first)).part("second", file(second));
    client.send(client.request("POST", "/v1/faces/compare").multipart(form)).await.unwrap()
}

#[tokio::test]
async fn every_face_of_a_picture_is_found_and_none_is_no_error() {
    let server = Server::start().unwrap();
    let client = server.client();
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());
    let both = ask(&client, "detect", &beside_each_other(&obama, &biden).unwrap()).await;
    assert_eq!((both.code(), both.json["faces"].as_array().unwrap().len()), (200, 2), "{both:?}");
    let width = both.json["width"].as_f64().unwrap();
    for face in both.json["faces"].as_array().unwrap() {
        let (left, side) = (face["box"]["left"].as_f64().unwrap(), face["box"]["width"].as_f64().unwrap());
        assert!(left >= 0.0 && side > 50.0 && left + side <= width, "{face}");
        assert_eq!(face["landmarks"].as_array().unwrap().len(), 5);
        assert_eq!((&face["shortcomings"], &face["detector"]), (&json!([]), &json!("yunet")), "{face}");
    }
    for about in ["detect", "embed"] {
        let none = ask(&client, about, &faceless().unwrap()).await;
        assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
        assert_eq!((&none.json["width"], &none.json["height"]), (&json!(640), &json!(480)));
    }
}

#[tokio::test]
async fn embeddings_are_given_with_their_model_and_repeat_exactly() {
    let server = Server::start().unwrap();
    let client = server.client();
    let obama = picture("obama.jpg").unwrap();
    let [first, again] = [ask(&client, "embed", &obama).await, ask(&client, "embed", &obama).await];
    assert_eq!((first.code(), first.text_of("model")), (200, "sface-2021dec"), "{first:?}");
    assert_eq!(first.json["faces"][0]["embedding"].as_array().unwrap().len(), 128);
    assert_eq!(first.json, again.json);
    let dlib = client.pictures("/v1/faces/embed", &[&obama], &[("model", "dlib-resnet-v1")]).await.unwrap();
    assert_eq!(dlib.text_of("model"), "dlib-resnet-v1", "{dlib:?}");
    assert_ne!(dlib.json["faces"][0]["embedding"], first.json["faces"][0]["embedding"]);
    let unknown = client.pictures("/v1/faces/embed", &[&obama], &[("model", "facenet")]).await.unwrap();
    assert_eq!((unknown.code(), unknown.text_of("code")), (400, "invalid_field"), "{unknown:?}");
}

#[tokio::test]
async fn two_pictures_are_compared_and_told_apart() {
    let server = Server::start().unwrap();
    let client = server.client();
    let [obama, obama2, biden] =
        ["obama", "obama2", "biden"].map(|name| picture(&format!("{name}.jpg")).unwrap());
    let same = compare(&client, &obama, &obama2).await;
    assert_eq!((same.code(), same.text_of("decision")), (200, "match"), "{same:?}");
    let other = compare(&client, &obama, &biden).await;
    assert_eq!((other.code(), other.text_of("decision")), (200, "no_match"), "{other:?}");
    let distance = other.json["distance"].as_f64().unwrap();
    assert!(distance > other.json["threshold"].as_f64().unwrap());
    assert!(((1.0 - distance) * 100.0 - other.json["confidence"].as_f64().unwrap()).abs() <= 0.011);
}

#[tokio::test]
async fn a_picture_that_cannot_be_used_is_422_with_reasons_and_what_to_do() {
    let server = Server::start().unwrap();
    let client = server.client();
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());
    let two = beside_each_other(&obama, &biden).unwrap();
    let cases = [
        (faceless().unwrap(), json!({"code": "no_face"})),
        (two, json!({"code": "multiple_faces", "value": 2.0, "limit": 1.0})),
        (Vec::new(), json!({"code": "empty"})),
        (b"no picture".to_vec(), json!({"code": "not_a_picture"})),
        (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1".to_vec(), json!({"code": "unsupported_format"})),
        (obama[..obama.len() / 2].to_vec(), json!({"code": "damaged"})),
    ];
    for (bad, expected) in cases {
        let answer = compare(&client, &obama, &bad).await;
        assert_eq!((answer.code(), answer.text_of("code")), (422, "picture_unusable"), "{answer:?}");
        assert_eq!(answer.media_type(), "application/problem+json");
        let mut reason = answer.json["reasons"][0].as_object().unwrap().clone();
        let hint = reason.remove("hint").unwrap();
        assert_eq!(reason.remove("picture"), Some(json!("second")));
        assert_eq!(json!(reason), expected);
        assert_eq!(answer.text_of("detail"), format!("The second picture: {}", hint.as_str().unwrap()));
    }
}

#[tokio::test]
async fn what_is_no_form_or_lacks_a_field_is_a_problem_with_its_code() {
    let server = Server::start().unwrap();
    let client = server.client();
    let sent = async |request: reqwest::RequestBuilder| client.send(request).await.unwrap();
    let post = |path: &str| client.request("POST", path);
    let missing = sent(post("/v1/faces/detect").multipart(Form::new().text("other", "x"))).await;
    assert_eq!((missing.code(), missing.text_of("code")), (400, "invalid_field"), "{missing:?}");
    let json = sent(post("/v1/faces/detect").json(&json!({}))).await;
    assert_eq!((json.code(), json.text_of("code")), (415, "not_a_form"), "{json:?}");
    let large = Form::new().part("file", file(&vec![0; 21 << 20]));
    let large = sent(post("/v1/faces/detect").multipart(large)).await;
    assert_eq!((large.code(), large.text_of("code")), (413, "picture_too_large"), "{large:?}");
    let get = client.get("/v1/faces/detect").await.unwrap();
    assert_eq!((get.code(), get.text_of("code")), (405, "method_not_allowed"), "{get:?}");
    let nowhere = client.get("/v1/nothing").await.unwrap();
    assert_eq!((nowhere.code(), nowhere.text_of("code")), (404, "no_such_path"), "{nowhere:?}");
    let id = nowhere.headers["x-transaction-id"].clone();
    assert_eq!(
        (&id, nowhere.text_of("request_id")),
        (&nowhere.headers["x-request-id"], id.to_str().unwrap())
    );
}

#[tokio::test]
async fn a_face_that_is_shown_badly_is_not_enrolled_unless_so_configured() {
    let small = small_face();
    for (gate, code) in [("refuse", 400), ("warn", 200), ("off", 200)] {
        let server = Server::builder().unwrap().flags(["--quality", gate]).start().unwrap();
        let answer = server.client().add_user("summit", "obama", &small).await.unwrap();
        assert_eq!(answer.code(), code, "{gate}: {answer:?}");
        let log = std::fs::read_to_string(server.folder().join("logs/app.log")).unwrap();
        assert_eq!(log.contains("not shown well"), gate == "warn", "{gate}: {log}");
        if gate == "refuse" {
            let hint = "Come nearer to the camera, or send a picture with more pixels";
            assert_eq!(answer.text_of("message"), hint);
            // At a door the picture is as good as it is.
            server.client().add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap();
            assert_eq!(server.client().verify("summit", &small).await.unwrap().code(), 200);
        }
    }
}

/// The portrait of `obama.jpg` so small that the eyes are fewer than 15 pixels apart.
fn small_face() -> Vec<u8> {
    let portrait = image::load_from_memory(&picture("obama.jpg").unwrap()).unwrap();
    let small = portrait.resize(90, 90, image::imageops::FilterType::Triangle);
    let mut bytes = std::io::Cursor::new(Vec::new());
    small.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
