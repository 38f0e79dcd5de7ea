//! Records replaced under what was read of them, and appends under an event's version.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::checks::{assert_changed, assert_conflict, assert_not_found};
use super::harness::{Harness, Outcome, Store};
use super::specimens::{at, event, new_event, other_model, sample, user};
use crate::{EmbeddingStore, EventRecord, EventVersion, FaceSample, StoreError, UserRecord};

const WRITERS: u16 = 6;

/// A record that is as it was read is replaced; one that is another now stays.
pub async fn a_record_that_has_changed_is_not_replaced(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let first = new_event("conference")?;
    assert_not_found(store.replace_event(&first, first.clone()).await);
    store.create_event(first.clone()).await?;
    let mut second = first.clone();
    second.metadata.insert("field".to_owned(), json!(1));
    store.replace_event(&first, second.clone()).await?;
    assert_changed(store.replace_event(&first, first.clone()).await);
    assert_eq!(store.event(&first.name).await?, Some(second.clone()));

    let nobody = UserRecord::new(first.name.clone(), user("ada")?, at(0));
    assert_not_found(store.replace_user(&nobody, nobody.clone()).await);
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let seen = store.user(theirs.event(), theirs.user()).await?.ok_or("the user is gone")?;
    let mut changed = seen.clone();
    changed.metadata.insert("field".to_owned(), json!(1));
    store.replace_user(&seen, changed.clone()).await?;
    assert_changed(store.replace_user(&seen, seen.clone()).await);
    assert_eq!(store.user(theirs.event(), theirs.user()).await?, Some(changed));

    let of_other_model = EventRecord::new(first.name.clone(), other_model()?, at(0));
    assert_conflict(store.replace_event(&second, of_other_model).await);
    assert_eq!(store.event(&first.name).await?, Some(second));
    Ok(())
}

/// Of many who each set a field of their own at once, by reading and replacing until it works, none loses theirs.
pub async fn concurrent_replacements_lose_no_field(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, theirs) = (Arc::clone(&store), theirs.clone());
        writers.spawn(async move {
            set_in_event(&store, &theirs, writer).await?;
            set_in_user(&store, &theirs, writer).await
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    let event = store.event(theirs.event()).await?.ok_or("the event is gone")?;
    let user = store.user(theirs.event(), theirs.user()).await?.ok_or("the user is gone")?;
    assert_eq!((event.metadata.len(), user.metadata.len()), (WRITERS.into(), WRITERS.into()));
    Ok(())
}

async fn set_in_event(store: &Store, of: &FaceSample, field: u16) -> Outcome {
    loop {
        let seen = store.event(of.event()).await?.ok_or("the event is gone")?;
        let mut changed = seen.clone();
        changed.metadata.insert(field.to_string(), json!(true));
        match store.replace_event(&seen, changed).await {
            Err(StoreError::Changed { .. }) => tokio::task::yield_now().await,
            done => return Ok(done?),
        }
    }
}

async fn set_in_user(store: &Store, of: &FaceSample, field: u16) -> Outcome {
    loop {
        let seen = store.user(of.event(), of.user()).await?.ok_or("the user is gone")?;
        let mut changed = seen.clone();
        changed.metadata.insert(field.to_string(), json!(true));
        match store.replace_user(&seen, changed).await {
            Err(StoreError::Changed { .. }) => tokio::task::yield_now().await,
            done => return Ok(done?),
        }
    }
}

/// In a store that knows versions, an append under one that is past is refused and leaves nothing, and whoever asks hears
/// which users have changed since.
pub async fn an_append_under_a_past_version_is_refused(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let Some(versions) = store.versions() else { return Ok(()) };
    let (name, ada, bob) = (event("conference")?, user("ada")?, user("bob")?);
    let first = sample("conference", "ada", 1)?;
    assert_eq!(versions.version(&name).await?, None);
    assert_changed(versions.append_sample_at(first.clone(), Some(EventVersion::new(7, 7))).await);
    assert_eq!(store.event(&name).await?, None, "a refused append leaves no event");

    let made = versions.append_sample_at(first.clone(), None).await?;
    let version = made.version.ok_or("an append makes a version")?;
    assert_eq!((made.count, versions.version(&name).await?), (1, Some(version)));
    let late = sample("conference", "bob", 2)?;
    assert_changed(versions.append_sample_at(late.clone(), None).await);
    let changed = versions.changed_users(&name, version).await?;
    assert_eq!((changed.version, changed.users), (version, Some(vec![])));

    store.append_sample(sample("conference", "ada", 3)?).await?;
    assert_changed(versions.append_sample_at(late.clone(), Some(version)).await);
    assert_eq!(store.user(&name, &bob).await?, None, "a refused append leaves no user");
    let changed = versions.changed_users(&name, version).await?;
    assert_eq!(changed.users, Some(vec![ada.clone()]));
    let again = versions.append_sample_at(first.clone(), Some(version)).await?;
    assert_eq!((again.count, again.version), (2, None), "what is there already is no append");
    versions.append_sample_at(late, Some(changed.version)).await?;
    let changed = versions.changed_users(&name, changed.version).await?;
    assert_eq!(changed.users, Some(vec![bob]));
    store.delete_sample(&name, &ada, first.id()).await?;
    let changed = versions.changed_users(&name, changed.version).await?;
    assert_eq!(changed.users, Some(vec![ada]));

    store.delete_event(&name).await?;
    assert_not_found(versions.changed_users(&name, version).await);
    store.create_event(new_event("conference")?).await?;
    assert_eq!(versions.changed_users(&name, version).await?.users, None, "it is another event");
    Ok(())
}

/// Of many who append under one version at once, one does.
pub async fn of_many_appends_under_one_version_one_is_made(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    if store.versions().is_none() {
        return Ok(());
    }
    for seen_before in [false, true] {
        let name = if seen_before { "there" } else { "not there yet" };
        if seen_before {
            store.create_event(new_event(name)?).await?;
        }
        let version = store.versions().ok_or("no versions")?.version(&event(name)?).await?;
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, theirs) = (Arc::clone(&store), sample(name, &format!("user {writer}"), writer)?);
            writers.spawn(async move {
                let versions =
                    store.versions().ok_or_else(|| StoreError::unavailable(false, "no versions"))?;
                versions.append_sample_at(theirs, version).await
            });
        }
        let mut made = 0;
        while let Some(writer) = writers.join_next().await {
            match writer? {
                Ok(_) => made += 1,
                Err(StoreError::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        assert_eq!((made, store.load_event(&event(name)?).await?.users.len()), (1, 1));
    }
    Ok(())
}
