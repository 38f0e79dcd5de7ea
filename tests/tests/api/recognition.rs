//! The main job on real pictures: who is recognised, who is not, and in which words.

use e2e::{Client, Server, beside_each_other, faceless, mirrored, picture, reencoded};
use image::ImageFormat;
use serde_json::json;

const IDENTIFY: &str = "/v1/events/summit/identify";

async fn enrolled(server: &Server, event: &str, people: &[&str]) -> Client {
    let client = server.client();
    for person in people {
        let answer =
            client.add_user(event, person, &picture(&format!("{person}.jpg")).unwrap()).await.unwrap();
        assert_eq!(answer.code(), 200, "{answer:?}");
    }
    client
}

#[tokio::test]
async fn other_pictures_of_registered_people_are_recognised() {
    let server = Server::start().unwrap();
    let client = enrolled(&server, "summit", &["obama", "biden"]).await;
    let biden = picture("biden.jpg").unwrap();
    let probes = [
        ("obama", picture("obama2.jpg").unwrap()),
        ("obama", picture("obama3.jpg").unwrap()),
        ("obama", picture("obama_partial_face.jpg").unwrap()),
        ("obama", picture("obama_partial_face2.jpg").unwrap()),
        ("biden", reencoded(&biden, ImageFormat::WebP).unwrap()),
        ("biden", reencoded(&biden, ImageFormat::Png).unwrap()),
        ("biden", mirrored(&biden).unwrap()),
    ];
    for (index, (person, probe)) in probes.iter().enumerate() {
        let answer = client.verify("summit", probe).await.unwrap();
        assert_eq!(answer.code(), 200, "{index}: {answer:?}");
        assert_eq!(answer.json["verified"], json!(true), "{index}: {answer:?}");
        assert_eq!(answer.json["username"], json!(person), "{index}: {answer:?}");
        let message = format!("Face verified successfully for user '{person}' in event 'summit'");
        assert_eq!(answer.text_of("message"), message);
        let confidence = answer.json["confidence"].as_f64().unwrap();
        let distance = answer.json["distance"].as_f64().unwrap();
        assert!(
            (60.0..=100.0).contains(&confidence) && (confidence - (1.0 - distance) * 100.0).abs() <= 0.011,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn people_are_refused_where_only_another_is_registered() {
    let server = Server::start().unwrap();
    let client = enrolled(&server, "of obama", &["obama"]).await;
    enrolled(&server, "of biden", &["biden"]).await;
    let pairs = [
        ("of obama", vec!["biden.jpg"]),
        (
            "of biden",
            vec![
                "obama.jpg",
                "obama2.jpg",
                "obama3.jpg",
                "obama_partial_face.jpg",
                "obama_partial_face2.jpg",
            ],
        ),
    ];
    for (event, probes) in pairs {
        for probe in probes {
            let answer = client.verify(event, &picture(probe).unwrap()).await.unwrap();
            assert_eq!(answer.code(), 200);
            assert_eq!(answer.json["verified"], json!(false), "{probe}: {answer:?}");
            assert_eq!(answer.json["username"], json!(null));
            assert_eq!(answer.text_of("message"), format!("No matching face found in event '{event}'"));
            assert!(answer.json["confidence"].as_f64().unwrap() < 60.0);
        }
    }
}

#[tokio::test]
async fn every_face_of_a_picture_is_found_and_named_when_asked_for_and_none_is_no_error() {
    let server = Server::start().unwrap();
    let client = enrolled(&server, "summit", &["obama", "biden"]).await;
    let [obama, biden] = ["obama2.jpg", "biden.jpg"].map(|name| picture(name).unwrap());
    let both = beside_each_other(&obama, &biden).unwrap();
    let refused = client.pictures(IDENTIFY, &[&both], &[]).await.unwrap();
    assert_eq!((refused.code(), refused.text_of("code")), (422, "picture_unusable"), "{refused:?}");
    let answer = client.pictures(IDENTIFY, &[&both], &[("faces", "all")]).await.unwrap();
    let mut names: Vec<_> =
        answer.json["faces"].as_array().unwrap().iter().map(|face| face["user"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["biden", "obama"], "{answer:?}");
    let none = client.pictures(IDENTIFY, &[&faceless().unwrap()], &[("faces", "all")]).await.unwrap();
    assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
    let both = client.pictures("/v1/faces/detect", &[&both], &[]).await.unwrap();
    assert_eq!((both.code(), both.json["faces"].as_array().unwrap().len()), (200, 2), "{both:?}");
    let width = both.json["width"].as_f64().unwrap();
    for face in both.json["faces"].as_array().unwrap() {
        let (left, side) = (face["box"]["left"].as_f64().unwrap(), face["box"]["width"].as_f64().unwrap());
        assert!(left >= 0.0 && side > 50.0 && left + side <= width, "{face}");
        assert_eq!(face["landmarks"].as_array().unwrap().len(), 5);
        assert_eq!((&face["shortcomings"], &face["detector"]), (&json!([]), &json!("yunet")), "{face}");
    }
    for about in ["detect", "embed"] {
        let path = format!("/v1/faces/{about}");
        let none = client.pictures(&path, &[&faceless().unwrap()], &[]).await.unwrap();
        assert_eq!((none.code(), &none.json["faces"]), (200, &json!([])), "{none:?}");
        assert_eq!((&none.json["width"], &none.json["height"]), (&json!(640), &json!(480)));
    }
}

#[tokio::test]
async fn embeddings_repeat_exactly_and_may_be_enrolled() {
    let server = Server::start().unwrap();
    let client = server.client();
    let obama = picture("obama.jpg").unwrap();
    let embed = async || client.pictures("/v1/faces/embed", &[&obama], &[]).await.unwrap().json;
    let made = embed().await;
    assert_eq!(made, embed().await);
    let body = json!({"model": "sface-2021dec", "embeddings": [made["faces"][0]["embedding"]]});
    let enrolled = client.json("POST", "/v1/events/summit/users/obama/faces", &body).await.unwrap();
    assert_eq!(enrolled.code(), 201, "{enrolled:?}");
    let verified = client.verify("summit", &obama).await.unwrap();
    // Enrolled from two crops, looked for by one.
    assert!(verified.json["distance"].as_f64().unwrap() < 0.15, "{verified:?}");
}

#[tokio::test]
async fn a_face_that_is_too_small_is_not_enrolled_and_yet_looked_for() {
    let server = Server::start().unwrap();
    let client = enrolled(&server, "summit", &["obama"]).await;
    let small = small_face();
    let answer = client.add_user("summit", "obama", &small).await.unwrap();
    let hint = "Come nearer to the camera, or send a picture with more pixels";
    assert_eq!((answer.code(), answer.text_of("message")), (400, hint));
    // At a door the picture is as good as it is.
    assert_eq!(client.verify("summit", &small).await.unwrap().code(), 200);
}

/// The portrait of `obama.jpg` so small that the eyes are fewer than 15 pixels apart.
fn small_face() -> Vec<u8> {
    let portrait = image::load_from_memory(&picture("obama.jpg").unwrap()).unwrap();
    let small = portrait.resize(90, 90, image::imageops::FilterType::Triangle);
    let mut bytes = std::io::Cursor::new(Vec::new());
    small.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}
