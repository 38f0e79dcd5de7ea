//! What this project's predecessor did, and how much of it survives: one document for everybody, read
//! through the delivery network, changed, and uploaded whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloudinary_standin::{Delivery, Labels, Options, StandIn};
use serde_json::{Value, json};

use crate::client::{Client, now};

const WRITERS: usize = 8;
const USERS: usize = 40;

/// As a call over a network takes.
const DELAY: Duration = Duration::from_millis(5);

/// The value of `?cb=` in a read.
type CacheBuster = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Adds the writer's users one by one, reading and writing the whole document for each.
async fn write(client: Client, writer: usize, cache_buster: CacheBuster) {
    for user in 0..USERS {
        let url = format!("/testcloud/raw/upload/face_recognition/embeddings.json?cb={}", cache_buster());
        let mut document: Value = client.get(&url, &[]).await.json();
        document["party"][format!("w{writer}-u{user}")] = json!([[0.25, -0.5]]);
        let fields = [("overwrite", "1"), ("invalidate", "1")];
        let contents = document.to_string();
        assert_eq!(client.upload("face_recognition/embeddings", &contents, &fields).await.status, 200);
    }
}

/// How many users are in the document when all writers have reported success.
async fn surviving(cache_buster: CacheBuster) -> usize {
    let stand_in = StandIn::start(Options::default()).unwrap();
    stand_in.behave(|behaviour| behaviour.delay = DELAY);
    let id = "face_recognition/embeddings.json";
    stand_in.put(Delivery::Upload, id, r#"{"party":{}}"#, Labels::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Client::of(&stand_in), writer, cache_buster.clone())))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let document = stand_in.asset(Delivery::Upload, id).unwrap().bytes;
    let document: Value = serde_json::from_slice(&document).unwrap();
    document["party"].as_object().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_changing_and_writing_one_document_loses_more_than_half_of_what_was_acknowledged() {
    let all = WRITERS * USERS;
    let serial = AtomicU64::new(0);
    let always_fresh: CacheBuster = Arc::new(move || serial.fetch_add(1, Ordering::Relaxed));
    for (how, cache_buster) in [
        ("?cb= of the second, as it was", Arc::new(now) as CacheBuster),
        ("a fresh ?cb= each time", always_fresh),
    ] {
        let survived = surviving(cache_buster).await;
        println!("the old way, {WRITERS} writers of {USERS} users, {how}: {survived} of {all} survive");
        assert!(survived >= 1, "the last write is there");
        assert!(survived < all / 2, "{how}: {survived} of {all} survive");
    }
}
