//! The end of a server: what was accepted is finished, and everything is there at the next start.

use e2e::{Server, picture};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BOUNDARY: &str = "enrolment";

/// The body of `POST /addUser/` for one user.
fn form(user: &str, face: &[u8]) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file =
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n");
    let texts = field("event_name", "e") + &field("username", user) + &file;
    [texts.as_bytes(), face, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

#[tokio::test]
async fn a_server_that_is_stopped_answers_what_it_accepted() {
    let mut server = Server::start().unwrap();
    let face = picture("obama.jpg").unwrap();
    assert_eq!(server.client().add_user("e", "first", &face).await.unwrap().code(), 200);

    let body = form("second", &face);
    let mut connection = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST /addUser/ HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body: from here on the request is accepted.
    let mut asked = [0; 25];
    connection.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&asked));

    server.ask_to_stop().unwrap();
    connection.write_all(&body).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.wait().unwrap().success());

    server.restart().unwrap();
    assert_eq!(server.client().users("e").await.unwrap().json, json!({"users": ["first", "second"]}));
}
