//! Key files: what is changed while a server runs, what is told of keys, and what is kept from strangers.

use e2e::{Client, KEY_FILE, Server, add_key, close_up, revoke_key, soon};

/// Whether the server comes to answer with this status.
async fn answers(client: &Client, code: u16) -> bool {
    soon(async || client.get("/v1/events").await.unwrap().code() == code).await
}

#[tokio::test]
async fn a_running_server_takes_new_keys_forgets_revoked_ones_and_bears_a_broken_file() {
    let (builder, office) = Server::builder().unwrap().key("office", "admin", &[]).unwrap();
    let server = builder.flags(["--store", "memory:"]).start().unwrap();
    let office = server.client().with_key(&office);
    let door = server.client().with_key(&add_key(server.folder(), "door", "verify", &[]).unwrap());
    assert!(answers(&door, 200).await);

    let file = server.folder().join(KEY_FILE);
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "this is no key file").unwrap();
    let told = async || server.log().unwrap().contains("the keys stay as they were");
    assert!(soon(told).await);
    assert_eq!(door.get("/v1/events").await.unwrap().code(), 200);

    std::fs::write(&file, good).unwrap();
    revoke_key(server.folder(), "door").unwrap();
    assert!(answers(&door, 401).await);
    assert_eq!(office.get("/v1/events").await.unwrap().code(), 200);
    // Nor can others write it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        let mut start = e2e::server_command(server.folder()).unwrap();
        let ended = start.args(["keys", "list", "--keys", KEY_FILE]).output().unwrap();
        assert!(String::from_utf8_lossy(&ended.stderr).contains("others can write the key file"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    // The last one: nobody gets in any more.
    revoke_key(server.folder(), "office").unwrap();
    assert!(answers(&office, 401).await);
}

#[tokio::test]
async fn the_audit_names_the_key_and_nothing_shows_its_secret() {
    let (builder, desk) = Server::builder().unwrap().key("desk 2", "enrol", &["summit"]).unwrap();
    let (builder, office) = builder.key("office", "admin", &[]).unwrap();
    let mut server = builder.flags(["--log-level", "trace"]).start().unwrap();
    let client = server.client().with_key(&desk);
    let added =
        client.pictures("/v1/events/summit/users/zoe/faces", &[&close_up().unwrap()], &[]).await.unwrap();
    assert_eq!(added.code(), 201, "{}", added.text);
    let wrong = client.with_key(&format!("{desk}x"));
    assert_eq!(wrong.get("/v1/events").await.unwrap().text_of("code"), "key_unknown");
    let elsewhere = client.get("/v1/events/other").await.unwrap();
    assert_eq!(elsewhere.text_of("code"), "event_not_allowed");
    let audit = server.client().with_key(&office).get("/v1/audit?event=summit").await.unwrap();
    assert_eq!(audit.json["entries"][0]["actor"], "desk 2");

    assert!(server.terminate().unwrap().success());
    // A refusal by a key that holds names it in the log.
    let logged = server.log().unwrap();
    let refusal = logged.lines().find(|line| line.contains("event_not_allowed")).unwrap();
    assert!(refusal.contains(r#""actor":"desk 2""#), "{refusal}");
    let secret = desk.splitn(3, '_').nth(2).unwrap();
    assert!(logged.contains("key_unknown") && !logged.contains(secret) && !audit.text.contains(secret));
    let file = std::fs::read_to_string(server.folder().join(KEY_FILE)).unwrap();
    assert!(file.contains("desk 2") && !file.contains(secret));
}

#[tokio::test]
async fn strangers_learn_nothing_of_uploads_and_fill_no_log() {
    let (builder, _) = Server::builder().unwrap().key("door", "verify", &[]).unwrap();
    let mut server = builder.flags(["--store", "memory:", "--max-upload", "1"]).start().unwrap();
    let client = server.client();
    let refused = client.verify("summit", &vec![0; 2 << 20]).await.unwrap();
    assert_eq!(refused.code(), 401, "{}", refused.text);
    let far = format!("/v1/events/{}", "x".repeat(50_000));
    assert_eq!(client.get(&far).await.unwrap().code(), 401);
    server.terminate().unwrap();
    let log = server.log().unwrap();
    let line = log.lines().find(|line| line.contains("/v1/events/xxx")).unwrap();
    assert!(line.len() < 4096, "{} bytes", line.len());
}

#[tokio::test]
async fn beyond_its_machine_it_serves_with_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let exposed = ["--host", "0.0.0.0", "--port", "0", "--store", "memory:"];
    let mut start = e2e::server_command(folder.path()).unwrap();
    let refused = start.args(exposed).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("refusing to serve on 0.0.0.0") && said.contains("face-server keys add"), "{said}");

    let mut start = e2e::server_command(folder.path()).unwrap();
    let refused = start.args(exposed).args(["--keys", KEY_FILE]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("there is no key file"), "{said}");

    add_key(folder.path(), "door", "verify", &[]).unwrap();
    revoke_key(folder.path(), "door").unwrap();
    let mut start = e2e::server_command(folder.path()).unwrap();
    let refused = start.args(exposed).args(["--keys", KEY_FILE]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("has no key"), "{said}");

    let (builder, key) = Server::builder().unwrap().key("door", "verify", &[]).unwrap();
    let mut server = builder.flags(["--host", "0.0.0.0", "--store", "memory:"]).start().unwrap();
    assert_eq!(server.client().get("/v1/events").await.unwrap().code(), 401);
    assert_eq!(server.client().with_key(&key).get("/v1/events").await.unwrap().code(), 200);
    server.terminate().unwrap();
    assert!(server.log().unwrap().contains("keys and pictures cross the network as they are"));
}
