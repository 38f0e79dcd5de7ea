//! Moving: what an archive takes out of a store, it brings into another one and back.

use serde_json::json;

use super::harness::{Harness, Outcome};
use super::specimens::{at, new_event, sample};
use crate::archive::{ExportOptions, ImportOptions, export, import};
use crate::{EmbeddingStore, EmbeddingStoreExt, EncryptionKey, EventSnapshot, InMemory, UserRecord};

/// Out of the store into one in memory, and from there into the store, which was emptied: all is equal.
pub async fn an_archive_takes_everything_out_and_back(harness: &dyn Harness) -> Outcome {
    let (store, other) = (harness.open().await?, InMemory::new());
    fill(&*store).await?;
    let before = content(&*store).await?;
    let key = EncryptionKey::generate()?;
    import_into(&other, &archive_of(&*store, Some(&key)).await?, Some(&key)).await?;
    assert_eq!(content(&other).await?, before);

    for event in store.all_events().await? {
        store.delete_event(&event.name).await?;
    }
    import_into(&*store, &archive_of(&other, None).await?, None).await?;
    assert_eq!(content(&*store).await?, before);
    Ok(())
}

/// The archive of a store imported into it, and once more, leaves everything as it is.
pub async fn an_archive_imported_again_changes_nothing(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    fill(&*store).await?;
    let before = content(&*store).await?;
    let archive = archive_of(&*store, None).await?;
    for _ in 0..2 {
        import_into(&*store, &archive, None).await?;
        assert_eq!(content(&*store).await?, before);
    }
    Ok(())
}

/// Two events, one of them empty, and users whose records tell more than their samples do.
async fn fill(store: &dyn EmbeddingStore) -> Outcome {
    let mut conference = new_event("conference")?;
    conference.retain_until = Some(at(86_400));
    conference.metadata.insert("hall".to_owned(), json!({ "number": 7 }));
    store.create_event(conference).await?;
    store.create_event(new_event("empty")?).await?;
    for (name, samples) in [("ada", 1), ("Zoë", 3), ("山田 太郎", 2), ("../x", 1)] {
        for number in 1..=samples {
            let theirs = sample("conference", name, number)?.with_request(format!("request {number}"));
            store.append_sample(theirs).await?;
        }
        let first = sample("conference", name, 1)?;
        let mut user = UserRecord::new(first.event().clone(), first.user().clone(), at(-60));
        (user.updated, user.last_verified) = (at(600), Some(at(900)));
        user.metadata.insert("seat".to_owned(), name.into());
        let mut fields = serde_json::to_value(user)?;
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("of_a_newer_version".to_owned(), json!([1, null]));
        }
        store.update_user(serde_json::from_value(fields)?).await?;
    }
    Ok(())
}

async fn content(store: &dyn EmbeddingStore) -> Outcome<Vec<EventSnapshot>> {
    let mut events = Vec::new();
    for event in store.all_events().await? {
        events.push(store.load_event(&event.name).await?);
    }
    Ok(events)
}

async fn archive_of(store: &dyn EmbeddingStore, key: Option<&EncryptionKey>) -> Outcome<Vec<u8>> {
    let mut archive = Vec::new();
    let options = ExportOptions { events: None, key: key.cloned() };
    export(store, &mut archive, &options, |_| {}).await?;
    Ok(archive)
}

async fn import_into(store: &dyn EmbeddingStore, archive: &[u8], key: Option<&EncryptionKey>) -> Outcome {
    import(store, archive, &ImportOptions { key: key.cloned(), ..ImportOptions::default() }, |_| {}).await?;
    Ok(())
}
