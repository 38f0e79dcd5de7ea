//! Snapshots: read and checked as a whole before anything of them is written, and read by later versions.

use std::io::Cursor;

use embedding_store::archive::{ArchiveError, Summary, restore, snapshot};
use embedding_store::{
    EmbeddingStore, EncryptionKey, Erase, InMemory, JournalEntry, JournalPage, Keyring, RedbStore,
    StoredRecord, Topic,
};
use futures_util::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::specimens::{
    HEADER_BYTES, Outcome, add, archive_of, at, check, event, frame, header, import_into, small_store, split,
};

/// One made by the version that introduced them: two events, one of them empty, three users with four samples, and
/// three entries in two topics.
const FIRST: &[u8] = include_bytes!("../data/snapshot_2.archive");

async fn restore_into(store: &InMemory, file: &[u8], key: Option<&EncryptionKey>) -> Outcome<Summary> {
    let journal = store.journal().ok_or("a store in memory has a journal")?;
    Ok(restore(store, &*journal, Cursor::new(file), key, |_| {}).await?)
}

async fn snapshot_of(store: &dyn EmbeddingStore, key: Option<&EncryptionKey>) -> Outcome<Vec<u8>> {
    let mut file = Vec::new();
    let written = snapshot(store.stored_records(), &mut file, key, |_| {}).await?;
    assert_eq!(written.total.bytes, file.len() as u64);
    assert_eq!(written.sha256, <[u8; 32]>::from(Sha256::digest(&file)));
    Ok(file)
}

/// One event, one user, one sample, one entry: five frames.
async fn tiny_store() -> Outcome<InMemory> {
    let store = InMemory::new();
    store.create_event(event("conference")?).await?;
    add(&store, "conference", "Zoë", 1).await?;
    append(&store, "check-ins/conference", 1).await?;
    Ok(store)
}

async fn append(store: &InMemory, topic: &str, number: i64) -> Outcome {
    let entry = JournalEntry::new(Topic::new(topic)?, "check_in", at(number)).with_subject("Zoë");
    let journal = store.journal().ok_or("a store in memory has a journal")?;
    journal.append(entry.with_key(format!("key {number}")), None).await?;
    Ok(())
}

async fn is_empty(store: &dyn EmbeddingStore) -> bool {
    store.stored_records().next().await.is_none()
}

