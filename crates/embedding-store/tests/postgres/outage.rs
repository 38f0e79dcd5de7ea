//! The server away, silent or full: an error at once, no wrong answer, and recovery by itself.

use std::slice;
use std::time::{Duration, Instant};

use embedding_store::{EmbeddingStore, EventRecord, StoreError};
use postgres_server::{Database, Installation, PostgresServer};
use time::OffsetDateTime;

use super::specimens::{Outcome, event, eventually, model, open, refusal, sample};

#[tokio::test]
async fn while_the_server_is_away_every_call_says_so_and_afterwards_all_is_there() -> Outcome {
    let mut server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    server.stop()?;
    let start = Instant::now();
    for _ in 0..3 {
        let new = EventRecord::new(event("new")?, model()?, OffsetDateTime::UNIX_EPOCH);
        let errors = [
            store.append_sample(sample("conference", "bob")?).await.err(),
            store.create_event(new).await.err(),
            store.event(ada.event()).await.err(),
            store.samples(ada.event(), ada.user()).await.err(),
            store.load_event(ada.event()).await.err(),
            store.delete_event(ada.event()).await.err(),
            refusal(&database.url()).await.ok(),
        ];
        for error in errors {
            let error = error.ok_or("a call succeeded without a server")?;
            assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "nothing waits for its time-out: {:?}",
        start.elapsed()
    );
    server.start_again()?;
    assert_eq!(eventually(|| store.samples(ada.event(), ada.user())).await?, slice::from_ref(&ada));
    assert_eq!(store.append_sample(sample("conference", "ada")?).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_restart_between_two_calls_goes_unnoticed() -> Outcome {
    let mut server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    for count in 1..4 {
        assert_eq!(store.append_sample(sample("conference", "ada")?).await?, count);
        server.stop()?;
        server.start_again()?;
        assert_eq!(store.samples(ada.event(), ada.user()).await?.len(), count);
        server.kill()?;
        server.start_again()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let url = format!("{}?statement_timeout=1&connect_timeout=1", database.url());
    let store = open(&url).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    let frozen = server.freeze()?;
    let error = store.event(ada.event()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
    let error = store.append_sample(sample("conference", "bob")?).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
    drop(frozen);
    assert_eq!(eventually(|| store.append_sample(ada.clone())).await?, 1);
    Ok(())
}

#[tokio::test]
async fn too_many_connections_are_no_ones_fault() -> Outcome {
    let settings = ["max_connections=4", "superuser_reserved_connections=0", "reserved_connections=0"];
    let server = PostgresServer::start_with(&Installation::of_tests()?, &settings)?;
    let database = Database::on(&server)?;
    let mut stores = Vec::new();
    let error = loop {
        match open(&database.url()).await {
            Ok(store) => stores.push(store),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
    stores.pop();
    let url = database.url();
    eventually(|| open(&url)).await?;
    Ok(())
}

#[tokio::test]
async fn the_pool_is_waited_for_and_not_without_end() -> Outcome {
    let database = Database::new()?;
    let url = format!("{}?pool_size=1&statement_timeout=1", database.url());
    let store = std::sync::Arc::new(open(&url).await?);
    // Somebody else holds the lock of the event.
    let client = super::specimens::client(&database.url()).await?;
    let lock = "SELECT pg_advisory_lock(hashtextextended('face_store' || 'conference', 1))";
    client.batch_execute(lock).await?;
    let (one, other) = (std::sync::Arc::clone(&store), std::sync::Arc::clone(&store));
    let (first, second) = (sample("conference", "ada")?, sample("elsewhere", "bob")?);
    let (first, second) = tokio::join!(one.append_sample(first), other.append_sample(second));
    let error = first.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    if let Err(error) = second {
        assert!(error.is_retryable() && error.to_string().contains("in use"), "{error:?}");
    }
    client.batch_execute("SELECT pg_advisory_unlock_all()").await?;
    let ada = sample("conference", "ada")?;
    assert_eq!(eventually(|| store.append_sample(ada.clone())).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_takes_no_writes_says_so() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    let client = super::specimens::client(&database.url()).await?;
    client
        .batch_execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()))
        .await?;
    let store = open(&database.url()).await?;
    let error = store.append_sample(sample("conference", "bob")?).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { retryable: false, .. }), "{error:?}");
    assert_eq!(store.samples(ada.event(), ada.user()).await?, [ada]);
    Ok(())
}
