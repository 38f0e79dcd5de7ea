//! `/v1/snapshots`: made, listed, downloaded, deleted and restored; by admins of everything alone.

use std::io::Cursor;
use std::num::NonZeroUsize;

use actix_web::web::Bytes;
use embedding_store::archive::{restore, verify};
use embedding_store::{EmbeddingStore, EncryptionKey, InMemory};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::client::Client;
use super::recogniser::{BIDEN, OBAMA};
use super::server::{Options, start, start_with};
use crate::auth::Role;
use crate::snapshots::Snapshots;

const PATH: &str = "/v1/snapshots";
const PLAIN: &str = "/v1/snapshots?plain=true";

/// A folder for snapshots that is not there yet, and options of a server that keeps two in it.
fn options() -> (TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let kept = NonZeroUsize::new(2).unwrap();
    let snapshots = Some(Snapshots::new(folder.path().join("made/later"), kept));
    (folder, Options { snapshots, ..Options::default() })
}

async fn make(client: &Client, path: &str) -> Value {
    let made = client.request("POST", path).send().await;
    assert_eq!(made.code(), 201, "{made:?}");
    made.json
}

async fn download(client: &Client, name: &str) -> Bytes {
    let answer = client.get(&format!("{PATH}/{name}")).await;
    assert_eq!((answer.code(), answer.media_type()), (200, "application/octet-stream"), "{answer:?}");
    assert!(answer.header("content-disposition").contains(name), "{answer:?}");
    answer.bytes
}

async fn names(client: &Client) -> Vec<String> {
    let listed = client.get(PATH).await;
    assert_eq!(listed.code(), 200, "{listed:?}");
    let snapshots = listed.json["snapshots"].as_array().unwrap();
    snapshots.iter().map(|snapshot| snapshot["name"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_snapshot_of_a_running_server_is_restored_with_check_ins_and_audit() {
    let (folder, mut options) = options();
    let store = std::sync::Arc::new(InMemory::new());
    options.store = store.clone();
    let client = start_with(options).await;
    for (user, face) in [("obama", OBAMA), ("biden", BIDEN)] {
        assert_eq!(client.add_user("summit", user, face).await.code(), 200);
    }
    let checked_in = client.pictures("/v1/events/summit/check-ins", &[BIDEN], &[]).await;
    assert_eq!(checked_in.code(), 201, "{checked_in:?}");
    assert_eq!(names(&client).await, [""; 0]);

    let refused = client.request("POST", PATH).send().await;
    assert_eq!(refused.codes(), (403, "plain_export"), "not in the clear unless asked");
    let made = make(&client, PLAIN).await;
    let name = made["name"].as_str().unwrap();
    let file = download(&client, name).await;
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&file));
    assert_eq!((&made["sha256"], &made["bytes"]), (&json!(sha256), &json!(file.len())));
    assert_eq!((&made["events"], &made["users"], &made["faces"]), (&json!(1), &json!(2), &json!(2)));
    assert_eq!(names(&client).await, [name]);
    let head = client.request("HEAD", &format!("{PATH}/{name}")).send().await;
    assert_eq!((head.code(), head.bytes.len()), (200, 0));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join("made/later");
        assert_eq!(std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    let restored = InMemory::new();
    let journal = restored.journal().unwrap();
    let total = restore(&restored, &*journal, Cursor::new(file), None, |_| {}).await.unwrap().total;
    assert_eq!(made["entries"], json!(total.entries));
    let records: Vec<_> = store.stored_records().try_collect().await.unwrap();
    let of_restored: Vec<_> = restored.stored_records().try_collect().await.unwrap();
    // Its own entries of the audit came later.
    assert!(of_restored.len() < records.len() && of_restored.iter().all(|record| records.contains(record)));
    let other = start_with(Options { store: std::sync::Arc::new(restored), ..Options::default() }).await;
    let listed = other.get("/v1/events/summit/check-ins").await;
    assert_eq!(listed.json, client.get("/v1/events/summit/check-ins").await.json);
    assert_eq!(other.verify("summit", BIDEN).await.json["username"], "biden");
    let audit = other.get("/v1/audit?event=summit&action=check_in").await;
    assert_eq!(audit.json["entries"].as_array().map(Vec::len), Some(1), "{audit:?}");

    let gone = client.request("DELETE", &format!("{PATH}/{name}")).send().await;
    assert_eq!(gone.code(), 204, "{gone:?}");
    let again = client.request("DELETE", &format!("{PATH}/{name}")).send().await;
    assert_eq!(again.codes(), (404, "no_such_snapshot"));
    for (action, count) in [("create_snapshot", 2), ("read_snapshot", 1), ("delete_snapshot", 2)] {
        let audit = client.get(&format!("/v1/audit?action={action}")).await;
        assert_eq!(audit.json["entries"].as_array().map(Vec::len), Some(count), "{action}");
    }
}

#[actix_web::test]
async fn the_oldest_go_and_one_is_made_at_a_time() {
    let (folder, mut options) = options();
    let key = EncryptionKey::generate().unwrap();
    options.archive_key = Some(key.clone());
    let snapshots = options.snapshots.clone().unwrap();
    let client = start_with(options).await;
    let foreign = folder.path().join("made/later/faces.redb");
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(make(&client, PATH).await["name"].as_str().unwrap().to_owned());
        std::fs::write(&foreign, "not a snapshot's name").unwrap();
    }
    made.sort_by(|one, other| other.cmp(one));
    assert_eq!(names(&client).await, made[..2], "the latest first");
    assert!(foreign.exists());
    let file = download(&client, &made[0]).await;
    assert!(verify(&file[..], None, |_| {}).is_err(), "it is encrypted");
    verify(&file[..], Some(&key), |_| {}).unwrap();

    let turn = snapshots.begin().unwrap();
    let refused = client.request("POST", PATH).send().await;
    assert_eq!(refused.codes(), (409, "snapshot_running"));
    drop(turn);
    make(&client, PATH).await;
}

#[actix_web::test]
async fn no_name_leads_out_of_the_folder() {
    let (folder, options) = options();
    let client = start_with(options).await;
    let name = make(&client, PLAIN).await["name"].as_str().unwrap().to_owned();
    std::fs::write(folder.path().join("secret"), "outside").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        folder.path().join("secret"),
        folder.path().join("made/later/snapshot-20000101T000000000Z.faces"),
    )
    .unwrap();
    for path in [
        "..%2Fsecret",
        "..%2F..%2Fsecret",
        "%2e%2e%2fsecret",
        "..%5Csecret",
        "secret",
        &format!("..%2Flater%2F{name}"),
        &format!("{name}%00"),
        &name.to_uppercase(),
        "snapshot-20000101T000000000Z.faces",
        "snapshot-20991231T235959999Z.faces",
    ] {
        for method in ["GET", "DELETE"] {
            let answer = client.request(method, &format!("{PATH}/{path}")).send().await;
            assert_eq!(answer.codes(), (404, "no_such_snapshot"), "{method} {path}");
        }
    }
    assert_eq!(names(&client).await, [name]);
    assert!(folder.path().join("secret").exists());
}

