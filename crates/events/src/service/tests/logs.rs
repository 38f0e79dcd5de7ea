//! What the log says of a search.

use std::sync::Arc;

use embedding_store::InMemory;

use super::{embedding, event, face, open, user};
use crate::test_log::TestLog;

#[test]
fn a_search_is_one_line_with_what_was_compared_found_and_decided() {
    let log = TestLog::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let service = open(Arc::new(InMemory::new())).await;
            service.enrol(&event("fair"), &user("ada"), face(1, 1)).await.unwrap();
            service.enrol(&event("fair"), &user("ben"), face(2, 1)).await.unwrap();
            service.identify(&event("fair"), &embedding(1, 1)).await.unwrap();
            service.identify(&event("fair"), &embedding(3, 1)).await.unwrap();
        });
    });
    let log = log.text();
    let searches: Vec<_> = log.lines().filter(|line| line.contains("face identified")).collect();
    let [found, refused] = searches[..] else { panic!("{log}") };
    let said = "event=fair users_compared=2 exact=true best_match=ada distance=0.0000 confidence=100.00% threshold=0.4000 result=\"match\"";
    assert!(found.contains(said), "{found}");
    assert!(refused.contains("users_compared=2") && refused.contains("result=\"no_match\""), "{refused}");
}
