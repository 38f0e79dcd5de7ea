//! `/v1/events/{event}/export` and `/import`: an event moves from one server to another, and nothing else comes in.

use actix_web::web::Bytes;
use embedding_store::EncryptionKey;
use serde_json::json;

use super::client::{Answer, Client};
use super::recogniser::{BIDEN, OBAMA};
use super::server::{Options, start, start_with};

const PLAIN: &str = "/v1/events/summit/export?plain=true";
const IMPORT: &str = "/v1/events/summit/import";

async fn exported(client: &Client, path: &str) -> Bytes {
    let answer = client.get(path).await;
    assert_eq!((answer.code(), answer.media_type()), (200, "application/octet-stream"));
    answer.bytes
}

async fn import(client: &Client, path: &str, archive: Bytes) -> Answer {
    client.request("POST", path).body(archive).send().await
}

fn is_invalid(answer: &Answer) -> bool {
    answer.codes() == (400, "invalid_archive")
}

#[actix_web::test]
async fn an_event_moves_to_another_server_and_only_that_event() {
    let (from, to) = (start().await, start().await);
    for (user, face) in [("obama", OBAMA), ("biden", BIDEN)] {
        assert_eq!(from.add_user("summit", user, face).await.code(), 200);
    }
    assert_eq!(from.add_user("another", "obama", OBAMA).await.code(), 200);

    let refused = from.get("/v1/events/summit/export").await;
    assert_eq!(refused.codes(), (403, "plain_export"), "not in the clear unless asked");
    let unknown = from.get("/v1/events/nowhere/export?plain=true").await;
    assert_eq!(unknown.codes(), (404, "no_such_event"));

    let archive = exported(&from, PLAIN).await;
    for _ in 0..2 {
        let taken = import(&to, IMPORT, archive.clone()).await;
        assert_eq!(taken.json, json!({"users": 2, "faces": 2, "settings_kept": false}), "{taken:?}");
    }
    let verified = to.verify("summit", BIDEN).await;
    assert_eq!(verified.json["username"], "biden", "{verified:?}");
    let events = to.get("/api/events").await;
    assert_eq!(events.json["events"], json!([{"event_name": "summit", "user_count": 2}]));

    let events = |action: &str| format!("/v1/audit?event=summit&action={action}");
    let recorded = async |client: &Client, action: &str| {
        let listed = client.get(&events(action)).await;
        let entries = listed.json["entries"].as_array().unwrap_or_else(|| panic!("{listed:?}")).clone();
        entries.iter().map(|entry| entry["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(recorded(&to, "import_event").await, ["done", "done"]);
    assert_eq!(recorded(&from, "export_event").await, ["done", "denied"]);

    let other = import(&to, "/v1/events/another/import", archive.clone()).await;
    assert!(is_invalid(&other), "an archive of another event: {other:?}");
    let cut_off = import(&to, IMPORT, archive.slice(..archive.len() - 1)).await;
    assert!(is_invalid(&cut_off), "{cut_off:?}");
    let mut damaged = archive.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [damaged, Vec::new(), b"PK\x03\x04".to_vec()] {
        let answer = import(&to, IMPORT, bytes.into()).await;
        assert!(is_invalid(&answer), "{answer:?}");
    }
    assert_eq!(to.users("summit").await.json, json!({"users": ["biden", "obama"]}));
}

#[actix_web::test]
async fn settings_that_are_there_are_kept_and_what_is_too_large_is_refused_however_it_comes() {
    let client = start_with(Options { max_upload: 1 << 20, ..Options::default() }).await;
    assert_eq!(client.add_user("summit", "obama", OBAMA).await.code(), 200);
    let archive = exported(&client, PLAIN).await;
    let change = json!({"metadata": {"hall": 3}});
    assert_eq!(client.json("PATCH", "/v1/events/summit", &change).await.code(), 200);
    let taken = import(&client, IMPORT, archive).await;
    assert_eq!(taken.json, json!({"users": 1, "faces": 1, "settings_kept": true}), "{taken:?}");
    let event = client.get("/v1/events/summit").await;
    assert_eq!(event.json["metadata"], change["metadata"]);

    for is_announced in [true, false] {
        let request = client.request("POST", IMPORT).body(vec![0; 2 * 1024 * 1024]);
        let request = if is_announced { request } else { request.unannounced() };
        let answer = request.send().await;
        assert_eq!(answer.codes(), (413, "body_too_large"), "{answer:?}");
    }
}

#[actix_web::test]
async fn an_archive_under_a_key_is_read_under_that_key_alone() {
    let keys = [(); 2].map(|()| EncryptionKey::generate().unwrap());
    let keyed = |key: &EncryptionKey| Options { archive_key: Some(key.clone()), ..Options::default() };
    let (from, to) = (start_with(keyed(&keys[0])).await, start_with(keyed(&keys[0])).await);
    assert_eq!(from.add_user("summit", "obama", OBAMA).await.code(), 200);
    let archive = exported(&from, "/v1/events/summit/export").await;
    let model = b"sface-2021dec".as_slice();
    assert!(!archive.windows(model.len()).any(|bytes| bytes == model), "nothing can be read in it");
    let taken = import(&to, IMPORT, archive.clone()).await;
    assert_eq!(taken.json, json!({"users": 1, "faces": 1, "settings_kept": false}), "{taken:?}");
    let foreign = import(&start_with(keyed(&keys[1])).await, IMPORT, archive).await;
    assert!(is_invalid(&foreign), "{foreign:?}");
}