#[actix_web::test]
async fn snapshots_are_for_admins_of_every_event_and_where_there_is_a_folder() {
    let (folder, mut options) = options();
    let admin = options.key("office", Role::Admin, &[]);
    let others = [
        (options.key("hall", Role::Admin, &["summit"]), "event_not_allowed"),
        (options.key("desk", Role::Enrol, &[]), "role_too_low"),
        (options.key("door", Role::Verify, &[]), "role_too_low"),
    ];
    let nobody = start_with(options).await;
    let name = make(&nobody.with_key(&admin), PLAIN).await["name"].as_str().unwrap().to_owned();
    let one = format!("{PATH}/{name}");
    for (method, path) in [("POST", PLAIN), ("GET", PATH), ("GET", &one), ("DELETE", &one)] {
        assert_eq!(nobody.request(method, path).send().await.codes(), (401, "key_missing"), "{method}");
        for (key, code) in &others {
            let answer = nobody.with_key(key).request(method, path).send().await;
            assert_eq!(answer.codes(), (403, *code), "{method} {path}");
        }
    }
    assert_eq!(names(&nobody.with_key(&admin)).await, [name]);

    let client = start().await;
    assert_eq!(client.request("POST", PLAIN).send().await.codes(), (403, "snapshots_off"));
    std::fs::write(folder.path().join("file"), "").unwrap();
    let snapshots = Some(Snapshots::new(folder.path().join("file"), NonZeroUsize::MIN));
    let client = start_with(Options { snapshots, ..Options::default() }).await;
    let refused = client.request("POST", PLAIN).send().await;
    assert_eq!(refused.codes(), (503, "snapshots_unavailable"));
    assert!(!refused.text.contains("file"), "{refused:?}");
}
