//! Erasure from a journal.

use time::Duration;

use super::harness::{JournalHarness, Outcome};
use super::journal::{all, seen, topic};
use super::specimens::at;
use crate::{Appended, Erase, JournalEntry};

/// All entries about a subject go, of every kind, and their keys are free; those about others stay.
pub async fn a_subject_is_erased_and_the_others_stay(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let name = topic("a")?;
    let gone = seen("a", "ada", 1)?.with_key("k");
    let kept = [
        seen("a", "ada 2", 2)?.with_key("k2"),
        seen("a", "ad", 3)?,
        JournalEntry::new(name.clone(), "seen", at(4)),
    ];
    journal.append(gone.clone(), None).await?;
    journal.append(JournalEntry { kind: "left".to_owned(), ..seen("a", "ada", 5)? }, None).await?;
    for entry in &kept {
        journal.append(entry.clone(), None).await?;
    }
    journal.append(seen("b", "ada", 1)?, None).await?;

    for count in [2, 0] {
        assert_eq!(journal.erase(&name, Erase::Subject("ada".to_owned())).await?, count);
    }
    assert_eq!(all(&*journal, &name).await?, kept);
    assert_eq!(all(&*journal, &topic("b")?).await?.len(), 1);
    assert_eq!(journal.entry(&name, gone.id).await?, None);
    assert_eq!(journal.by_key(&name, "k").await?, None);
    assert_eq!(journal.latest(&name, "ada", "seen").await?, None);
    assert_eq!(journal.append(gone, Some(at(0))).await?, Appended::New);
    Ok(())
}

/// What is before a time goes, to the nanosecond, and what is at it stays.
pub async fn what_is_before_a_time_is_erased(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let name = topic("a")?;
    let mut just_before = seen("a", "bob", 20)?.with_key("k");
    just_before.time -= Duration::nanoseconds(1);
    let (old, kept) = (seen("a", "ada", -2_000_000_000)?, [seen("a", "ada", 20)?, seen("a", "ada", 30)?]);
    for entry in [&just_before, &old].into_iter().chain(&kept) {
        journal.append(entry.clone(), None).await?;
    }
    journal.append(seen("b", "ada", 1)?, None).await?;
    for count in [2, 0] {
        assert_eq!(journal.erase(&name, Erase::Before(at(20))).await?, count);
    }
    assert_eq!(all(&*journal, &name).await?, kept);
    assert_eq!(all(&*journal, &topic("b")?).await?.len(), 1);
    assert_eq!(journal.append(just_before, Some(at(0))).await?, Appended::New);
    assert_eq!(journal.append(old, None).await?, Appended::New);
    Ok(())
}

/// A topic goes whole, those that resemble it stay, and nothing of it is in the way afterwards.
pub async fn a_whole_topic_is_erased_and_starts_anew(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let names = ["a", "a/b", "a ", "A", "ab"];
    for name in names {
        journal.append(seen(name, "ada", 1)?.with_key("k"), None).await?;
        journal.append(JournalEntry::new(topic(name)?, "seen", at(2)), None).await?;
    }
    for count in [2, 0] {
        assert_eq!(journal.erase(&topic("a")?, Erase::All).await?, count);
    }
    for name in names {
        let left = if name == "a" { 0 } else { 2 };
        assert_eq!(all(&*journal, &topic(name)?).await?.len(), left, "{name}");
    }
    let anew = seen("a", "ada", 1)?.with_key("k");
    assert_eq!(journal.append(anew.clone(), Some(at(0))).await?, Appended::New);
    assert_eq!(all(&*journal, &topic("a")?).await?, [anew]);
    Ok(())
}
