//! The database store: acknowledged appends a second with 1, 8 and 64 writers, the load of an event, and the
//! search for the nearest template, with pgvector and without.
//!
//! Needs a server: `TEST_POSTGRES_URL` and `TEST_POSTGRES_BIN`, as for the tests. `POSTGRES_BENCH_USERS` is how
//! many users are loaded and searched, 100,000 unless said.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use embedding::{DIMENSIONS, DistanceScale, Embedding, ModelId, Template};
use embedding_store::{EmbeddingStore, EventName, FaceSample, PostgresStore, UserRecord, Username};
use postgres_server::Database;
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Appends of each writer in one iteration.
const EACH: u32 = 20;

#[expect(clippy::expect_used, reason = "criterion takes no error: a bench that cannot run stops here")]
fn appends(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let database = Database::new().expect("a database");
    let mut group = criterion.benchmark_group("postgres_append");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for writers in [1_u32, 8, 64] {
        group.throughput(Throughput::Elements(u64::from(writers * EACH)));
        group.bench_function(BenchmarkId::new("writers", writers), |bencher| {
            bencher.iter_custom(|iterations| {
                runtime.block_on(time(&database, writers, iterations)).expect("the store takes appends")
            });
        });
    }
    group.finish();
}

async fn open(url: &str) -> Outcome<PostgresStore> {
    Ok(PostgresStore::open(&url.parse()?).await?)
}

async fn time(database: &Database, writers: u32, iterations: u64) -> Outcome<Duration> {
    let store = Arc::new(open(&database.url()).await?);
    // A new event for each measurement: an event that is there counts as it stands.
    let event = EventName::new(&format!("event {}", uuid::Uuid::now_v7()))?;
    let start = Instant::now();
    for iteration in 0..iterations {
        let mut tasks = JoinSet::new();
        for writer in 0..writers {
            let user = Username::new(&format!("user {iteration} {writer}"))?;
            tasks.spawn(append(Arc::clone(&store), event.clone(), user));
        }
        while let Some(task) = tasks.join_next().await {
            black_box(task??);
        }
    }
    Ok(start.elapsed())
}

async fn append(store: Arc<PostgresStore>, event: EventName, user: Username) -> Outcome<usize> {
    let mut count = 0;
    for number in 0..EACH {
        // A person has a few pictures.
        let user = Username::new(&format!("{user} {}", number / 2))?;
        count = store.append_sample(sample(&event, &user, [0.5; DIMENSIONS])?).await?;
    }
    Ok(count)
}

fn sample(event: &EventName, user: &Username, values: [f32; DIMENSIONS]) -> Outcome<FaceSample> {
    let embedding = Embedding::new(ModelId::new("test")?, values)?;
    let (event, user, now) = (event.clone(), user.clone(), OffsetDateTime::UNIX_EPOCH);
    Ok(FaceSample::new(event, user, embedding, 0.9, "bench", now)?)
}

#[expect(clippy::expect_used, reason = "criterion takes no error: a bench that cannot run stops here")]
fn large_event(criterion: &mut Criterion) {
    let users = env::var("POSTGRES_BENCH_USERS").map_or(100_000, |text| text.parse().expect("a number"));
    let runtime = Runtime::new().expect("a runtime");
    let database = Database::new().expect("a database");
    let (store, event, probe) = runtime.block_on(fill(&database, users)).expect("the event is filled");
    let mut group = criterion.benchmark_group("postgres_large_event");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(users));
    group.bench_function(BenchmarkId::new("load", users), |bencher| {
        bencher.iter(|| black_box(runtime.block_on(store.load_event(&event)).expect("the event loads")));
    });
    let nearest = |store: &PostgresStore| {
        let search = store.search().expect("the store has a search");
        let found = runtime.block_on(search.nearest(&event, &probe, NonZeroUsize::MIN)).expect("it finds");
        assert_eq!(found.user_count, users);
        black_box(found);
    };
    group.bench_function(BenchmarkId::new("nearest_with_pgvector", users), |bencher| {
        bencher.iter(|| nearest(&store));
    });
    let without = runtime.block_on(without_extension(&database)).expect("the extension goes");
    group.bench_function(BenchmarkId::new("nearest_without", users), |bencher| {
        bencher.iter(|| nearest(&without));
    });
    group.finish();
}

/// An event of so many users with a sample each, put in past the store, and a probe.
async fn fill(database: &Database, users: u64) -> Outcome<(PostgresStore, EventName, Template)> {
    let store = open(&database.url()).await?;
    let event = EventName::new("conference")?;
    let values = |number: u64| -> [f32; DIMENSIONS] {
        let mut values = [0.0; DIMENSIONS];
        for (index, value) in (0_u16..).zip(&mut values) {
            *value = ((number as f32) * 0.618 + f32::from(index) * (1.0 + (number % 97) as f32)).sin();
        }
        values
    };
    let first = sample(&event, &Username::new("first")?, values(0))?;
    store.append_sample(first.clone()).await?;
    store.delete_user(first.event(), first.user()).await?;
    let client = client(database).await?;
    let (put_user, put_sample) = (
        client.prepare("INSERT INTO users VALUES ($1, $2, $3, $4)").await?,
        client.prepare("INSERT INTO samples VALUES ($1, $2, $3, $4)").await?,
    );
    client.batch_execute("BEGIN").await?;
    for number in 0..users {
        let user = Username::new(&format!("user {number}"))?;
        let sample = sample(&event, &user, values(number))?;
        let record = UserRecord::new(event.clone(), user.clone(), sample.created()).to_bytes()?;
        let template =
            Template::from_embeddings(DistanceScale::UNIT, [sample.embedding()])?.values().to_vec();
        let (event, user) = (event.as_str(), user.as_str());
        client.execute(&put_user, &[&event, &user, &record, &template]).await?;
        client.execute(&put_sample, &[&event, &user, &sample.id(), &sample.to_bytes()?]).await?;
    }
    client.batch_execute("COMMIT").await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    let probe = Embedding::new(ModelId::new("test")?, values(7))?;
    Ok((store, event, Template::from_embeddings(DistanceScale::UNIT, [&probe])?))
}

/// A store of a user who cannot install the extension, once it is gone.
async fn without_extension(database: &Database) -> Outcome<PostgresStore> {
    let role = database.name();
    let make = "DROP EXTENSION vector; CREATE ROLE {role} LOGIN PASSWORD 'x'; \
                GRANT USAGE ON SCHEMA face_store TO {role}; \
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA face_store TO {role}";
    client(database).await?.batch_execute(&make.replace("{role}", role)).await?;
    let url = database.url();
    let (_, rest) = url.split_once('@').ok_or("the URL has no user")?;
    open(&format!("postgres://{role}:x@{rest}")).await
}

async fn client(database: &Database) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET search_path = face_store").await?;
    Ok(client)
}

criterion_group!(benches, appends, large_event);
criterion_main!(benches);
