//! Many writers of a journal at once, and what outlives them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::harness::{JournalHarness, Outcome};
use super::journal::{all, seen, topic};
use super::specimens::at;
use crate::{Appended, Erase, JournalEntry, StoreError};

const WRITERS: u8 = 8;

/// Entries of many writers in one topic are all there.
pub async fn concurrent_appends_lose_nothing(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let journal = Arc::clone(&journal);
        writers.spawn(async move {
            let mut ids = Vec::new();
            for number in 0..12 {
                let entry =
                    seen("a", &format!("user {writer}"), number)?.with_key(format!("{writer} {number}"));
                ids.push(entry.id);
                assert_eq!(journal.append(entry, Some(at(number))).await?, Appended::New);
            }
            Outcome::Ok(ids)
        });
    }
    let mut ids = BTreeSet::new();
    while let Some(writer) = writers.join_next().await {
        ids.extend(writer??);
    }
    let found: BTreeSet<_> = all(&*journal, &topic("a")?).await?.iter().map(|entry| entry.id).collect();
    assert_eq!(found, ids);
    Ok(())
}

/// Of many who append with one key at once, each about another subject, one is new, and all learn of that one.
pub async fn concurrent_appends_of_a_key_have_one_winner(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    for round in 0..8 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let journal = Arc::clone(&journal);
            let entry = seen("a", &format!("user {writer}"), round)?.with_key(format!("key {round}"));
            // With and without the condition on a moment ago, which takes another path.
            let since = (writer % 2 == 0).then_some(at(round));
            writers.spawn(async move { (entry.clone(), journal.append(entry, since).await) });
        }
        let winner = one_winner(writers).await?;
        let key = format!("key {round}");
        assert_eq!(journal.by_key(&winner.topic, &key).await?, Some(winner));
    }
    assert_eq!(all(&*journal, &topic("a")?).await?.len(), 8);
    Ok(())
}

/// Of many who append about one subject at once unless it was a moment ago, one is new.
pub async fn concurrent_appends_about_a_subject_have_one_winner(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    for round in 0..8 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let journal = Arc::clone(&journal);
            let entry = seen("a", "ada", round)?.with_key(format!("{writer} {round}"));
            writers.spawn(async move { (entry.clone(), journal.append(entry, Some(at(round))).await) });
        }
        one_winner(writers).await?;
    }
    assert_eq!(all(&*journal, &topic("a")?).await?.len(), 8);
    Ok(())
}

/// The one entry that is new; the others are answered with it.
async fn one_winner(
    mut writers: JoinSet<(JournalEntry, Result<Appended, StoreError>)>,
) -> Outcome<JournalEntry> {
    let (mut winners, mut named) = (Vec::new(), Vec::new());
    while let Some(writer) = writers.join_next().await {
        match writer? {
            (entry, Ok(Appended::New)) => winners.push(entry),
            (_, Ok(Appended::Repeated(winner) | Appended::Recent(winner))) => named.push(winner),
            (_, Err(error)) => return Err(error.into()),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let winner = winners.pop().ok_or("nobody is new")?;
    assert_eq!(named, vec![winner.clone(); usize::from(WRITERS) - 1]);
    Ok(winner)
}

/// Amendments of many who read, amend and try again after a conflict are all there.
pub async fn concurrent_amendments_lose_none(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let entry = seen("a", "ada", 1)?;
    journal.append(entry.clone(), None).await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (journal, name, id) = (Arc::clone(&journal), entry.topic.clone(), entry.id);
        writers.spawn(async move {
            loop {
                let mut present = journal.entry(&name, id).await?.ok_or("it is gone")?;
                present.body.insert(writer.to_string(), true.into());
                match journal.amend(present).await {
                    Err(StoreError::Conflict { .. }) => {}
                    outcome => return Outcome::Ok(outcome?),
                }
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    let amended = journal.entry(&entry.topic, entry.id).await?.ok_or("it is gone")?;
    assert_eq!((amended.body.len(), amended.revision), (usize::from(WRITERS), u32::from(WRITERS)));
    Ok(())
}

/// Entries, amendments and erasures are there when the journal is opened again, and keys are known.
pub async fn everything_is_there_after_reopening(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let name = topic("a")?;
    let kept = seen("a", "ada", 1)?.with_key("k");
    journal.append(kept.clone(), None).await?;
    journal.append(seen("a", "bob", 2)?, None).await?;
    journal.append(seen("b", "ada", 3)?, None).await?;
    journal.amend(kept.clone().with_subject("eve")).await?;
    journal.erase(&name, Erase::Subject("bob".to_owned())).await?;
    let expected = all(&*journal, &name).await?;
    assert_eq!(expected.len(), 1);
    drop(journal);

    let journal = harness.open_journal().await?;
    assert_eq!(all(&*journal, &name).await?, expected);
    assert_eq!(all(&*journal, &topic("b")?).await?.len(), 1);
    let repeated = journal.append(seen("a", "ada", 9)?.with_key("k"), None).await?;
    assert_eq!(Some(repeated), expected.first().cloned().map(Appended::Repeated));
    assert_eq!(journal.append(seen("a", "ada", 9)?, Some(at(0))).await?, Appended::New);
    Ok(())
}
