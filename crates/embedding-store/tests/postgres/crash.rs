//! The server killed amid the appends of many writers: what was acknowledged is there.

use std::collections::BTreeSet;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use embedding_store::{EmbeddingStore, EmbeddingStoreExt, PostgresStore};
use postgres_server::{Database, Installation, PostgresServer};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::specimens::{Outcome, eventually, open, sample_of};

/// How many rounds; `cargo xtask soak` runs more.
const ROUNDS: &str = "POSTGRES_CRASH_ROUNDS";
const WRITERS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_append_survives_kill_9_of_the_server() -> Outcome {
    let rounds = env::var(ROUNDS).ok().map_or(Ok(5), |text| text.parse::<usize>())?;
    let mut server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let store = Arc::new(open(&database.url()).await?);
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        // From few to many, by a fixed rule: 20 to 419.
        let until = 20 + round * 7919 % 400;
        let (count, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, count, is_over) = (Arc::clone(&store), Arc::clone(&count), Arc::clone(&is_over));
            writers.spawn(async move { append_until(&store, writer, &count, &is_over).await });
        }
        while count.load(Ordering::SeqCst) < until {
            if writers.is_empty() {
                return Err("all writers have ended".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill()?;
        is_over.store(true, Ordering::SeqCst);
        while let Some(writer) = writers.join_next().await {
            acknowledged.extend(writer??);
        }
        server.start_again()?;
        let found = samples_in(&store).await?;
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} are lost", lost.len(), acknowledged.len());
    }
    Ok(())
}

/// The ids of what was acknowledged, until the server is gone.
async fn append_until(
    store: &PostgresStore,
    writer: usize,
    count: &AtomicUsize,
    is_over: &AtomicBool,
) -> Outcome<Vec<Uuid>> {
    let mut acknowledged = Vec::new();
    for number in 0_u16.. {
        let value = f32::from(number) + 1.0;
        let user = format!("user {writer} {}", number / 4);
        let sample = sample_of(&format!("event {}", writer % 3), &user, [value; 128])?;
        match store.append_sample(sample.clone()).await {
            Ok(_) => {
                acknowledged.push(sample.id());
                count.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) if error.is_retryable() => {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(acknowledged)
}

/// The ids of all samples, each of which is checked to be whole.
async fn samples_in(store: &PostgresStore) -> Outcome<BTreeSet<Uuid>> {
    let mut ids = BTreeSet::new();
    for event in eventually(|| store.all_events()).await? {
        for user in store.load_event(&event.name).await?.users {
            assert!(!user.samples.is_empty(), "a user is there without a sample");
            ids.extend(user.samples.iter().map(|sample| sample.id()));
        }
    }
    Ok(ids)
}
