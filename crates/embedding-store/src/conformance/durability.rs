//! What outlives the store's value, for stores that do.

use std::sync::Arc;

use super::harness::{Durable, Outcome};
use super::random::Run;
use super::specimens::{at, event, new_event, sample, user};
use crate::{EmbeddingStore, EmbeddingStoreExt};

/// Events, users and samples are there when the store is opened again, and it takes writes.
pub async fn everything_is_there_after_reopening(harness: &dyn Durable) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    store.create_event(new_event("empty")?).await?;
    store.append_sample(theirs.clone()).await?;
    store.append_sample(sample("conference", "ada", 2)?).await?;
    store.append_sample(sample("conference", "bob", 3)?).await?;
    let mut bob = store.user(theirs.event(), &user("bob")?).await?.ok_or("the user is gone")?;
    bob.last_verified = Some(at(4));
    store.update_user(bob).await?;
    let (events, snapshot) = (store.all_events().await?, store.load_event(theirs.event()).await?);
    assert_eq!(events.len(), 2);
    drop(store);

    let store = harness.open().await?;
    assert_eq!(store.all_events().await?, events);
    assert_eq!(store.load_event(theirs.event()).await?, snapshot);
    assert_eq!(store.append_sample(theirs).await?, 2, "the same sample is known to be the same");
    assert_eq!(store.append_sample(sample("conference", "ada", 5)?).await?, 3);
    Ok(())
}

/// What was deleted does not come back.
pub async fn a_deletion_lasts(harness: &dyn Durable) -> Outcome {
    let store = harness.open().await?;
    for name in ["a", "b"] {
        store.append_sample(sample(name, "ada", 1)?).await?;
        store.append_sample(sample(name, "bob", 2)?).await?;
    }
    store.delete_event(&event("a")?).await?;
    store.delete_user(&event("b")?, &user("ada")?).await?;
    drop(store);

    let store = harness.open().await?;
    assert_eq!(store.event(&event("a")?).await?, None);
    let users: Vec<_> = store.all_users(&event("b")?).await?.into_iter().map(|user| user.name).collect();
    assert_eq!(users, [user("bob")?]);
    Ok(())
}

/// Writes whose callers went away are there wholly or not at all, and the store is sound.
pub async fn writes_nobody_waits_for_are_whole(harness: &dyn Durable) -> Outcome {
    let store = harness.open().await?;
    for number in 0..20_u16 {
        let writing = Arc::clone(&store);
        let theirs = sample("conference", &format!("user {number}"), number)?;
        let writer = tokio::spawn(async move { writing.append_sample(theirs).await });
        // Lets the write begin, so that it is broken off somewhere in its midst.
        tokio::task::yield_now().await;
        writer.abort();
        // Ended, so that it holds the store no longer.
        drop(writer.await);
    }
    store.append_sample(sample("conference", "last", 99)?).await?;
    drop(store);

    let store = harness.open().await?;
    let snapshot = store.load_event(&event("conference")?).await?;
    assert!(snapshot.users.iter().all(|user| user.samples.len() == 1), "{snapshot:?}");
    assert!(snapshot.users.iter().any(|user| user.user.name.as_str() == "last"));
    Ok(())
}

/// As `random::random_operations_agree_with_the_model`, with the store opened again now and then.
pub async fn random_operations_agree_with_the_model_across_reopening(harness: &dyn Durable) -> Outcome {
    let mut run = Run::new(harness.open().await?)?;
    for step in 0..60 {
        run.step(step).await?;
        if step % 10 == 9 {
            run.reopen(harness).await?;
        }
    }
    Ok(())
}
