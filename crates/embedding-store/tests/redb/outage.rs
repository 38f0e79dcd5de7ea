//! The file of a running store is removed, replaced or put back.

use std::error::Error;
use std::fs;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, FaceSample, Journal, JournalEntry, Outage, RedbJournal,
    RedbStore, StoreError, Topic, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;

type Outcome = Result<(), Box<dyn Error>>;

fn sample(user: &str) -> Result<FaceSample, Box<dyn Error>> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new(user)?);
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}

fn outage<T>(answer: Result<T, StoreError>) -> Option<Outage> {
    answer.err().and_then(|error| error.outage())
}

#[tokio::test]
async fn a_write_without_its_file_is_refused_until_the_same_file_is_back() -> Outcome {
    let folder = tempdir()?;
    let (path, elsewhere) = (folder.path().join("faces.redb"), folder.path().join("elsewhere"));
    let store = RedbStore::open(&path).await?;
    store.append_sample(sample("ada")?).await?;
    assert!(store.check().await.is_ok() && store.away_since().is_none());

    fs::rename(&path, &elsewhere)?;
    let error = store.append_sample(sample("ben")?).await.err().ok_or("it was acknowledged")?;
    assert_eq!(error.outage(), Some(Outage::FileGone), "{error:?}");
    assert!(error.to_string().contains("faces.redb") && !error.is_retryable(), "{error}");
    assert_eq!(outage(store.check().await), Some(Outage::FileGone));
    assert_eq!(outage(store.all_events().await), Some(Outage::FileGone));
    let since = store.away_since().ok_or("the store knows nothing of it")?;

    // Another file that is a store: what it holds would be taken for what was acknowledged.
    fs::copy(&elsewhere, &path)?;
    assert_eq!(outage(store.append_sample(sample("ben")?).await), Some(Outage::FileReplaced));
    assert_eq!(store.away_since(), Some(since), "the time goes on from the beginning");

    fs::rename(&elsewhere, &path)?;
    store.check().await?;
    assert_eq!(store.append_sample(sample("cem")?).await?, 1);
    assert_eq!(store.away_since(), None);
    drop(store);
    let users = RedbStore::open(&path).await?.all_users(&EventName::new("conference")?).await?;
    let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["ada", "cem"]);
    Ok(())
}

#[tokio::test]
async fn an_entry_of_a_journal_without_its_file_is_refused() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("journal.redb");
    let journal = RedbJournal::open(&path).await?;
    let entry = || {
        Ok::<_, Box<dyn Error>>(JournalEntry::new(Topic::new("audit")?, "enrol", OffsetDateTime::UNIX_EPOCH))
    };
    journal.append(entry()?, None).await?;
    fs::remove_file(&path)?;
    assert_eq!(outage(journal.append(entry()?, None).await), Some(Outage::FileGone));
    assert_eq!(outage(journal.check().await), Some(Outage::FileGone));
    Ok(())
}