#[tokio::test]
async fn of_a_snapshot_that_is_damaged_or_cut_off_anywhere_nothing_is_written() -> Outcome {
    for key in [None, Some(EncryptionKey::generate()?)] {
        let file = snapshot_of(&tiny_store().await?, key.as_ref()).await?;
        let store = InMemory::new();
        for place in 0..file.len() {
            let mut damaged = file.clone();
            damaged[place] ^= 1 << (place % 8);
            assert!(restore_into(&store, &damaged, key.as_ref()).await.is_err(), "byte {place} was missed");
            assert!(restore_into(&store, &file[..place], key.as_ref()).await.is_err(), "cut off at {place}");
            assert!(is_empty(&store).await, "something was written before byte {place}");
        }
        let longer = [&file[..], b"x"].concat();
        assert!(restore_into(&store, &longer, key.as_ref()).await.is_err() && is_empty(&store).await);
        let summary = restore_into(&store, &file, key.as_ref()).await?;
        assert_eq!((summary.total.users, summary.total.entries), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn frames_that_were_moved_dropped_or_doubled_are_found() -> Outcome {
    let parts = split(&snapshot_of(&tiny_store().await?, None).await?)?;
    for one in 1..parts.len() {
        let mut dropped = parts.clone();
        dropped.remove(one);
        let mut doubled = parts.clone();
        doubled.insert(one, parts[one].clone());
        let mut swapped = parts.clone();
        swapped.swap(one, parts.len() - one);
        for altered in [dropped, doubled, swapped].into_iter().filter(|altered| *altered != parts) {
            assert!(check(&altered.concat(), None).is_err(), "frame {one}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_snapshot_is_no_export_and_an_export_no_snapshot() -> Outcome {
    let store = tiny_store().await?;
    let (file, export) = (snapshot_of(&store, None).await?, archive_of(&store, None).await?);
    let other = InMemory::new();
    let error = import_into(&other, &file, None).await.err().ok_or("a snapshot was imported")?;
    assert!(matches!(error, ArchiveError::Snapshot) && error.to_string().contains("face-server restore"));
    let error = restore_into(&other, &export, None).await.err().ok_or("an export was restored")?;
    assert!(matches!(error.downcast_ref(), Some(ArchiveError::Export)), "{error}");
    assert!(is_empty(&other).await);
    assert_eq!(check(&file, None)?.entries, 1);
    Ok(())
}

#[tokio::test]
async fn a_snapshot_is_laid_out_as_documented() -> Outcome {
    let store = tiny_store().await?;
    let file = snapshot_of(&store, None).await?;
    let header = &file[..HEADER_BYTES];
    assert!(header.starts_with(b"\x89FACE\r\n\x1A\x02\0\0\0"));
    let mut expected = header.to_vec();
    for (number, record) in (1..).zip(store.stored_records().try_collect::<Vec<_>>().await?) {
        let (kind, payload) = match record {
            StoredRecord::Event(event) => (b'E', event.to_bytes()?),
            StoredRecord::User(user) => (b'U', user.to_bytes()?),
            StoredRecord::Sample(sample) => (b'S', sample.to_bytes()?),
            StoredRecord::Entry(entry) => (b'J', entry.to_bytes()?),
        };
        expected.extend(frame(header, number, kind, &payload)?);
    }
    let counts: Vec<u8> = [1_u64; 4].iter().flat_map(|count| count.to_le_bytes()).collect();
    let hash = Sha256::digest(&expected);
    expected.extend(frame(header, 5, b'Z', &[&counts[..], &hash].concat())?);
    assert_eq!(split(&file)?, split(&expected)?);
    Ok(())
}

#[tokio::test]
async fn an_export_with_entries_and_faces_behind_the_journal_are_refused() -> Outcome {
    let store = tiny_store().await?;
    let entry = JournalEntry::new(Topic::new("audit")?, "verify", at(1)).to_bytes()?;
    let export = header();
    let error = check(&[&export[..], &frame(&export, 1, b'J', &entry)?].concat(), None);
    assert!(matches!(error, Err(ArchiveError::Damaged { .. })), "{error:?}");

    let file = snapshot_of(&store, None).await?;
    let header = &file[..HEADER_BYTES];
    let records: Vec<_> = store.stored_records().try_collect().await?;
    for record in &records[..3] {
        let (kind, payload) = match record {
            StoredRecord::Event(event) => (b'E', event.to_bytes()?),
            StoredRecord::User(user) => (b'U', user.to_bytes()?),
            StoredRecord::Sample(sample) => (b'S', sample.to_bytes()?),
            StoredRecord::Entry(_) => return Err("the journal is last".into()),
        };
        let frames = [frame(header, 1, b'J', &entry)?, frame(header, 2, kind, &payload)?].concat();
        let error = check(&[header, &frames].concat(), None);
        assert!(matches!(error, Err(ArchiveError::Damaged { .. })), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_snapshot_of_one_encrypted_file_is_restored_into_another_under_another_key_and_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    let open = async |name: &str| {
        let keyring = Keyring::new(EncryptionKey::generate()?);
        Outcome::Ok(RedbStore::open_with(folder.path().join(name), keyring).await?)
    };
    let (first, second) = (open("first.redb").await?, open("second.redb").await?);
    let filled = small_store().await?;
    append(&filled, "audit", 1).await?;
    let file = snapshot_of(&filled, None).await?;
    let journal = first.journal().ok_or("a file has a journal")?;
    restore(&first, &*journal, Cursor::new(&file), None, |_| {}).await?;
    let key = EncryptionKey::generate()?;
    let file = snapshot_of(&first, Some(&key)).await?;
    let journal = second.journal().ok_or("a file has a journal")?;
    for _ in 0..2 {
        // Again, as after an interruption, completes and doubles nothing.
        restore(&second, &*journal, Cursor::new(&file), Some(&key), |_| {}).await?;
        let restored: Vec<_> = second.stored_records().try_collect().await?;
        assert!(restored == filled.stored_records().try_collect::<Vec<_>>().await?);
        journal.erase(&Topic::new("audit")?, Erase::All).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_first_snapshot_is_still_read_and_restored() -> Outcome {
    let store = InMemory::new();
    let total = restore_into(&store, FIRST, None).await?.total;
    assert_eq!((total.events, total.users, total.samples, total.entries), (2, 3, 4, 3));
    let journal = store.journal().ok_or("a store in memory has a journal")?;
    let limit = 10.try_into()?;
    for (topic, times) in [("audit", vec![at(2)]), ("check-ins/conference", vec![at(1), at(3)])] {
        let listed = journal.list(&Topic::new(topic)?, JournalPage::oldest(limit)).await?.items;
        assert_eq!(listed.iter().map(|entry| entry.time).collect::<Vec<_>>(), times, "{topic}");
    }
    // The records to the last bit, ids included: what this version makes of them is what they were made of.
    let digest = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let frames = |file: &[u8]| -> Outcome<Vec<Vec<u8>>> {
        let parts = split(file)?;
        Ok(parts[1..parts.len() - 1].iter().map(|part| part[9..part.len() - 4].to_vec()).collect())
    };
    let again = snapshot_of(&store, None).await?;
    assert_eq!(digest(&frames(&again)?.concat()), digest(&frames(FIRST)?.concat()));
    Ok(())
}
