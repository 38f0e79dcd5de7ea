//! A database that is not as it should be: each state said by name, and over when it is mended.

use std::sync::Arc;

use embedding_store::{Appended, EmbeddingStore, JournalEntry, Outage, StoreError, Topic};
use futures_util::FutureExt;
use postgres_server::{Database, Installation, PostgresServer};
use time::{Duration, OffsetDateTime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use super::specimens::{Outcome, eventually, open, refusal, sample};

/// A superuser's connection to another database of the same server, which does not keep the one from being renamed.
async fn beside(database: &Database) -> Outcome<Client> {
    let url = database.url();
    let (server, _) = url.rsplit_once('/').ok_or("no database")?;
    let (client, connection) = tokio_postgres::connect(&format!("{server}/postgres"), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn end_sessions(client: &Client, database: &Database) -> Outcome {
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1";
    client.query(end, &[&database.name()]).await?;
    Ok(())
}

fn outage<T>(outcome: Result<T, StoreError>) -> Option<Outage> {
    outcome.err().and_then(|error| error.outage())
}

/// What is relied on is set by each connection, so that no default of a database makes a difference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_usual_in_a_database_does_not_matter() -> Outcome {
    let database = Database::new()?;
    let client = beside(&database).await?;
    for setting in [
        "default_transaction_isolation = 'repeatable read'",
        "default_transaction_deferrable = on",
        "search_path = 'elsewhere'",
        "statement_timeout = 1",
        "lock_timeout = 1",
        "idle_in_transaction_session_timeout = 1",
        "client_encoding = 'LATIN1'",
        "standard_conforming_strings = off",
        "transform_null_equals = on",
        "row_security = on",
        "TimeZone = 'Asia/Kathmandu'",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "client_min_messages = debug1",
        "synchronous_commit = off",
    ] {
        client.batch_execute(&format!("ALTER DATABASE {} SET {setting}", database.name())).await?;
    }
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(Arc::new(open(&database.url()).await?));
    }
    let (topic, now) = (Topic::new("check-ins/conference")?, OffsetDateTime::now_utc());
    for round in 0..30 {
        let barrier = Arc::new(Barrier::new(stores.len()));
        let mut running = JoinSet::new();
        for store in stores.iter().map(Arc::clone) {
            let mut entry = JournalEntry::new(topic.clone(), "checked_in", now);
            entry.subject = Some(format!("user {round}"));
            let barrier = Arc::clone(&barrier);
            running.spawn(async move {
                barrier.wait().await;
                let journal = store.journal().ok_or_else(|| StoreError::unavailable(false, "no journal"))?;
                journal.append(entry, Some(now - Duration::HOUR)).await
            });
        }
        let mut new = 0;
        while let Some(appended) = running.join_next().await {
            new += usize::from(appended?? == Appended::New);
        }
        assert_eq!(new, 1, "round {round}");
    }
    for (store, count) in stores.iter().zip(1..) {
        assert_eq!(store.append_sample(sample("conférence 山", "ada")?).await?, count);
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_said_so_and_takes_them_again() -> Outcome {
    let database = Database::new()?;
    let client = beside(&database).await?;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    store.check().await?;
    let set =
        |to: &str| format!("ALTER DATABASE {} SET default_transaction_read_only = {to}", database.name());
    client.batch_execute(&set("on")).await?;
    end_sessions(&client, &database).await?;
    assert_eq!(outage(store.check().await), Some(Outage::ReadOnly));
    assert_eq!(outage(store.append_sample(sample("conference", "bob")?).await), Some(Outage::ReadOnly));
    assert_eq!(store.samples(ada.event(), ada.user()).await?.len(), 1, "it can be read all the same");
    assert_eq!(outage(store.check().await), Some(Outage::ReadOnly));

    client.batch_execute(&set("off")).await?;
    // By itself, no session being ended by anybody else.
    store.check().await?;
    assert_eq!(store.append_sample(sample("conference", "bob")?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() -> Outcome {
    let database = Database::new()?;
    let client = beside(&database).await?;
    let latin = format!("{}_latin", database.name());
    let make =
        format!("CREATE DATABASE {latin} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    client.batch_execute(&make).await?;
    let refused = refusal(&database.url().replace(database.name(), &latin)).await;
    client.batch_execute(&format!("DROP DATABASE {latin} WITH (FORCE)")).await?;
    let refused = refused?;
    assert_eq!(refused.outage(), Some(Outage::OtherEncoding), "{refused}");
    assert!(refused.to_string().contains("LATIN1"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_renamed_is_missed_until_it_has_its_name_again() -> Outcome {
    let database = Database::new()?;
    let client = beside(&database).await?;
    let store = open(&database.url()).await?;
    let (name, other) = (database.name().to_owned(), format!("{}_other", database.name()));
    end_sessions(&client, &database).await?;
    client.batch_execute(&format!("ALTER DATABASE {name} RENAME TO {other}")).await?;
    assert_eq!(outage(store.check().await), Some(Outage::NoSuchDatabase));
    assert_eq!(outage(store.append_sample(sample("conference", "ada")?).await), Some(Outage::NoSuchDatabase));
    client.batch_execute(&format!("ALTER DATABASE {other} RENAME TO {name}")).await?;
    store.check().await?;
    assert_eq!(store.append_sample(sample("conference", "ada")?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_password_that_was_changed_is_said_so_until_it_is_right_again() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let client = beside(&database).await?;
    let role = database.name().to_owned();
    client.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'old'")).await?;
    let url = database.url();
    let (_, rest) = url.split_once('@').ok_or("no user")?;
    let store = open(&format!("postgres://{role}:old@{rest}")).await?;
    client.batch_execute(&format!("ALTER ROLE {role} PASSWORD 'new'")).await?;
    end_sessions(&client, &database).await?;
    assert_eq!(outage(store.check().await), Some(Outage::LoginRefused));
    assert_eq!(outage(store.append_sample(sample("conference", "ada")?).await), Some(Outage::LoginRefused));
    client.batch_execute(&format!("ALTER ROLE {role} PASSWORD 'old'")).await?;
    store.check().await?;
    assert_eq!(store.append_sample(sample("conference", "ada")?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn after_one_call_without_an_answer_the_others_fail_at_once_until_there_is_one() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let url = format!("{}?statement_timeout=1&connect_timeout=1&pool_size=2", database.url());
    let store = open(&url).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    let frozen = server.freeze()?;
    assert_eq!(outage(store.event(ada.event()).await), Some(Outage::Silent));
    for _ in 0..100 {
        let at_once =
            store.append_sample(ada.clone()).now_or_never().ok_or("a call waited for the database")?;
        assert_eq!(outage(at_once), Some(Outage::Silent));
        let at_once = store.check().now_or_never().ok_or("a check waited for the database")?;
        assert_eq!(outage(at_once), Some(Outage::Silent));
    }
    drop(frozen);
    assert_eq!(eventually(|| store.append_sample(ada.clone())).await?, 1);
    eventually(|| store.check()).await
}

#[tokio::test]
async fn the_clock_of_the_store_is_that_of_the_database() -> Outcome {
    let database = Database::new()?;
    let (store, client) = (open(&database.url()).await?, beside(&database).await?);
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000";
    let (before, clock, after) =
        (client.query_one(now, &[]).await?, store.clock().await?, client.query_one(now, &[]).await?);
    let nanos = i64::try_from(clock.ok_or("it has none")?.unix_timestamp_nanos())?;
    assert!((before.get::<_, i64>(0)..=after.get(0)).contains(&nanos), "{before:?} {nanos} {after:?}");
    Ok(())
}
