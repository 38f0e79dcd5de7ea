//! Events: creation, update, deletion, absence.

use std::num::NonZeroUsize;
use std::slice;

use super::checks::{assert_conflict, assert_not_found};
use super::harness::{Harness, Outcome};
use super::specimens::{at, event, new_event, other_model, sample, user};
use crate::{EmbeddingStore, EmbeddingStoreExt, EventRecord, Page};

/// An event reads back as it was created, and is there though it is empty.
pub async fn a_created_event_reads_back(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let record = new_event("conference")?;
    store.create_event(record.clone()).await?;
    assert_eq!(store.event(&record.name).await?, Some(record.clone()));
    assert_eq!(store.all_events().await?, slice::from_ref(&record));
    assert_eq!(store.all_users(&record.name).await?, []);
    let snapshot = store.load_event(&record.name).await?;
    assert_eq!((snapshot.event, snapshot.users), (record, vec![]));
    Ok(())
}

/// A second creation conflicts, and the first event stays as it was.
pub async fn a_second_creation_conflicts_and_changes_nothing(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let record = new_event("conference")?;
    store.create_event(record.clone()).await?;
    assert_conflict(store.create_event(EventRecord::new(record.name.clone(), other_model()?, at(9))).await);
    assert_eq!(store.event(&record.name).await?, Some(record));
    Ok(())
}

/// What was never made is `None` or not found, in every call, and asking makes nothing.
pub async fn what_was_never_made_is_absent(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (absent, nobody) = (event("absent")?, user("nobody")?);
    assert_eq!(store.event(&absent).await?, None);
    assert_eq!(store.user(&absent, &nobody).await?, None);
    assert_not_found(store.update_event(new_event("absent")?).await);
    assert_not_found(store.delete_event(&absent).await);
    assert_not_found(store.delete_user(&absent, &nobody).await);
    assert_not_found(store.list_users(&absent, Page::first(NonZeroUsize::MIN)).await);
    assert_not_found(store.samples(&absent, &nobody).await);
    assert_not_found(store.load_event(&absent).await);
    assert_eq!(store.all_events().await?, []);
    Ok(())
}

/// An update replaces the record, twice as once, and leaves users and other events alone.
pub async fn an_update_replaces_the_event(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let neighbour = new_event("conference 2")?;
    store.create_event(neighbour.clone()).await?;
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;

    let mut record = store.event(theirs.event()).await?.ok_or("the event is gone")?;
    record.updated = at(60);
    record.retain_until = Some(at(3600));
    record.metadata.insert("room".to_owned(), "B 12".into());
    for _ in 0..2 {
        store.update_event(record.clone()).await?;
        assert_eq!(store.event(theirs.event()).await?, Some(record.clone()));
    }
    assert_eq!(store.samples(theirs.event(), theirs.user()).await?, [theirs]);
    assert_eq!(store.event(&neighbour.name).await?, Some(neighbour));
    Ok(())
}

/// An event may change its model until it has samples, and again once they are gone.
pub async fn the_model_is_fixed_while_there_are_samples(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let record = new_event("conference")?;
    let mut changed = record.clone();
    changed.model = other_model()?;
    store.create_event(record.clone()).await?;
    store.update_event(changed.clone()).await?;
    store.update_event(record.clone()).await?;

    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    assert_conflict(store.update_event(changed.clone()).await);
    assert_eq!(store.event(&record.name).await?, Some(record.clone()));

    store.delete_user(&record.name, theirs.user()).await?;
    store.update_event(changed.clone()).await?;
    assert_eq!(store.event(&record.name).await?, Some(changed));
    Ok(())
}

/// A deletion takes users and samples along, is no deletion the second time, and leaves other events alone.
pub async fn a_deleted_event_takes_its_users_along(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (gone, kept) = (sample("conference", "ada", 1)?, sample("conference 2", "ada", 2)?);
    store.append_sample(gone.clone()).await?;
    store.append_sample(kept.clone()).await?;
    store.delete_event(gone.event()).await?;
    assert_not_found(store.delete_event(gone.event()).await);
    assert_eq!(store.event(gone.event()).await?, None);
    assert_eq!(store.user(gone.event(), gone.user()).await?, None);
    assert_not_found(store.samples(gone.event(), gone.user()).await);
    assert_eq!(store.samples(kept.event(), kept.user()).await?, [kept]);

    store.create_event(new_event("conference")?).await?;
    assert_eq!(store.all_users(gone.event()).await?, [], "an event of that name starts empty");
    assert_eq!(store.append_sample(gone).await?, 1);
    Ok(())
}
