//! Keys of a store that several servers share: wrong ones, new ones, and servers that still have the old.

use std::num::NonZeroUsize;

use embedding_store::{
    EmbeddingStore, EncryptionKey, EventSnapshot, Keyring, Outage, PostgresStore, StoreError,
};
use postgres_server::Database;

use super::plain_scan::template;
use super::specimens::{Outcome, client, event, sample, user};

async fn open(database: &Database, keyring: &Keyring) -> Outcome<PostgresStore> {
    Ok(PostgresStore::open_with(&database.url().parse()?, keyring.clone()).await?)
}

async fn refused(database: &Database, keyring: &Keyring) -> Outcome {
    match PostgresStore::open_with(&database.url().parse()?, keyring.clone()).await {
        Err(StoreError::Misconfigured { .. }) => Ok(()),
        other => Err(format!("a refusal was due, got {other:?}").into()),
    }
}

async fn content(store: &PostgresStore) -> Outcome<EventSnapshot> {
    Ok(store.load_event(&event("conference")?).await?)
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_an_error_at_the_opening_and_nothing_lies_open() -> Outcome {
    let database = Database::new()?;
    let right = Keyring::new(EncryptionKey::generate()?);
    let store = open(&database, &right).await?;
    for _ in 0..2 {
        store.append_sample(sample("conference", "ada")?).await?;
    }
    assert!(store.search().is_none(), "there are no templates to search");
    let client = client(&database.url()).await?;
    let open_ones = "SELECT count(*) FROM users WHERE template IS NOT NULL";
    assert_eq!(client.query_one(open_ones, &[]).await?.get::<_, i64>(0), 0);
    let numbers = [0.5_f32.to_le_bytes(); 4].concat();
    let shown = "SELECT count(*) FROM samples WHERE position($1::bytea IN record) > 0";
    assert_eq!(client.query_one(shown, &[&numbers]).await?.get::<_, i64>(0), 0);

    refused(&database, &Keyring::new(EncryptionKey::generate()?)).await?;
    refused(&database, &Keyring::plain()).await?;
    let other = open(&database, &right).await?;
    assert_eq!(content(&other).await?, content(&store).await?);
    Ok(())
}

#[tokio::test]
async fn a_change_of_keys_is_finished_by_the_next_run_and_stops_servers_with_the_old_ones() -> Outcome {
    let database = Database::new()?;
    let (first, second) = (EncryptionKey::generate()?, EncryptionKey::generate()?);
    let plain = open(&database, &Keyring::plain()).await?;
    let users = ["ada", "bob", "eve"];
    for name in users {
        plain.append_sample(sample("conference", name)?).await?;
    }
    let expected = content(&plain).await?;
    let conference = event("conference")?;
    let steps = [
        (Keyring::new(first.clone()), Keyring::new(first.clone()).with_formerly_plain()),
        (Keyring::new(second.clone()), Keyring::new(second.clone()).with_former(first)),
        (Keyring::plain(), Keyring::plain().with_former(second)),
    ];
    let mut old = plain;
    for (new, changing) in steps {
        refused(&database, &new).await?;
        let interrupted = open(&database, &changing).await?;
        assert_eq!(interrupted.reseal(&conference, &user("ada")?).await?, 1);
        assert_eq!(content(&interrupted).await?, expected);
        // A server that has not been told of the new key adds nothing that it would have to be read with.
        let error = old.append_sample(sample("conference", "late")?).await.unwrap_err();
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        drop(interrupted);
        refused(&database, &new).await?;

        let store = open(&database, &changing).await?;
        for (name, resealed) in users.into_iter().zip([0, 1, 1]) {
            assert_eq!(store.reseal(&conference, &user(name)?).await?, resealed, "{name}");
        }
        let error = store.reseal(&conference, &user("nobody")?).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
        store.finish_resealing().await?;
        old = open(&database, &new).await?;
        assert_eq!(content(&old).await?, expected);
        // Both are of the new key.
        let late = sample("elsewhere", "late")?;
        assert_eq!(store.append_sample(late.clone()).await?, 1);
        old.delete_event(late.event()).await?;
    }
    // Without encryption the templates are there again.
    let probe = sample("conference", "ada")?;
    let search = old.search().ok_or("the store has no search")?;
    let found = search.nearest(&conference, &template([probe.embedding()])?, NonZeroUsize::MIN).await?;
    assert_eq!((found.user_count, found.users.len()), (3, 1));
    Ok(())
}

/// An empty store takes any key; whoever opened it before with another adds nothing any more.
#[tokio::test]
async fn of_two_that_open_an_empty_store_with_two_keys_one_can_write() -> Outcome {
    let database = Database::new()?;
    let one = open(&database, &Keyring::new(EncryptionKey::generate()?)).await?;
    let other = open(&database, &Keyring::new(EncryptionKey::generate()?)).await?;
    let error = one.append_sample(sample("conference", "ada")?).await.unwrap_err();
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert_eq!(other.append_sample(sample("conference", "ada")?).await?, 1);
    assert_eq!(content(&other).await?.users.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_keys_are_not_changed_while_a_server_is_running() -> Outcome {
    let database = Database::new()?;
    let server = open(&database, &Keyring::plain()).await?;
    server.append_sample(sample("conference", "ada")?).await?;
    let feed = server.changes().await?.ok_or("the store has no feed")?;
    let changing = Keyring::new(EncryptionKey::generate()?).with_formerly_plain();
    refused(&database, &changing).await?;
    let other = open(&database, &Keyring::plain()).await?;
    assert!(other.is_served().await?, "nor is a snapshot restored into it");
    assert_eq!(server.append_sample(sample("conference", "ada")?).await?, 2, "it goes on as before");
    server.check().await?;

    drop(feed);
    let client = client(&database.url()).await?;
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LISTEN%' \
                AND pid <> pg_backend_pid()";
    while client.query_one(left, &[]).await?.get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(!other.is_served().await?);
    open(&database, &changing).await?.reseal(&event("conference")?, &user("ada")?).await?;
    let refused = server.check().await.unwrap_err();
    assert_eq!(refused.outage(), Some(Outage::OtherKeys), "{refused}");
    Ok(())
}
