//! A large export over real connections: whole, encrypted, and held up by those who read nothing of it.

use std::time::{Duration, Instant};

use e2e::{Answer, Client, Server, embedding, server_command};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const IMPORT: &str = "/v1/events/summit/import";

async fn import(client: &Client, path: &str, archive: Vec<u8>) -> Answer {
    client.send(client.request("POST", path).body(archive)).await.unwrap()
}

fn is_invalid(answer: &Answer) -> bool {
    (answer.code(), answer.text_of("code")) == (400, "invalid_archive")
}

/// A server with a key for archives.
fn keyed(key: &str) -> Server {
    let server = Server::builder().unwrap().flags(["--store", "memory:"]);
    server.secret("FACE_ARCHIVE_KEY", key).unwrap().start().unwrap()
}

/// A client that has the head of an export, and takes no more than a few kilobytes of it.
async fn begin_export(url: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET /v1/events/summit/export HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

/// An export, once the server has noticed that others gave theirs up.
async fn exported_soon(client: &Client) -> Vec<u8> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = client.request("GET", "/v1/events/summit/export").send().await.unwrap();
        if answer.status() == 200 {
            return answer.bytes().await.unwrap().to_vec();
        }
        assert!(answer.status() == 503 && Instant::now() < deadline, "{answer:?}");
    }
}

#[tokio::test]
async fn an_archive_of_many_pieces_arrives_whole_and_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [(); 2].map(|()| {
        let made = server_command(folder.path()).unwrap().arg("key").output().unwrap();
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    });
    let (server, to, stranger) = (keyed(&keys[0]), keyed(&keys[0]), keyed(&keys[1]));
    let (from, to, server_url) = (server.client(), to.client(), server.url());
    for user in 0..=110 {
        let faces = if user < 10 { 20 } else { 1 };
        let embeddings: Vec<_> = (0..faces).map(|face| embedding(20 * user + face)).collect();
        let body = json!({"model": "sface-2021dec", "embeddings": embeddings, "on_duplicate": "allow",
            "on_other_person": "allow"});
        let path = format!("/v1/events/summit/users/user-{user}/faces");
        assert_eq!(from.json("POST", &path, &body).await.unwrap().code(), 201);
    }

    // More than a connection takes of it unread.
    let seat = "x".repeat(16_000);
    for user in 0..=110 {
        let path = format!("/v1/events/summit/users/user-{user}");
        let changed = from.json("PATCH", &path, &json!({"metadata": {"seat": seat}})).await.unwrap();
        assert_eq!(changed.code(), 200, "{changed:?}");
    }

    // Two clients that read nothing: they hold up themselves, and a third one is asked to come again.
    let mut idle = Vec::new();
    for _ in 0..2 {
        idle.push(begin_export(server_url).await);
    }
    let third = from.get("/v1/events/summit/export").await.unwrap();
    assert_eq!((third.code(), third.text_of("code")), (503, "busy"), "{third:?}");
    assert_eq!(from.get("/health/ready").await.unwrap().code(), 200);
    drop(idle);

    let archive = exported_soon(&from).await;
    assert!(archive.len() > 1024 * 1024, "{} bytes", archive.len());
    let model = b"sface-2021dec".as_slice();
    assert!(!archive.windows(model.len()).any(|bytes| bytes == model), "nothing can be read in it");
    let taken = import(&to, IMPORT, archive.clone()).await;
    assert_eq!(taken.json, json!({"users": 111, "faces": 301, "settings_kept": false}), "{taken:?}");
    let last = json!({"model": "sface-2021dec", "embeddings": [embedding(200)], "on_duplicate": "reject"});
    let known = to.json("POST", "/v1/events/summit/users/eve/faces", &last).await.unwrap();
    assert_eq!((known.code(), known.text_of("code")), (409, "duplicate_person"), "{known:?}");
    let foreign = import(&stranger.client(), IMPORT, archive).await;
    assert!(is_invalid(&foreign), "{foreign:?}");
}
