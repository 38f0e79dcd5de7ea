//! Many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::harness::{Harness, Outcome};
use super::specimens::{at, event, model, new_event, sample, user};
use crate::{EmbeddingStore, EmbeddingStoreExt, EventRecord, StoreError};

const WRITERS: u16 = 8;
const EACH: u16 = 12;

/// Appends of many writers, to users of their own and to one that they share, from an event that is not
/// there yet: each is there, and each got a count of its own.
pub async fn concurrent_appends_lose_nothing(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let mut appended = Vec::new();
            for number in 0..EACH {
                let own = sample("conference", &format!("user {writer}"), number)?;
                assert_eq!(store.append_sample(own.clone()).await?, usize::from(number) + 1);
                let shared = sample("conference", "shared", writer * EACH + number)?;
                let count = store.append_sample(shared.clone()).await?;
                appended.push((own.id(), shared.id(), count));
            }
            Outcome::Ok(appended)
        });
    }
    let (mut ids, mut counts) = (BTreeSet::new(), BTreeSet::new());
    while let Some(writer) = writers.join_next().await {
        for (own, shared, count) in writer?? {
            ids.extend([own, shared]);
            counts.insert(count);
        }
    }
    let total = usize::from(WRITERS * EACH);
    assert!(counts.into_iter().eq(1..=total), "every count from 1 to {total} was due once");
    let snapshot = store.load_event(&event("conference")?).await?;
    let found: BTreeSet<_> =
        snapshot.users.iter().flat_map(|user| &user.samples).map(|sample| sample.id()).collect();
    assert_eq!(found, ids);
    let shared = store.user(&event("conference")?, &user("shared")?).await?.ok_or("the user is gone")?;
    assert_eq!(shared.updated, at(i64::from(WRITERS * EACH - 1)), "the time is that of the latest sample");
    Ok(())
}

/// Of many who create one event at once, one does, and the event is that one's.
pub async fn concurrent_creations_have_one_winner(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let mut creators = JoinSet::new();
    for creator in 0..WRITERS {
        let store = Arc::clone(&store);
        let record = EventRecord::new(event("conference")?, model()?, at(creator.into()));
        creators.spawn(async move { (store.create_event(record.clone()).await, record) });
    }
    let mut winners = Vec::new();
    while let Some(creator) = creators.join_next().await {
        match creator? {
            (Ok(()), record) => winners.push(record),
            (Err(StoreError::Conflict { .. }), _) => {}
            (Err(error), _) => return Err(error.into()),
        }
    }
    assert_eq!(store.all_events().await?, winners);
    assert_eq!(winners.len(), 1);
    Ok(())
}

/// While users come and go, whoever reads sees users with their samples, and samples with their user.
pub async fn a_reader_never_sees_half_a_write(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    store.create_event(new_event("conference")?).await?;
    let (name, ada) = (event("conference")?, user("ada")?);
    let writing = Arc::clone(&store);
    let mut writer = tokio::spawn(async move {
        for number in 0..40 {
            let theirs = sample("conference", "ada", number)?;
            writing.append_sample(theirs.clone()).await?;
            writing.delete_user(theirs.event(), theirs.user()).await?;
        }
        Outcome::Ok(())
    });
    let mut is_over = false;
    while !is_over {
        // Asked before the read, so that one more follows when the writer has ended.
        is_over = writer.is_finished();
        for found in store.load_event(&name).await?.users {
            assert_eq!(found.samples.len(), 1, "a user has come without the sample, or has lost it");
            assert_eq!(found.user.created, found.samples.iter().map(|s| s.created()).max().ok_or("none")?);
        }
        match store.samples(&name, &ada).await {
            Ok(samples) => assert_eq!(samples.len(), 1),
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        tokio::task::yield_now().await;
    }
    (&mut writer).await??;
    assert_eq!(store.all_users(&name).await?, []);
    Ok(())
}

/// Of many who delete a user's samples at once, each another one, all but one succeed.
pub async fn concurrent_deletions_leave_a_user_one_sample(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (name, ada) = (event("conference")?, user("ada")?);
    let mut ids = Vec::new();
    for number in 0..WRITERS {
        let theirs = sample("conference", "ada", number)?;
        ids.push(theirs.id());
        store.append_sample(theirs).await?;
    }
    let mut deletions = JoinSet::new();
    for id in ids {
        let (store, name, ada) = (Arc::clone(&store), name.clone(), ada.clone());
        deletions.spawn(async move { store.delete_sample(&name, &ada, id).await });
    }
    let (mut left, mut refused) = (BTreeSet::new(), 0);
    while let Some(deletion) = deletions.join_next().await {
        match deletion? {
            Ok(count) => drop(left.insert(count)),
            Err(StoreError::Conflict { .. }) => refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    assert!(left.into_iter().eq(1..usize::from(WRITERS)), "each count was due once");
    assert_eq!(refused, 1);
    assert_eq!(store.samples(&name, &ada).await?.len(), 1);
    Ok(())
}
