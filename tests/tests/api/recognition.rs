//! The main job on real pictures: who is recognised, who is not, and in which words.

use e2e::{Client, Server, beside_each_other, faceless, mirrored, picture, reencoded};
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

#[tokio::test]
async fn a_picture_without_a_face_or_with_two_is_refused_in_the_documented_words() {
    let server = Server::start().unwrap();
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());
    let client = enrolled(&server, "summit", &["obama"]).await;
    let both = beside_each_other(&obama, &biden).unwrap();
    let cases =
        [("No face detected in image", faceless().unwrap()), ("Multiple faces detected in image", both)];
    for (message, picture) in &cases {
        let added = client.add_user("summit", "x", picture).await.unwrap();
        assert_eq!((added.code(), &added.json), (400, &json!({"status": "error", "message": message})));
        let verified = client.verify("summit", picture).await.unwrap();
        let expected = json!({"verified": false, "username": null, "message": message});
        assert_eq!((verified.code(), verified.json), (400, expected));
    }
    assert_eq!(client.users("summit").await.unwrap().json, json!({"users": ["obama"]}));
}

#[tokio::test]
async fn events_and_users_are_counted_listed_and_deleted_in_the_documented_words() {
    let server = Server::start().unwrap();
    let client = server.client();
    let obama = picture("obama.jpg").unwrap();
    assert_eq!(client.get("/api/events").await.unwrap().json, json!({"events": []}));
    for count in 1..=2 {
        let answer = client.add_user("conference_2024", "john_doe", &obama).await.unwrap();
        let message = "User 'john_doe' successfully added to event 'conference_2024'";
        assert_eq!(answer.json, json!({"status": "success", "message": message, "embedding_count": count}));
    }
    client.add_user("conference_2024", "Ann", &picture("biden.jpg").unwrap()).await.unwrap();
    let events = client.get("/api/events").await.unwrap().json;
    assert_eq!(events, json!({"events": [{"event_name": "conference_2024", "user_count": 2}]}));
    assert_eq!(client.users("conference_2024").await.unwrap().json, json!({"users": ["Ann", "john_doe"]}));

    let gone = client.delete_user("conference_2024", "john_doe").await.unwrap();
    let message = "User 'john_doe' deleted from event 'conference_2024'";
    assert_eq!(gone.json, json!({"status": "success", "message": message}));
    let again = client.delete_user("conference_2024", "john_doe").await.unwrap();
    let message = "User 'john_doe' not found in event 'conference_2024'";
    assert_eq!((again.code(), again.json), (404, json!({"status": "error", "message": message})));
    assert_eq!(client.verify("conference_2024", &obama).await.unwrap().json["verified"], json!(false));

    client.delete_user("conference_2024", "Ann").await.unwrap();
    let events = client.get("/api/events").await.unwrap().json;
    assert_eq!(events, json!({"events": [{"event_name": "conference_2024", "user_count": 0}]}));
    let nobody = client.verify("conference_2024", &obama).await.unwrap();
    let message = "Event 'conference_2024' not found or has no registered users";
    assert_eq!(
        (nobody.code(), nobody.json),
        (404, json!({"verified": false, "username": null, "message": message}))
    );

    let deleted = client.delete_event("conference_2024").await.unwrap();
    assert_eq!(deleted.json, json!({"status": "success", "message": "Event 'conference_2024' deleted"}));
    for answer in [
        client.delete_event("conference_2024").await.unwrap(),
        client.users("conference_2024").await.unwrap(),
    ] {
        let message = "Event 'conference_2024' not found";
        assert_eq!((answer.code(), answer.json), (404, json!({"status": "error", "message": message})));
    }
    let unknown = client.verify("nonexistent_event", &obama).await.unwrap();
    assert_eq!(unknown.code(), 404);
    assert_eq!(unknown.text_of("message"), "Event 'nonexistent_event' not found or has no registered users");
}
