//! The routes of the service that this one replaces: every field of every answer that was documented there.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::form::Form;
use super::recogniser::{BIDEN, BOTH, NOBODY, OBAMA};
use super::server::start;

const OF_USERS: &str = "/addUser/";
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

async fn with_kohli() -> Client {
    let client = start().await;
    let added = client.add_user("C", "kohli", OBAMA).await;
    let said = "User 'kohli' successfully added to event 'C'";
    is_documented(&added, 200, &json!({"status": "success", "message": said, "embedding_count": 1}));
    client
}

#[actix_web::test]
async fn pictures_and_forms_that_cannot_be_used_answer_as_documented() {
    let client = with_kohli().await;
    for path in [OF_USERS, OF_FACES] {
        let names: &[_] = &[("event_name", "C"), ("username", "kohli")];
        for (shown, said) in
            [(NOBODY, "No face detected in image"), (BOTH, "Multiple faces detected in image")]
        {
            let answer = client.post(path, Form::of_pictures(&[shown], names)).await;
            is_documented(&answer, 400, &failure(path, said));
        }
        // What was not documented word by word is of the same form.
        let text = b"no picture".as_slice();
        for form in [
            Form::of_pictures(&[text], names),
            Form::of_pictures(&[b""], names),
            Form::of_pictures(&[], names),
            Form::of_pictures(&[OBAMA], &[("username", "kohli")]),
            Form::of_pictures(&[OBAMA], &[("event_name", ""), ("username", "kohli")]),
        ] {
            let answer = client.post(path, form).await;
            assert!(!answer.text_of("message").is_empty(), "{answer:?}");
            is_documented(&answer, 400, &failure(path, answer.text_of("message")));
        }
        let large = vec![0; 21 * 1024 * 1024];
        let json = client.json("POST", path, &json!({"event_name": "C"})).await;
        let other_method = client.get(path).await;
        for (answer, status) in [
            (client.post(path, Form::of_pictures(&[&large], names)).await, 413),
            (json, 415),
            (other_method, 405),
        ] {
            is_documented(&answer, status, &failure(path, answer.text_of("message")));
        }
    }
    is_documented(&client.users("C").await, 200, &json!({"users": ["kohli"]}));
    let nameless = Form::of_pictures(&[OBAMA], &[("event_name", "C")]);
    let answer = client.post(OF_USERS, nameless).await;
    is_documented(&answer, 400, &failure(OF_USERS, answer.text_of("message")));
}

#[actix_web::test]
async fn lists_and_deletions_answer_as_documented() {
    let client = with_kohli().await;
    assert_eq!(client.add_user("C", "jane", BIDEN).await.code(), 200);
    let events = client.get("/api/events").await;
    is_documented(&events, 200, &json!({"events": [{"event_name": "C", "user_count": 2}]}));
    is_documented(&client.users("C").await, 200, &json!({"users": ["jane", "kohli"]}));
    let of_user = client.delete_user("C", "kohli").await;
    let said = "User 'kohli' deleted from event 'C'";
    is_documented(&of_user, 200, &json!({"status": "success", "message": said}));

    let error = |said: &str| failure("/api/", said);
    let again = client.delete_user("C", "kohli").await;
    is_documented(&again, 404, &error("User 'kohli' not found in event 'C'"));
    let gone = error("Event 'D' not found");
    is_documented(&client.users("D").await, 404, &gone);
    is_documented(&client.delete_user("D", "kohli").await, 404, &gone);
    is_documented(&client.delete_event("D").await, 404, &gone);
    for path in [
        "/api/all_user",
        "/api/all_user?event_name=",
        "/api/delete_user?event_name=C",
        "/api/delete_user?user_id=kohli",
        "/api/delete_user?event_name=C&user_id=",
        "/get_transaction_details/",
        "/get_transaction_details/?transaction_id=x",
    ] {
        let answer = client.get(path).await;
        assert!(!answer.text_of("message").is_empty(), "{answer:?}");
        is_documented(&answer, 400, &error(answer.text_of("message")));
    }
    assert_eq!(client.delete_user("C", "jane").await.code(), 200);
    let events = client.get("/api/events").await;
    is_documented(&events, 200, &json!({"events": [{"event_name": "C", "user_count": 0}]}));
    let nobody = client.verify("C", OBAMA).await;
    let said = "Event 'C' not found or has no registered users";
    is_documented(&nobody, 404, &failure(OF_FACES, said));
    let of_event = client.delete_event("C").await;
    is_documented(&of_event, 200, &json!({"status": "success", "message": "Event 'C' deleted"}));
    is_documented(&client.get("/api/events").await, 200, &json!({"events": []}));
}
