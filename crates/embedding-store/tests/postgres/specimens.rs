//! Stores, names and samples to test with.

use std::error::Error;
use std::future::Future;
use std::time::{Duration, Instant};

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{EventName, FaceSample, PostgresStore, StoreError, Username};
use time::OffsetDateTime;
use tokio_postgres::{Client, NoTls};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long a condition may take to come true on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) async fn open(url: &str) -> Result<PostgresStore, StoreError> {
    let config = url.parse().map_err(|e| StoreError::misconfigured(format!("{e}")))?;
    PostgresStore::open(&config).await
}

pub(crate) async fn refusal(url: &str) -> Outcome<StoreError> {
    match open(url).await {
        Ok(_) => Err("the store was opened".into()),
        Err(error) => Ok(error),
    }
}

/// A connection past the store.
pub(crate) async fn client(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET search_path = face_store").await?;
    Ok(client)
}

pub(crate) fn event(name: &str) -> Outcome<EventName> {
    Ok(EventName::new(name)?)
}

pub(crate) fn user(name: &str) -> Outcome<Username> {
    Ok(Username::new(name)?)
}

pub(crate) fn model() -> Outcome<ModelId> {
    Ok(ModelId::new("test")?)
}

pub(crate) fn sample(event_name: &str, username: &str) -> Outcome<FaceSample> {
    sample_of(event_name, username, [0.5; DIMENSIONS])
}

pub(crate) fn sample_of(event_name: &str, username: &str, values: [f32; DIMENSIONS]) -> Outcome<FaceSample> {
    let embedding = Embedding::new(model()?, values)?;
    let now = OffsetDateTime::UNIX_EPOCH;
    Ok(FaceSample::new(event(event_name)?, user(username)?, embedding, 0.9, "test", now)?)
}

/// Tries until it succeeds.
pub(crate) async fn eventually<T, F: Future<Output = Result<T, StoreError>>>(
    mut attempt: impl FnMut() -> F,
) -> Outcome<T> {
    let start = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if !error.is_retryable() || start.elapsed() > DEADLINE => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
