//! The journal in the file of a `redb:` store, and in a file of its own.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    Appended, EmbeddingStore, EncryptionKey, Erase, EventName, FaceSample, Journal, JournalEntry, Keyring,
    RedbJournal, RedbStore, StoreError, Topic, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn entry(key: &str) -> Outcome<JournalEntry> {
    Ok(JournalEntry::new(Topic::new("audit")?, "seen", OffsetDateTime::UNIX_EPOCH).with_key(key))
}

fn sample() -> Outcome<FaceSample> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new("ada")?);
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}

fn journal_of(store: &RedbStore) -> Outcome<Arc<dyn Journal>> {
    Ok(store.journal().ok_or("the store has no journal")?)
}

#[tokio::test]
async fn the_file_is_held_until_the_store_and_its_journals_are_dropped() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let store = RedbStore::open(&path).await?;
    let (one, other) = (journal_of(&store)?, journal_of(&store)?);
    store.append_sample(sample()?).await?;
    drop((store, one));
    assert_eq!(other.append(entry("k")?, None).await?, Appended::New);
    let error = RedbStore::open(&path).await.err().ok_or("the file was opened")?;
    assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
    drop(other);

    let store = RedbStore::open(&path).await?;
    let topic = Topic::new("audit")?;
    assert!(journal_of(&store)?.by_key(&topic, "k").await?.is_some());
    assert!(store.event(&EventName::new("conference")?).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_file_of_format_1_gets_a_journal() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(include_bytes!("../data/format_1.redb.gz").as_slice())
        .read_to_end(&mut bytes)?;
    fs::write(&path, &bytes)?;
    let store = RedbStore::open(&path).await?;
    let journal = journal_of(&store)?;
    let topic = Topic::new("audit")?;
    assert_eq!(journal.by_key(&topic, "k").await?, None);
    assert_eq!(journal.append(entry("k")?, None).await?, Appended::New);
    assert!(store.event(&EventName::new("conference")?).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn the_topics_of_a_file_are_those_that_have_entries() -> Outcome {
    let folder = tempdir()?;
    let journal = RedbJournal::open(folder.path().join("journal")).await?;
    assert_eq!(journal.topics().await?, []);
    let topics = ["a", "a!", "a/b", "é"].map(Topic::new);
    for topic in topics.iter().flatten() {
        for second in 0..3 {
            let time = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(second);
            journal.append(JournalEntry::new(topic.clone(), "seen", time), None).await?;
        }
    }
    assert_eq!(journal.topics().await?, topics.iter().flatten().cloned().collect::<Vec<_>>());
    journal.erase(&Topic::new("a!")?, Erase::All).await?;
    assert_eq!(journal.topics().await?, [Topic::new("a")?, Topic::new("a/b")?, Topic::new("é")?]);
    Ok(())
}

#[tokio::test]
async fn a_backup_holds_the_journal() -> Outcome {
    let folder = tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let (store, alone) = (RedbStore::open(at("faces")).await?, RedbJournal::open(at("journal")).await?);
    let theirs = entry("k")?;
    journal_of(&store)?.append(theirs.clone(), None).await?;
    alone.append(theirs.clone(), None).await?;
    store.backup(at("copy of faces")).await?;
    alone.backup(at("copy of journal")).await?;
    let copy = RedbStore::open(at("copy of faces")).await?;
    for journal in [journal_of(&copy)?, Arc::new(RedbJournal::open(at("copy of journal")).await?)] {
        assert_eq!(journal.by_key(&theirs.topic, "k").await?, Some(theirs.clone()));
        assert_eq!(journal.append(theirs.clone(), None).await?, Appended::Repeated(theirs.clone()));
    }
    Ok(())
}

/// To open a journal in the file of an encrypted store is a mistake, and is told so.
#[tokio::test]
async fn a_journal_is_not_opened_in_the_file_of_an_encrypted_store() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let store = RedbStore::open_with(&path, Keyring::new(EncryptionKey::generate()?)).await?;
    store.append_sample(sample()?).await?;
    drop(store);
    let error = RedbJournal::open(&path).await.err().ok_or("the journal was opened")?;
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    Ok(())
}
