//! `/v1/events/{event}/export` and `/import`: an event moves from one server to another, and nothing else comes in.

use std::io;
use std::time::{Duration, Instant};

use e2e::{Answer, Client, Server, embedding, picture, server_command};
use futures_util::stream;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PLAIN: &str = "/v1/events/summit/export?plain=true";
const IMPORT: &str = "/v1/events/summit/import";

async fn exported(client: &Client, path: &str) -> Vec<u8> {
    let answer = client.request("GET", path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    answer.bytes().await.unwrap().to_vec()
}

async fn import(client: &Client, path: &str, archive: Vec<u8>) -> Answer {
    client.send(client.request("POST", path).body(archive)).await.unwrap()
}

fn is_invalid(answer: &Answer) -> bool {
    (answer.code(), answer.text_of("code")) == (400, "invalid_archive")
}

#[tokio::test]
async fn an_event_moves_to_another_server_and_only_that_event() {
    let (from, to) = (Server::start().unwrap(), Server::start().unwrap());
    let (from, to) = (from.client(), to.client());
    let (obama, biden) = (picture("obama.jpg").unwrap(), picture("biden.jpg").unwrap());
    for (user, face) in [("obama", &obama), ("biden", &biden)] {
        assert_eq!(from.add_user("summit", user, face).await.unwrap().code(), 200);
    }
    assert_eq!(from.add_user("another", "obama", &obama).await.unwrap().code(), 200);

    let refused = from.get("/v1/events/summit/export").await.unwrap();
    assert_eq!(
        (refused.code(), refused.text_of("code")),
        (403, "plain_export"),
        "not in the clear unless asked"
    );
    let unknown = from.get("/v1/events/nowhere/export?plain=true").await.unwrap();
    assert_eq!((unknown.code(), unknown.text_of("code")), (404, "no_such_event"));

    let archive = exported(&from, PLAIN).await;
    for _ in 0..2 {
        let taken = import(&to, IMPORT, archive.clone()).await;
        assert_eq!(taken.json, json!({"users": 2, "faces": 2, "settings_kept": false}), "{taken:?}");
    }
    let verified = to.verify("summit", &biden).await.unwrap();
    assert_eq!(verified.json["username"], "biden", "{verified:?}");
    let events = to.get("/api/events").await.unwrap();
    assert_eq!(events.json["events"], json!([{"event_name": "summit", "user_count": 2}]));

    let events = |action: &str| format!("/v1/audit?event=summit&action={action}");
    let recorded = async |client: &Client, action: &str| {
        let listed = client.get(&events(action)).await.unwrap();
        let entries = listed.json["entries"].as_array().unwrap_or_else(|| panic!("{listed:?}")).clone();
        entries.iter().map(|entry| entry["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(recorded(&to, "import_event").await, ["done", "done"]);
    assert_eq!(recorded(&from, "export_event").await, ["done", "denied"]);

    let other = import(&to, "/v1/events/another/import", archive.clone()).await;
    assert!(is_invalid(&other), "an archive of another event: {other:?}");
    let cut_off = import(&to, IMPORT, archive[..archive.len() - 1].to_vec()).await;
    assert!(is_invalid(&cut_off), "{cut_off:?}");
    let mut damaged = archive;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [damaged, Vec::new(), b"PK\x03\x04".to_vec()] {
        let answer = import(&to, IMPORT, bytes).await;
        assert!(is_invalid(&answer), "{answer:?}");
    }
    assert_eq!(to.users("summit").await.unwrap().json, json!({"users": ["biden", "obama"]}));
}

#[tokio::test]
async fn settings_that_are_there_are_kept_and_what_is_too_large_is_refused_however_it_comes() {
    let server = Server::builder().unwrap().flags(["--max-upload", "1"]).start().unwrap();
    let client = server.client();
    assert_eq!(client.add_user("summit", "obama", &picture("obama.jpg").unwrap()).await.unwrap().code(), 200);
    let archive = exported(&client, PLAIN).await;
    let change = json!({"metadata": {"hall": 3}});
    assert_eq!(client.json("PATCH", "/v1/events/summit", &change).await.unwrap().code(), 200);
    let taken = import(&client, IMPORT, archive).await;
    assert_eq!(taken.json, json!({"users": 1, "faces": 1, "settings_kept": true}), "{taken:?}");
    let event = client.get("/v1/events/summit").await.unwrap();
    assert_eq!(event.json["metadata"], change["metadata"]);

    let large = vec![0; 2 * 1024 * 1024];
    let in_pieces =
        large.chunks(64 * 1024).map(|piece| Ok::<_, io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let in_pieces = reqwest::Body::wrap_stream(stream::iter(in_pieces));
    for body in [large.into(), in_pieces] {
        let answer = client.send(client.request("POST", IMPORT).body(body)).await.unwrap();
        assert_eq!((answer.code(), answer.text_of("code")), (413, "body_too_large"), "{answer:?}");
    }
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
    for user in 0..=100 {
        let faces = if user < 100 { 20 } else { 1 };
        let embeddings: Vec<_> = (0..faces).map(|face| embedding(20 * user + face)).collect();
        let body = json!({"model": "sface-2021dec", "embeddings": embeddings, "on_duplicate": "allow",
            "on_other_person": "allow"});
        let path = format!("/v1/events/summit/users/user-{user}/faces");
        assert_eq!(from.json("POST", &path, &body).await.unwrap().code(), 201);
    }

    // More than a connection takes of it unread.
    let seat = "x".repeat(1_000_000);
    for user in 0..8 {
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
    assert!(archive.len() > 8 * 1024 * 1024, "{} bytes", archive.len());
    let model = b"sface-2021dec".as_slice();
    assert!(!archive.windows(model.len()).any(|bytes| bytes == model), "nothing can be read in it");
    let taken = import(&to, IMPORT, archive.clone()).await;
    assert_eq!(taken.json, json!({"users": 101, "faces": 2001, "settings_kept": false}), "{taken:?}");
    let last = json!({"model": "sface-2021dec", "embeddings": [embedding(2000)], "on_duplicate": "reject"});
    let known = to.json("POST", "/v1/events/summit/users/eve/faces", &last).await.unwrap();
    assert_eq!((known.code(), known.text_of("code")), (409, "duplicate_person"), "{known:?}");
    let foreign = import(&stranger.client(), IMPORT, archive).await;
    assert!(is_invalid(&foreign), "{foreign:?}");
}
