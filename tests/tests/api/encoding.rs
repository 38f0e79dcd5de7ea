//! Paths and queries are UTF-8, or refused: no two people become one by what a reader puts for a byte.

use e2e::{Answer, Client, Server, picture};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    client.send(client.request(method, path)).await.unwrap()
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_in_the_form_of_their_path() {
    let server = Server::start().unwrap();
    let client = server.client();
    for (method, path) in [
        ("GET", "/v1/events/%FF"),
        ("PUT", "/v1/events/caf%E9"),
        ("GET", "/v1/events/summit/users/%C3%28"),
        ("DELETE", "/v1/events/summit/users/%ED%A0%80"),
        ("GET", "/v1/nowhere/%FE"),
        ("GET", "/%FF"),
    ] {
        let refused = ask(&client, method, path).await;
        assert_eq!((refused.code(), refused.text_of("code")), (400, "invalid_name"), "{path}: {refused:?}");
        assert!(refused.text_of("detail").contains("UTF-8"), "{refused:?}");
    }
    for path in
        ["/v1/events/summit/check-ins?user=%FF", "/v1/audit?event=caf%E9", "/v1/events?%FF=1", "/redoc?%C3"]
    {
        let refused = ask(&client, "GET", path).await;
        assert_eq!((refused.code(), refused.text_of("code")), (400, "invalid_query"), "{path}: {refused:?}");
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
    assert_eq!(client.get("/v1/events").await.unwrap().json["events"], json!([]));
}

#[tokio::test]
async fn people_whose_names_differ_in_such_a_byte_do_not_become_one() {
    let server = Server::start().unwrap();
    let client = server.client();
    let photo = picture("obama.jpg").unwrap();
    let enrol = async |user: &str| {
        let path = format!("/v1/events/summit/users/{user}/faces");
        client.pictures(&path, &[&photo], &[("on_duplicate", "allow")]).await.unwrap().code()
    };
    assert_eq!([enrol("Ren%E9").await, enrol("Ren%E8").await, enrol("Ren%C3%A9").await], [400, 400, 201]);
    // What is no escape is data, as everywhere on the web, and so is one of an escape.
    assert_eq!([enrol("50%zz").await, enrol("50%").await, enrol("%25FF").await], [201; 3]);
    let users = client.users("summit").await.unwrap().json;
    assert_eq!(users, json!({"users": ["%FF", "50%", "50%zz", "René"]}));
    for (written, name) in [("50%25zz", "50%zz"), ("50%zz", "50%zz"), ("%25FF", "%FF")] {
        let read = client.get(&format!("/v1/events/summit/users/{written}")).await.unwrap();
        assert_eq!((read.code(), read.text_of("name")), (200, name), "{written}");
    }
    let deleted = client.get("/api/delete_user?event_name=summit&user_id=50%zz").await.unwrap();
    assert_eq!(deleted.text_of("message"), "User '50%zz' deleted from event 'summit'", "{deleted:?}");
}

/// A request whose first line holds these bytes, and the first line of the answer.
async fn raw(server: &Server, target: &[u8]) -> String {
    let address = server.url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let end = format!(" HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(&[b"GET ", target, end.as_bytes()].concat()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn bytes_that_are_not_percent_encoded_at_all_are_refused_too() {
    let server = Server::start().unwrap();
    assert_eq!(raw(&server, b"/v1/events").await, "HTTP/1.1 200 OK");
    for target in
        [&b"/v1/events/\xff"[..], b"/api/all_user?event_name=\xe9", "/v1/events/Zo\u{eb}".as_bytes()]
    {
        assert_eq!(raw(&server, target).await, "HTTP/1.1 400 Bad Request", "{target:?}");
    }
}
