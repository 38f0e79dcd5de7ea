//! Two stores on one database: what one does the other sees, and nothing is lost between them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use embedding_store::{Change, ChangeFeed, EmbeddingStore, EventRecord, StoreError};
use futures_util::{FutureExt, StreamExt};
use postgres_server::{Database, Installation, PostgresServer};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::specimens::{Outcome, client, event, eventually, model, open, sample, user};

const DEADLINE: Duration = Duration::from_secs(30);

async fn feed(store: &impl EmbeddingStore) -> Outcome<ChangeFeed> {
    Ok(store.changes().await?.ok_or("the store has no feed")?)
}

async fn next(feed: &mut ChangeFeed) -> Outcome<Change> {
    Ok(timeout(DEADLINE, feed.next()).await?.ok_or("the feed has ended")?)
}

#[tokio::test]
async fn every_kind_of_change_is_in_the_other_ones_feed_and_not_in_its_own() -> Outcome {
    let database = Database::new()?;
    let (one, other) = (open(&database.url()).await?, open(&database.url()).await?);
    let (mut own, mut theirs) = (feed(&one).await?, feed(&other).await?);
    let ada = sample("confer\"ence", "ada, \\ \u{10FFFD}")?;
    let (name, ada_name) = (ada.event().clone(), ada.user().clone());
    let (on_event, on_user) = (Change::Event(name.clone()), Change::User(name.clone(), ada_name.clone()));

    one.append_sample(ada.clone()).await?;
    assert_eq!(next(&mut theirs).await?, on_event);
    assert_eq!(next(&mut theirs).await?, on_user);
    let again = sample(name.as_str(), ada_name.as_str())?;
    one.append_sample(again.clone()).await?;
    assert_eq!(next(&mut theirs).await?, on_user);
    one.delete_sample(&name, &ada_name, again.id()).await?;
    assert_eq!(next(&mut theirs).await?, on_user);
    one.update_user(one.user(&name, &ada_name).await?.ok_or("no user")?).await?;
    assert_eq!(next(&mut theirs).await?, on_user);
    one.update_event(one.event(&name).await?.ok_or("no event")?).await?;
    assert_eq!(next(&mut theirs).await?, on_event);
    one.delete_user(&name, &ada_name).await?;
    assert_eq!(next(&mut theirs).await?, on_user);
    one.delete_event(&name).await?;
    assert_eq!(next(&mut theirs).await?, on_event);
    one.create_event(EventRecord::new(name.clone(), model()?, OffsetDateTime::UNIX_EPOCH)).await?;
    assert_eq!(next(&mut theirs).await?, on_event);

    // What is refused or changes nothing is no change: the next one is that of the next write.
    one.append_sample(ada.clone()).await?;
    assert_eq!(next(&mut theirs).await?, on_user);
    one.append_sample(ada).await?;
    one.create_event(EventRecord::new(name.clone(), model()?, OffsetDateTime::UNIX_EPOCH)).await.unwrap_err();
    one.delete_user(&name, &user("nobody")?).await.unwrap_err();
    one.append_sample(sample("last", "bob")?).await?;
    assert_eq!(next(&mut theirs).await?, Change::Event(event("last")?));
    assert_eq!(next(&mut theirs).await?, Change::User(event("last")?, user("bob")?));

    // The first one's own feed has seen nothing of all that, and sees the other's.
    other.append_sample(sample("theirs", "eve")?).await?;
    assert_eq!(next(&mut own).await?, Change::Event(event("theirs")?));
    assert_eq!(next(&mut own).await?, Change::User(event("theirs")?, user("eve")?));
    assert!(own.next().now_or_never().is_none());
    Ok(())
}

