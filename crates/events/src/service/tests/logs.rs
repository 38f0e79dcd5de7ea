//! What the log says of a search.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use embedding_store::InMemory;
use tracing_subscriber::fmt::MakeWriter;

use super::{embedding, event, face, open, user};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn a_search_is_one_line_with_what_was_compared_found_and_decided() {
    let log = Log::default();
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
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let searches: Vec<_> = log.lines().filter(|line| line.contains("face identified")).collect();
    let [found, refused] = searches[..] else { panic!("{log}") };
    let said = "event=fair users_compared=2 exact=true best_match=ada distance=0.0000 confidence=100.00% threshold=0.4000 result=\"match\"";
    assert!(found.contains(said), "{found}");
    assert!(refused.contains("users_compared=2") && refused.contains("result=\"no_match\""), "{refused}");
}
