//! The main job on real pictures: who is recognised, who is not, and in which words.

use e2e::{Client, Server, mirrored, picture, reencoded};
use image::ImageFormat;
use serde_json::json;

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
