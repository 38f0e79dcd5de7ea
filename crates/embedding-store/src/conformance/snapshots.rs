//! Snapshots: everything of one moment, its journal included.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use tokio::task::JoinSet;

use super::harness::{Harness, Outcome, Store};
use super::specimens::{at, event, limit, model, new_event, sample};
use crate::archive::{restore, snapshot};
use crate::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, Erase, EventRecord, InMemory, JournalEntry,
    JournalPage, StoredRecord, Topic,
};

const TOPICS: [&str; 3] = ["audit", "check-ins/conference", "check-ins/conference 2"];
const WRITERS: u16 = 4;
const EACH: u16 = 10;

/// Into one file, into a store in memory, and back into the store, which was emptied: all is equal, entries included.
pub async fn a_snapshot_takes_everything_out_and_back(harness: &dyn Harness) -> Outcome {
    let (store, other) = (harness.open().await?, InMemory::new());
    fill(&store).await?;
    let before = records(&*store).await?;
    let key = EncryptionKey::generate()?;
    let journal = other.journal().ok_or("a store in memory has a journal")?;
    let file = snapshot_of(&*store, Some(&key)).await?;
    let restored = restore(&other, &*journal, Cursor::new(file), Some(&key), |_| {}).await?.total;
    assert_eq!(records(&other).await?, before);
    assert_eq!((restored.events, restored.users, restored.samples), (3, 3, 20));

    for event in store.all_events().await? {
        store.delete_event(&event.name).await?;
    }
    let journal = store.journal().unwrap_or(journal);
    for topic in TOPICS {
        journal.erase(&Topic::new(topic)?, Erase::All).await?;
    }
    assert!(store.stored_records().next().await.is_none(), "an empty store has no records");
    let file = snapshot_of(&other, None).await?;
    restore(&*store, &*journal, Cursor::new(file), None, |_| {}).await?;
    assert_eq!(records(&*store).await?, before);
    Ok(())
}

/// What is written once the first record was taken is not among the records, whatever it belongs to.
pub async fn what_is_written_during_a_snapshot_is_not_in_it(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    // Of the others each event has a moment of its own.
    let Some(journal) = store.journal() else { return Ok(()) };
    fill(&store).await?;
    let before = records(&*store).await?;
    let mut taken = store.stored_records();
    let first = taken.try_next().await?.ok_or("there are records")?;
    store.append_sample(sample("conference", "zz late", 1)?).await?;
    store.append_sample(sample("zz late", "ada", 1)?).await?;
    store.delete_event(&event("conference 2")?).await?;
    journal.append(JournalEntry::new(Topic::new("zz late")?, "check_in", at(1)), None).await?;
    journal.erase(&Topic::new("audit")?, Erase::All).await?;
    let rest: Vec<_> = taken.try_collect().await?;
    assert!([vec![first], rest].concat() == before, "later writes are in the snapshot");
    assert!(records(&*store).await? != before);
    Ok(())
}

/// While each of several writers enrols and then checks in, one after the other, a snapshot has the first of each
/// writer and none behind a gap; and nobody who is checked in and not enrolled.
pub async fn a_snapshot_while_others_write_is_a_state_that_was(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let events = if store.journal().is_some() { 2 } else { 1 };
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(Arc::clone(&store), writer, events));
    }
    loop {
        let is_over = writers.is_empty();
        let found = numbers(&*store).await?;
        for ((writer, is_entry), numbers) in &found {
            let count = u16::try_from(numbers.len())?;
            assert!(numbers.iter().copied().eq(0..count), "writer {writer} has {numbers:?}");
            let enrolled = found.get(&(writer.clone(), false)).map_or(0, Vec::len);
            assert!(!is_entry || (enrolled..=enrolled + 1).contains(&(numbers.len() + 1)), "{found:?}");
        }
        if is_over {
            assert!(found.values().all(|numbers| numbers.len() == usize::from(EACH)), "{found:?}");
            return Ok(());
        }
        if let Some(writer) = writers.try_join_next() {
            writer??;
        }
    }
}

async fn write(store: Store, writer: u16, events: u16) -> Outcome {
    let user = format!("writer {writer}");
    for number in 0..EACH {
        store.append_sample(sample(&format!("event {}", number % events), &user, number)?).await?;
        if let Some(journal) = store.journal() {
            let topic = Topic::new(&format!("check-ins/event {}", number % events))?;
            let entry = JournalEntry::new(topic, "check_in", at(number.into())).with_subject(&user);
            journal.append(entry, None).await?;
        }
    }
    Ok(())
}

/// The numbers that a snapshot has of each writer, of samples and of entries.
async fn numbers(store: &dyn EmbeddingStore) -> Outcome<BTreeMap<(String, bool), Vec<u16>>> {
    let restored = InMemory::new();
    let journal = restored.journal().ok_or("a store in memory has a journal")?;
    let file = snapshot_of(store, None).await?;
    restore(&restored, &*journal, Cursor::new(file), None, |_| {}).await?;
    let mut numbers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records(&restored).await? {
        let (writer, is_entry, time) = match record {
            StoredRecord::Sample(sample) => (sample.user().to_string(), false, sample.created()),
            StoredRecord::Entry(entry) => (entry.subject.unwrap_or_default(), true, entry.time),
            StoredRecord::Event(_) | StoredRecord::User(_) => continue,
        };
        numbers.entry((writer, is_entry)).or_default().push(u16::try_from((time - at(0)).whole_seconds())?);
    }
    numbers.values_mut().for_each(|numbers| numbers.sort_unstable());
    Ok(numbers)
}

/// More records than are read ahead, in two events and an empty one, and entries in several topics, one of them amended.
async fn fill(store: &Store) -> Outcome {
    store.create_event(EventRecord::new(event("empty")?, model()?, at(7))).await?;
    store.create_event(new_event("conference")?).await?;
    for number in 0..18 {
        store.append_sample(sample("conference", "Zoë", number)?).await?;
    }
    store.append_sample(sample("conference", "../x", 1)?).await?;
    store.append_sample(sample("conference 2", "Zoë", 1)?).await?;
    let Some(journal) = store.journal() else { return Ok(()) };
    for (number, topic) in (0..).zip(TOPICS.into_iter().cycle().take(9)) {
        let entry = JournalEntry::new(Topic::new(topic)?, "check_in", at(-number)).with_subject("Zoë");
        journal.append(entry.with_key(format!("key {number}")), None).await?;
    }
    let topic = Topic::new("audit")?;
    let newest = journal.list(&topic, JournalPage::newest(limit(1)?)).await?.items;
    let entry = newest.into_iter().next().ok_or("an entry was appended")?;
    journal.amend(entry.with_subject("somebody else")).await?;
    Ok(())
}

async fn records(store: &dyn EmbeddingStore) -> Outcome<Vec<StoredRecord>> {
    Ok(store.stored_records().try_collect().await?)
}

async fn snapshot_of(store: &dyn EmbeddingStore, key: Option<&EncryptionKey>) -> Outcome<Vec<u8>> {
    let mut file = Vec::new();
    snapshot(store.stored_records(), &mut file, key, |_| {}).await?;
    Ok(file)
}
