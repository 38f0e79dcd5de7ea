//! The routes of the service that this one replaces: every field of every answer that was documented there.

use e2e::{Answer, Client, Server, picture};
use serde_json::{Value, json};

const OF_FACES: &str = "/verify/";

/// An answer has the documented fields, of that value each. More may follow them where a request succeeded.
#[track_caller]
fn is_documented(answer: &Answer, status: u16, documented: &Value) {
    assert_eq!((answer.code(), answer.media_type()), (status, "application/json"), "{answer:?}");
    if status == 200 {
        for (field, value) in documented.as_object().unwrap() {
            assert_eq!(&answer.json[field], value, "{field} of {answer:?}");
        }
    } else {
        assert_eq!(&answer.json, documented, "{answer:?}");
    }
}

/// The failure of a route, in its form: that of a recognition is one more refusal.
fn failure(path: &str, message: &str) -> Value {
    if path == OF_FACES {
        json!({"verified": false, "username": null, "message": message})
    } else {
        json!({"status": "error", "message": message})
    }
}

async fn with_kohli() -> (Server, Client) {
    let server = Server::start().unwrap();
    let client = server.client();
    let added = client.add_user("C", "kohli", &picture("obama.jpg").unwrap()).await.unwrap();
    let said = "User 'kohli' successfully added to event 'C'";
    is_documented(&added, 200, &json!({"status": "success", "message": said, "embedding_count": 1}));
    (server, client)
}

#[tokio::test]
async fn registrations_and_recognitions_answer_as_documented() {
    let (_server, client) = with_kohli().await;
    let added = client.add_user("C", "kohli", &picture("obama2.jpg").unwrap()).await.unwrap();
    assert_eq!(added.json["embedding_count"], 2, "{added:?}");

    let verified = client.verify("C", &picture("obama2.jpg").unwrap()).await.unwrap();
    let said = "Face verified successfully for user 'kohli' in event 'C'";
    is_documented(&verified, 200, &json!({"verified": true, "username": "kohli", "message": said}));
    let refused = client.verify("C", &picture("biden.jpg").unwrap()).await.unwrap();
    let said = "No matching face found in event 'C'";
    is_documented(&refused, 200, &json!({"verified": false, "username": null, "message": said}));
    for answer in [&verified, &refused] {
        let number = |field: &str| answer.json[field].as_f64().unwrap();
        let confidence = ((1.0 - number("distance")).max(0.0) * 10_000.0).floor() / 100.0;
        assert!((number("confidence") - confidence).abs() < 0.011, "of the nearest user: {answer:?}");
    }
    assert!(verified.json["confidence"].as_f64() > refused.json["confidence"].as_f64());

    let unknown = client.verify("nonexistent_event", &picture("biden.jpg").unwrap()).await.unwrap();
    let said = "Event 'nonexistent_event' not found or has no registered users";
    is_documented(&unknown, 404, &failure(OF_FACES, said));
}

#[tokio::test]
async fn what_was_done_is_found_by_the_transaction_that_each_answer_names() {
    let (_server, client) = with_kohli().await;
    let verified = client.verify("C", &picture("obama2.jpg").unwrap()).await.unwrap();
    let id = verified.headers["x-transaction-id"].to_str().unwrap();
    let details = client.get(&format!("/get_transaction_details/?transaction_id={id}")).await.unwrap();
    is_documented(&details, 200, &json!({"status": "success", "transaction_id": id}));
    let entry = &details.json["entries"][0];
    for (field, value) in [("action", "identify"), ("outcome", "match"), ("event", "C"), ("user", "kohli")] {
        assert_eq!(entry[field], value, "{details:?}");
    }
    assert_eq!(entry["distance"], verified.json["distance"]);

    let unknown = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91";
    let none = client.get(&format!("/get_transaction_details/?transaction_id={unknown}")).await.unwrap();
    is_documented(&none, 404, &failure("/api/", &format!("Transaction '{unknown}' not found")));
    let stored = client.get("/api/debug/cloudinary-data").await.unwrap();
    let said = "What is stored is not shown: start the server with --debug-data on to allow it";
    is_documented(&stored, 403, &failure("/api/", said));
}
