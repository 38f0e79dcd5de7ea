//! Moving faces: out of one store and into another, under a key, and over from the replaced service.

use std::fs;
use std::path::Path;
use std::process::Output;

use e2e::{Server, picture};
use serde_json::json;

/// Runs a command of the program in `folder`, with variables set.
fn run(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = e2e::server_command(folder).unwrap();
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn succeed(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, variables, arguments);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap()
}

fn fail(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, variables, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_store_is_exported_imported_encrypted_and_copied_and_still_recognises() {
    let mut server = Server::start().unwrap();
    let face = picture("obama.jpg").unwrap();
    assert_eq!(server.client().add_user("conference", "obama", &face).await.unwrap().code(), 200);
    assert!(server.terminate().unwrap().success());
    let folder = server.folder().to_owned();

    let key = succeed(&folder, &[], &["key"]);
    let archive_key = [("FACE_ARCHIVE_KEY", key.trim())];
    let exported = succeed(&folder, &archive_key, &["export", "faces.archive"]);
    assert!(exported.contains("1 events, 1 users, 1 face samples"), "{exported}");
    let other = ["--store", "redb:other.redb"];
    let import = [other.as_slice(), &["import", "faces.archive"]].concat();
    assert!(fail(&folder, &[], &import).contains("encrypted"), "without its key");
    let mut damaged = fs::read(folder.join("faces.archive")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(folder.join("damaged.archive"), damaged).unwrap();
    let refused = fail(&folder, &archive_key, &["--store", "memory:", "import", "damaged.archive"]);
    assert!(refused.contains("damaged.archive") && refused.contains("frame"), "{refused}");

    succeed(&folder, &archive_key, &import);
    let rekey = [other.as_slice(), &["rekey"]].concat();
    let encrypted = succeed(&folder, &[("FACE_ENCRYPTION_KEY", key.trim())], &rekey);
    assert!(encrypted.contains("1 face samples were written anew"), "{encrypted}");
    let locked = fail(&folder, &[], &[other.as_slice(), &["compact"]].concat());
    assert!(locked.contains("give that key"), "{locked}");
    let store_key = [("FACE_ENCRYPTION_KEY", key.trim())];
    succeed(&folder, &store_key, &[other.as_slice(), &["compact"]].concat());
    succeed(&folder, &store_key, &[other.as_slice(), &["backup", "copy.redb"]].concat());

    // The server reads the key from .env in its folder.
    fs::write(
        folder.join(".env"),
        format!("FACE_ENCRYPTION_KEY={}\nFACE_STORE=redb:copy.redb\n", key.trim()),
    )
    .unwrap();
    server.restart().unwrap();
    let answer = server.client().verify("conference", &face).await.unwrap();
    assert_eq!(answer.json["username"], json!("obama"), "{answer:?}");
}

#[tokio::test]
async fn a_snapshot_of_a_running_server_is_restored_into_an_empty_store_and_nowhere_else() {
    let (builder, key) = Server::builder().unwrap().key("office", "admin", &[]).unwrap();
    let mut server = builder.start().unwrap();
    let (folder, face) = (server.folder().to_owned(), picture("obama.jpg").unwrap());
    let client = server.client().with_key(&key);
    assert_eq!(client.add_user("conference", "obama", &face).await.unwrap().code(), 200);
    let port = server.url().trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    let live = ["--port", &port, "snapshot", "--to", "copies/live.faces"];
    let refused = fail(&folder, &[], &live);
    assert!(refused.contains("401") && refused.contains("FACE_ADMIN_KEY"), "{refused}");
    let made = succeed(&folder, &[("FACE_ADMIN_KEY", &key)], &live);
    assert!(made.contains("copies/live.faces': 1 events, 1 users, 1 face samples, "), "{made}");
    let taken = fail(&folder, &[("FACE_ADMIN_KEY", &key)], &live);
    assert!(taken.contains("was not copied to"), "an earlier file is not replaced: {taken}");
    let held = fail(&folder, &[], &["restore", "copies/live.faces"]);
    assert!(held.contains("cannot be used"), "{held}");
    assert!(server.terminate().unwrap().success());

    let full = fail(&folder, &[], &["restore", "copies/live.faces"]);
    assert!(full.contains("is not empty"), "{full}");
    let mut damaged = fs::read(folder.join("copies/live.faces")).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(folder.join("damaged.faces"), damaged).unwrap();
    let other = ["--store", "redb:other/faces.redb"];
    let refused = fail(&folder, &[], &[other.as_slice(), &["restore", "damaged.faces"]].concat());
    assert!(refused.contains("damaged") && !folder.join("other").exists(), "{refused}");
    let store_key = succeed(&folder, &[], &["key"]);
    let store_key = [("FACE_ENCRYPTION_KEY", store_key.trim())];
    let restore = [other.as_slice(), &["restore", "copies/live.faces"]].concat();
    let restored = succeed(&folder, &store_key, &restore);
    assert!(restored.contains("1 events, 1 users, 1 face samples, "), "{restored}");
    assert!(fail(&folder, &store_key, &restore).contains("is not empty"));
    succeed(&folder, &store_key, &[restore.as_slice(), &["--merge"]].concat());
    succeed(&folder, &store_key, &[other.as_slice(), &["snapshot"]].concat());
    assert_eq!(fs::read_dir(folder.join("data/snapshots")).unwrap().count(), 3, "two the server made");

    let (_, store_key) = store_key[0];
    let settings = format!("FACE_ENCRYPTION_KEY={store_key}\nFACE_STORE=redb:other/faces.redb\n");
    fs::write(folder.join(".env"), settings).unwrap();
    server.restart().unwrap();
    let client = server.client().with_key(&key);
    let answer = client.verify("conference", &face).await.unwrap();
    assert_eq!(answer.json["username"], json!("obama"), "{answer:?}");
    let audit = client.request("GET", "/v1/audit?action=enrol").send().await.unwrap().text().await.unwrap();
    assert!(audit.contains("\"user\":\"obama\""), "{audit}");
}

#[test]
fn the_replaced_services_document_is_taken_over_and_what_could_not_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = vec![0.1; 128];
    let document = json!({ "conference": { "ada": [good, good], "bob": [[0.5]] }, "": { "eve": [good] } });
    fs::write(folder.path().join("embeddings.json"), document.to_string()).unwrap();
    let taken = succeed(folder.path(), &[], &["import-legacy", "embeddings.json"]);
    assert!(taken.contains("1 events, 2 users") || taken.contains("1 events, 1 users"), "{taken}");
    assert!(taken.contains("NOT taken") && taken.contains("bob"), "{taken}");
    let again = succeed(folder.path(), &[], &["import-legacy", "embeddings.json"]);
    assert!(again.contains("were there already"), "{again}");
}
