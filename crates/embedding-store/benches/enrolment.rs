//! Acknowledged appends a second on the `redb:` store, with 1, 8 and 64 writers; and with a commit for each,
//! which is what waiting for one append before the next comes to.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{EmbeddingStore, EventName, FaceSample, RedbStore, Username};
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Appends of each writer in one iteration.
const EACH: u32 = 20;

#[expect(clippy::expect_used, reason = "criterion takes no error: a bench that cannot run stops here")]
fn enrolment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("redb_append");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for writers in [1_u32, 8, 64] {
        group.throughput(Throughput::Elements(u64::from(writers * EACH)));
        for (name, at_once) in [("writers", Semaphore::MAX_PERMITS), ("writers_one_at_a_time", 1)] {
            group.bench_function(BenchmarkId::new(name, writers), |bencher| {
                bencher.iter_custom(|iterations| {
                    time(writers, at_once, iterations).expect("the store takes appends")
                });
            });
        }
    }
    group.finish();
}

/// A new file for each measurement, on the disk that the build is on: in memory a sync costs nothing.
fn time(writers: u32, at_once: usize, iterations: u64) -> Outcome<Duration> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    Runtime::new()?.block_on(async {
        let store = Arc::new(RedbStore::open(folder.path().join("faces.redb")).await?);
        let turns = Arc::new(Semaphore::new(at_once));
        let start = Instant::now();
        for iteration in 0..iterations {
            let mut tasks = JoinSet::new();
            for writer in 0..writers {
                tasks.spawn(append(
                    Arc::clone(&store),
                    Arc::clone(&turns),
                    format!("user {iteration} {writer}"),
                ));
            }
            while let Some(task) = tasks.join_next().await {
                black_box(task??);
            }
        }
        Ok(start.elapsed())
    })
}

async fn append(store: Arc<RedbStore>, turns: Arc<Semaphore>, user: String) -> Outcome<usize> {
    let (event, user) = (EventName::new("conference")?, Username::new(&user)?);
    let mut count = 0;
    for _ in 0..EACH {
        let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
        let now = OffsetDateTime::UNIX_EPOCH;
        let sample = FaceSample::new(event.clone(), user.clone(), embedding, 0.9, "bench", now)?;
        let _turn = turns.acquire().await?;
        count = store.append_sample(sample).await?;
    }
    Ok(count)
}

criterion_group!(benches, enrolment);
criterion_main!(benches);
