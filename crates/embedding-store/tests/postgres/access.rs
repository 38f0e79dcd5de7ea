//! Who may open the store, and on what.

use std::slice;

use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, Keyring, Outage, StoreError, StoreOptions, StoreUrl,
};
use postgres_server::{Database, Installation, PostgresServer};

use super::specimens::{Outcome, client, event, open, refusal, sample};

fn assert_misconfigured(error: &StoreError, text: &str) {
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_for_a_person_to_mend_and_shown_nowhere() -> Outcome {
    let database = Database::new()?;
    let url = database.url();
    let (start, rest) = url.split_once('@').ok_or("no user")?;
    let (start, _) = start.rsplit_once(':').ok_or("no password")?;
    for (url, part) in [
        (format!("{start}:SECRET@{rest}"), "check the user and the password"),
        (format!("postgres://nobody:SECRET@{rest}"), "check the user and the password"),
        (format!("{start}@{rest}"), "password"),
    ] {
        let error = refusal(&url).await?;
        assert_misconfigured(&error, part);
        assert!(!format!("{error:?}").contains("SECRET"));
    }
    let (server, _) = url.rsplit_once('/').ok_or("no database")?;
    assert_misconfigured(&refusal(&format!("{server}/absent")).await?, "no such database");
    Ok(())
}

#[tokio::test]
async fn a_user_without_the_right_to_make_tables_is_told_and_can_use_those_that_are_there() -> Outcome {
    let database = Database::new()?;
    let client = client(&database.url()).await?;
    let role = database.name().to_owned();
    client.batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'")).await?;
    let (_, rest) =
        database.url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).ok_or("no user")?;
    let url = format!("postgres://{role}:x@{rest}");
    assert_misconfigured(&refusal(&url).await?, "may not do this");

    drop(open(&database.url()).await?);
    let grant = "GRANT USAGE ON SCHEMA face_store TO {role}; \
                 GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA face_store TO {role}";
    client.batch_execute(&grant.replace("{role}", &role)).await?;
    let store = open(&url).await?;
    assert_eq!(store.append_sample(sample("conference", "ada")?).await?, 1);
    drop(store);
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_does_not_write_through_is_refused_unless_it_is_asked_for() -> Outcome {
    let server = PostgresServer::start_with(&Installation::of_tests()?, &["fsync=off"])?;
    let database = Database::on(&server)?;
    assert_misconfigured(&refusal(&database.url()).await?, "fsync=off");
    let store = open(&format!("{}?fsync=unchecked", database.url())).await?;
    assert_eq!(store.append_sample(sample("conference", "ada")?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_commit_is_on_the_disk_though_the_server_is_set_to_answer_before() -> Outcome {
    let server = PostgresServer::start_with(
        &Installation::of_tests()?,
        &["synchronous_commit=off", "wal_writer_delay=10s"],
    )?;
    let database = Database::on(&server)?;
    let mut server = server;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    server.kill()?;
    server.start_again()?;
    assert_eq!(
        super::specimens::eventually(|| store.samples(ada.event(), ada.user())).await?,
        slice::from_ref(&ada)
    );
    Ok(())
}

#[tokio::test]
async fn two_that_open_an_empty_database_at_once_agree_on_the_tables() -> Outcome {
    let database = Database::new()?;
    let url = database.url();
    let (one, other, third) = tokio::join!(open(&url), open(&url), open(&url));
    for (store, count) in [one?, other?, third?].into_iter().zip(1..) {
        assert_eq!(store.append_sample(sample("conference", "ada")?).await?, count);
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_only_looked_at_is_not_made_and_not_changed() -> Outcome {
    let database = Database::new()?;
    let client = client(&database.url()).await?;
    let url: StoreUrl = database.url().parse()?;
    let mut options = StoreOptions::default();
    for opened in [url.open_to_read(&options).await, url.open_present(&options).await] {
        assert_eq!(opened.err().ok_or("it was opened")?.outage(), Some(Outage::Absent));
    }
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'face_store'";
    assert_eq!(client.query_one(schemas, &[]).await?.get::<_, i64>(0), 0);

    let store = open(&database.url()).await?;
    store.append_sample(sample("conference", "ada")?).await?;
    // As tables of the first version are.
    client
        .batch_execute(
            "UPDATE format SET version = 1; DROP TABLE journal; ALTER TABLE users DROP COLUMN version; \
             ALTER TABLE events DROP COLUMN version, DROP COLUMN life",
        )
        .await?;
    let read = url.open_to_read(&options).await?;
    let conference = event("conference")?;
    assert_eq!(read.load_event(&conference).await?.users.len(), 1);
    assert_eq!((read.all_events().await?.len(), read.all_users(&conference).await?.len()), (1, 1));
    assert_eq!(client.query_one("SELECT version FROM format", &[]).await?.get::<_, i32>(0), 1);

    // The key of a store that is empty is noted by who writes to it.
    client.batch_execute("DELETE FROM samples; DELETE FROM users").await?;
    options.keyring = Keyring::new(EncryptionKey::generate()?);
    let notes = "SELECT value FROM notes WHERE key = 'keys'";
    let before: Vec<u8> = client.query_one(notes, &[]).await?.get(0);
    drop(url.open_to_read(&options).await?);
    assert_eq!(client.query_one(notes, &[]).await?.get::<_, Vec<u8>>(0), before);
    Ok(())
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused_and_left_alone() -> Outcome {
    let database = Database::new()?;
    drop(open(&database.url()).await?);
    let client = client(&database.url()).await?;
    client.batch_execute("UPDATE format SET version = 99").await?;
    assert_misconfigured(&refusal(&database.url()).await?, "use a newer version");
    assert_eq!(client.query_one("SELECT version FROM format", &[]).await?.get::<_, i32>(0), 99);
    client.batch_execute("DELETE FROM format").await?;
    let error = refusal(&database.url()).await?;
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_that_start_at_once_make_one_index() -> Outcome {
    let database = Database::new()?;
    // `cargo xtask soak --servers` tries it more often.
    let rounds: u32 = std::env::var("OVERLAP_ROUNDS").map_or(Ok(10), |text| text.parse())?;
    for round in 0..rounds {
        let url = format!("{}?schema=round_{round}&index=hnsw", database.url());
        let (one, other, third) = tokio::join!(open(&url), open(&url), open(&url));
        for (store, count) in [one?, other?, third?].into_iter().zip(1..) {
            assert_eq!(store.append_sample(sample("conference", "ada")?).await?, count);
        }
    }
    Ok(())
}
