//! Paths and queries are UTF-8, or refused: no two people become one by what a reader puts for a byte.

use serde_json::json;

use super::client::{Answer, Client};
use super::recogniser::OBAMA;
use super::server::start;

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    client.send(client.request(method, path)).await
}

#[actix_web::test]
async fn bytes_that_are_no_text_are_refused_in_the_form_of_their_path() {
    let client = start().await;
    for (method, path) in [
        ("GET", "/v1/events/%FF"),
        ("PUT", "/v1/events/caf%E9"),
        ("GET", "/v1/events/summit/users/%C3%28"),
        ("DELETE", "/v1/events/summit/users/%ED%A0%80"),
        ("GET", "/v1/nowhere/%FE"),
        ("GET", "/%FF"),
    ] {
        let refused = ask(&client, method, path).await;
        assert_eq!(refused.codes(), (400, "invalid_name"), "{path}: {refused:?}");
        assert!(refused.text_of("detail").contains("UTF-8"), "{refused:?}");
    }
    for path in
        ["/v1/events/summit/check-ins?user=%FF", "/v1/audit?event=caf%E9", "/v1/events?%FF=1", "/redoc?%C3"]
    {
        let refused = ask(&client, "GET", path).await;
        assert_eq!(refused.codes(), (400, "invalid_query"), "{path}: {refused:?}");
    }
    for (method, path, word) in [
        ("DELETE", "/api/events/%FF", "path"),
        ("GET", "/api/all_user?event_name=%FF", "query"),
        ("GET", "/api/delete_user?event_name=summit&user_id=%E9", "query"),
        ("GET", "/api/debug/cloudinary-data?event_name=%E9", "query"),
        ("POST", "/verify/?x=%E9", "query"),
    ] {
        let refused = ask(&client, method, path).await;
        let message = refused.text_of("message");
        assert!(
            refused.code() == 400 && message.contains(word) && message.contains("UTF-8"),
            "{path}: {refused:?}"
        );
        assert!(refused.json["status"] == "error" || refused.json["verified"] == false, "{refused:?}");
    }
    assert_eq!(client.get("/v1/events").await.json["events"], json!([]));
}

#[actix_web::test]
async fn people_whose_names_differ_in_such_a_byte_do_not_become_one() {
    let client = start().await;
    let enrol = async |user: &str| {
        let path = format!("/v1/events/summit/users/{user}/faces");
        client.pictures(&path, &[OBAMA], &[("on_duplicate", "allow")]).await.code()
    };
    assert_eq!([enrol("Ren%E9").await, enrol("Ren%E8").await, enrol("Ren%C3%A9").await], [400, 400, 201]);
    // What is no escape is data, as everywhere on the web, and so is one of an escape.
    assert_eq!([enrol("50%zz").await, enrol("50%").await, enrol("%25FF").await], [201; 3]);
    let users = client.users("summit").await.json;
    assert_eq!(users, json!({"users": ["%FF", "50%", "50%zz", "René"]}));
    for (written, name) in [("50%25zz", "50%zz"), ("50%zz", "50%zz"), ("%25FF", "%FF")] {
        let read = client.get(&format!("/v1/events/summit/users/{written}")).await;
        assert_eq!((read.code(), read.text_of("name")), (200, name), "{written}");
    }
    let deleted = client.get("/api/delete_user?event_name=summit&user_id=50%zz").await;
    assert_eq!(deleted.text_of("message"), "User '50%zz' deleted from event 'summit'", "{deleted:?}");
}
