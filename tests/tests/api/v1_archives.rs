//! `/v1/events/{event}/export` and `/import`: an event moves from one server to another, and nothing else comes in.

use e2e::{Answer, Client, Server, embedding, picture, server_command};
use serde_json::json;

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

/// A server with a key for archives.
fn keyed(key: &str) -> Server {
    let server = Server::builder().unwrap().flags(["--store", "memory:"]);
    server.secret("FACE_ARCHIVE_KEY", key).unwrap().start().unwrap()
}

#[tokio::test]
async fn an_archive_of_many_pieces_arrives_whole_and_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [(); 2].map(|()| {
        let made = server_command(folder.path()).unwrap().arg("key").output().unwrap();
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    });
    let (from, to, stranger) = (keyed(&keys[0]), keyed(&keys[0]), keyed(&keys[1]));
    let (from, to) = (from.client(), to.client());
    // Larger than what is under way at one time.
    for user in 0..=100 {
        let faces = if user < 100 { 20 } else { 1 };
        let embeddings: Vec<_> = (0..faces).map(|face| embedding(20 * user + face)).collect();
        let body = json!({"model": "dlib-resnet-v1", "embeddings": embeddings, "on_duplicate": "allow"});
        let path = format!("/v1/events/summit/users/user-{user}/faces");
        assert_eq!(from.json("POST", &path, &body).await.unwrap().code(), 201);
    }

    let archive = exported(&from, "/v1/events/summit/export").await;
    assert!(archive.len() > 1024 * 1024, "{} bytes", archive.len());
    let model = b"dlib-resnet-v1".as_slice();
    assert!(!archive.windows(model.len()).any(|bytes| bytes == model), "nothing can be read in it");
    let taken = import(&to, IMPORT, archive.clone()).await;
    assert_eq!(taken.json, json!({"users": 101, "faces": 2001, "settings_kept": false}), "{taken:?}");
    let last = json!({"model": "dlib-resnet-v1", "embeddings": [embedding(2000)], "on_duplicate": "reject"});
    let known = to.json("POST", "/v1/events/summit/users/eve/faces", &last).await.unwrap();
    assert_eq!((known.code(), known.text_of("code")), (409, "duplicate_person"), "{known:?}");
    let foreign = import(&stranger.client(), IMPORT, archive).await;
    assert!(is_invalid(&foreign), "{foreign:?}");
}