#[tokio::test]
async fn stores_on_two_schemas_of_one_database_have_nothing_in_common() -> Outcome {
    let database = Database::new()?;
    let one = open(&format!("{}?schema=one", database.url())).await?;
    let other = open(&format!("{}?schema=other", database.url())).await?;
    let mut theirs = feed(&other).await?;
    one.append_sample(sample("conference", "ada")?).await?;
    assert_eq!(other.event(&event("conference")?).await?, None);
    let third = open(&format!("{}?schema=other", database.url())).await?;
    third.append_sample(sample("own", "bob")?).await?;
    assert_eq!(next(&mut theirs).await?, Change::Event(event("own")?));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_two_stores_to_one_user_lose_nothing() -> Outcome {
    let database = Database::new()?;
    let stores = [Arc::new(open(&database.url()).await?), Arc::new(open(&database.url()).await?)];
    let mut writers = JoinSet::new();
    for number in 0..8 {
        let store = Arc::clone(stores.get(number % 2).ok_or("no store")?);
        writers.spawn(async move {
            let mut appended = Vec::new();
            for _ in 0..10 {
                let sample = sample("conference", "shared")?;
                appended.push((sample.id(), store.append_sample(sample).await?));
            }
            Outcome::Ok(appended)
        });
    }
    let (mut ids, mut counts) = (BTreeSet::new(), BTreeSet::new());
    while let Some(writer) = writers.join_next().await {
        for (id, count) in writer?? {
            ids.insert(id);
            counts.insert(count);
        }
    }
    assert!(counts.into_iter().eq(1..=80));
    for store in &stores {
        let found = store.samples(&event("conference")?, &user("shared")?).await?;
        assert!(found.iter().map(|sample| sample.id()).eq(ids.iter().copied()));
    }
    Ok(())
}

/// A deletion does not wait for ever while others come and go, and no sample outlives its event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_always_in_use_can_be_deleted() -> Outcome {
    let database = Database::new()?;
    let writer = Arc::new(open(&database.url()).await?);
    let other = open(&database.url()).await?;
    let mut writers = JoinSet::new();
    writer.append_sample(sample("conference", "first")?).await?;
    for number in 0..6 {
        let writer = Arc::clone(&writer);
        writers.spawn(async move {
            for round in 0..60 {
                writer.append_sample(sample("conference", &format!("user {number} {round}"))?).await?;
            }
            Outcome::Ok(())
        });
    }
    for _ in 0..10 {
        match other.delete_event(&event("conference")?).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    let client = client(&database.url()).await?;
    let orphans = "SELECT count(*) FROM samples LEFT JOIN users ON users.event = samples.event \
                   AND users.name = samples.username LEFT JOIN events ON events.name = samples.event \
                   WHERE users.name IS NULL OR events.name IS NULL";
    assert_eq!(client.query_one(orphans, &[]).await?.get::<_, i64>(0), 0);
    match other.load_event(&event("conference")?).await {
        Ok(found) => assert!(found.users.iter().all(|user| user.samples.len() == 1)),
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[tokio::test]
async fn a_feed_says_when_it_is_interrupted_and_when_all_is_to_be_read_again() -> Outcome {
    let mut server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let (one, other) = (open(&database.url()).await?, open(&database.url()).await?);
    let mut theirs = feed(&other).await?;
    for crash in [false, true] {
        if crash {
            server.kill()?
        } else {
            server.stop()?
        }
        assert_eq!(next(&mut theirs).await?, Change::Interrupted);
        server.start_again()?;
        assert_eq!(next(&mut theirs).await?, Change::Everything);
        let ada = sample(if crash { "b" } else { "a" }, "ada")?;
        eventually(|| one.append_sample(ada.clone())).await?;
        assert_eq!(next(&mut theirs).await?, Change::Event(ada.event().clone()));
        assert_eq!(next(&mut theirs).await?, Change::User(ada.event().clone(), ada.user().clone()));
    }
    // One that neither answers nor ends the connection is found out too.
    let frozen = server.freeze()?;
    assert_eq!(next(&mut theirs).await?, Change::Interrupted);
    drop(frozen);
    assert_eq!(next(&mut theirs).await?, Change::Everything);
    Ok(())
}
