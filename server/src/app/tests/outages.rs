//! The store's file is gone from under a running server, and comes back.

use std::fs;
use std::sync::Arc;

use embedding_store::RedbStore;

use super::recogniser::{BIDEN, OBAMA};
use super::server::{Options, start_with};

#[actix_web::test]
async fn a_server_without_its_file_is_not_ready_says_why_and_writes_nothing_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, elsewhere) = (folder.path().join("faces.redb"), folder.path().join("elsewhere"));
    let store = Arc::new(RedbStore::open(&path).await.unwrap());
    let client = start_with(Options { store, ..Options::default() }).await;
    client.add_user("summit", "obama", OBAMA).await;
    assert_eq!(client.get("/health/ready").await.code(), 200);

    fs::rename(&path, &elsewhere).unwrap();
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.codes(), (503, "store_unavailable"), "{ready:?}");
    assert!(ready.text_of("detail").contains("its file is gone"), "{ready:?}");
    assert!(!ready.text.contains("faces.redb"), "{ready:?}");
    assert_eq!(client.add_user("summit", "biden", BIDEN).await.code(), 503);
    assert_eq!(client.verify("summit", OBAMA).await.json["username"], "obama");

    fs::rename(&elsewhere, &path).unwrap();
    assert_eq!(client.get("/health/ready").await.code(), 200);
    assert_eq!(client.add_user("summit", "biden", BIDEN).await.code(), 200);
    assert_eq!(client.verify("summit", BIDEN).await.json["username"], "biden");
}
