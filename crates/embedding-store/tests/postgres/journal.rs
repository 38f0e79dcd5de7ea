//! The journal of several stores on one database, after losses and damage, and beside older tables.

use std::sync::Arc;

use embedding_store::{
    Appended, EmbeddingStore, Erase, Journal, JournalEntry, JournalPage, StoreError, Topic,
};
use postgres_server::Database;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::specimens::{Outcome, client, open};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn topic() -> Outcome<Topic> {
    Ok(Topic::new("check-ins/conference")?)
}

fn entry(subject: &str) -> Outcome<JournalEntry> {
    Ok(JournalEntry::new(topic()?, "seen", NOW).with_subject(subject))
}

async fn journal(database: &Database) -> Outcome<Arc<dyn Journal>> {
    Ok(open(&database.url()).await?.journal().ok_or("the store has no journal")?)
}

async fn all(journal: &dyn Journal) -> Outcome<Vec<JournalEntry>> {
    Ok(journal.list(&topic()?, JournalPage::oldest(1000.try_into()?)).await?.items)
}

/// Two servers that are asked for the same at one moment, by key or because it was a moment ago.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_stores_one_appends_and_the_other_learns_of_it() -> Outcome {
    let database = Database::new()?;
    let journals = [journal(&database).await?, journal(&database).await?];
    for round in 0..40 {
        let mut writers = JoinSet::new();
        for (number, journal) in journals.iter().enumerate() {
            let (journal, by_key) = (Arc::clone(journal), round % 2 == 0);
            let (entry, since) = if by_key {
                (entry(&format!("user {round} {number}"))?.with_key(format!("key {round}")), None)
            } else {
                (entry(&format!("user {round}"))?, Some(NOW))
            };
            writers.spawn(async move { (entry.clone(), journal.append(entry, since).await) });
        }
        let (mut new, mut named) = (Vec::new(), Vec::new());
        while let Some(writer) = writers.join_next().await {
            match writer? {
                (entry, Ok(Appended::New)) => new.push(entry),
                (_, Ok(Appended::Repeated(entry) | Appended::Recent(entry))) => named.push(entry),
                (_, Err(error)) => return Err(error.into()),
            }
        }
        assert_eq!(new.len(), 1);
        assert_eq!(named, new);
    }
    let [one, _] = &journals;
    assert_eq!(all(&**one).await?.len(), 40);
    Ok(())
}

#[tokio::test]
async fn a_connection_that_died_is_replaced_and_the_entry_is_appended_once() -> Outcome {
    let database = Database::new()?;
    let journal = journal(&database).await?;
    let client = client(&database.url()).await?;
    for (number, since) in [None, Some(NOW)].into_iter().enumerate() {
        journal.append(entry("before")?, None).await?;
        client
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                      AND datname = current_database()",
                &[],
            )
            .await?;
        let entry = entry(&format!("user {number}"))?;
        assert_eq!(journal.append(entry.clone(), since).await?, Appended::New);
        assert_eq!(journal.entry(&entry.topic, entry.id).await?, Some(entry));
    }
    assert_eq!(all(&*journal).await?.len(), 4);
    Ok(())
}

/// A row that says another thing than its record is damage, to whoever reads it, and goes with its topic.
#[tokio::test]
async fn a_damaged_entry_is_an_error_and_can_be_erased() -> Outcome {
    let database = Database::new()?;
    let (journal, client) = (journal(&database).await?, client(&database.url()).await?);
    for damage in [
        "record = set_byte(record, 40, get_byte(record, 40) # 1)",
        "record = ''",
        "topic = topic || 'x'",
        "id = '0190163d-8694-739b-aea5-966c26f8ad90'",
        "time = time + 1",
        "kind = 'other'",
        "subject = ''",
        "key = NULL",
        "key = 'other'",
    ] {
        journal.append(entry("ada")?.with_key("k"), None).await?;
        client.batch_execute(&format!("UPDATE journal SET {damage}")).await?;
        let mut topic = topic()?;
        if damage.starts_with("topic") {
            topic = Topic::new(&format!("{topic}x"))?;
        }
        let error = journal.list(&topic, JournalPage::newest(9.try_into()?)).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{damage}: {error:?}");
        assert_eq!(journal.erase(&topic, Erase::All).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_journal_goes_on_when_its_store_is_dropped_and_closes_the_connections_at_its_own_end() -> Outcome {
    let database = Database::new()?;
    let journal = journal(&database).await?;
    assert_eq!(journal.append(entry("ada")?, None).await?, Appended::New);
    drop(journal);
    let client = client(&database.url()).await?;
    let others = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                  AND datname = current_database() AND backend_type = 'client backend'";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while client.query_one(others, &[]).await?.get::<_, i64>(0) > 0 {
        assert!(std::time::Instant::now() < deadline, "connections stay open");
        tokio::task::yield_now().await;
    }
    Ok(())
}
