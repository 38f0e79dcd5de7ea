//! What hostile forms and long lists cost together, measured on the process: the bound of docs/OPERATIONS.md.

use std::fs;
use std::sync::Arc;

use actix_web::web::Bytes;
use embedding_store::{EmbeddingStore, EventName, InMemory, Username};
use futures_util::future::join_all;
use serde_json::json;

use super::client::Client;
use super::recogniser::OBAMA;
use super::server::{Options, start_with};

/// Forms, and lists, at once.
const AT_ONCE: usize = 8;

/// What they may add to the process, in KiB: far less than the 11 GB and the 600 MB that they took, and far more than
/// the few MiB that they take.
const MOST: u64 = 300 << 10;

/// A value of `/proc/self/status`, in KiB.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}

/// As many empty pictures as 20 MB have room for.
fn hostile() -> Vec<u8> {
    let part = b"--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n\r\n";
    [part.repeat(20_000_000 / part.len()).as_slice(), b"--x--\r\n"].concat()
}

#[actix_web::test]
async fn eight_hostile_forms_and_eight_lists_of_long_records_take_little_memory_together() {
    let store = Arc::new(InMemory::new());
    let client = start_with(Options { store: store.clone(), ..Options::default() }).await;
    let event = EventName::new("summit").unwrap();
    for number in 0..100 {
        let name = format!("user-{number}");
        let path = format!("/v1/events/summit/users/{name}/faces");
        let enrolled = client.pictures(&path, &[OBAMA], &[("on_duplicate", "allow")]).await;
        assert_eq!(enrolled.code(), 201, "{enrolled:?}");
        let mut record = store.user(&event, &Username::new(&name).unwrap()).await.unwrap().unwrap();
        record.metadata.insert("text".to_owned(), json!("x".repeat(1_000_000)));
        store.update_user(record).await.unwrap();
    }
    let body = Bytes::from(hostile());
    let before = status("VmRSS");
    let form = async |client: &Client| {
        let request = client.request("POST", "/v1/events/summit/users/many/faces");
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        request.body(body.clone()).send().await
    };
    let list = async |client: &Client| client.get("/v1/events/summit/users?limit=1000").await;
    let forms = join_all((0..AT_ONCE).map(|_| form(&client)));
    let lists = join_all((0..AT_ONCE).map(|_| list(&client)));
    let (forms, lists) = futures_util::future::join(forms, lists).await;
    for refused in &forms {
        assert_eq!(refused.codes(), (400, "invalid_field"), "{refused:?}");
    }
    for listed in &lists {
        assert_eq!(listed.json["users"].as_array().unwrap().len(), 1);
        assert!(listed.json["next_cursor"].is_string());
    }
    let grown = status("VmHWM").saturating_sub(before);
    assert!(grown < MOST, "{grown} KiB");
}
