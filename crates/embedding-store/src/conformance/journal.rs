//! The journal: append, repetition, amendment, and what an entry may say.

use std::slice;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::checks::{assert_conflict, assert_not_found, assert_unstorable};
use super::harness::{JournalHarness, Outcome};
use super::specimens::at;
use crate::{Appended, Erase, Journal, JournalEntry, JournalPage, Metadata, Topic};

pub(super) fn topic(text: &str) -> Outcome<Topic> {
    Ok(Topic::new(text)?)
}

/// An entry of kind `seen`.
pub(super) fn seen(topic_name: &str, subject: &str, seconds: i64) -> Outcome<JournalEntry> {
    Ok(JournalEntry::new(topic(topic_name)?, "seen", at(seconds)).with_subject(subject))
}

/// All entries of a topic, oldest first.
pub(super) async fn all(journal: &dyn Journal, topic: &Topic) -> Outcome<Vec<JournalEntry>> {
    let listing = journal.list(topic, JournalPage::oldest(super::specimens::limit(1000)?)).await?;
    assert_eq!(listing.next, None);
    Ok(listing.items)
}

/// An entry is there, whole, by id, by key, as the latest and in the list, as soon as the append has returned.
pub async fn an_appended_entry_reads_back(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let mut body = Metadata::new();
    body.insert("distance".to_owned(), 0.123_456_789_012_345_67.into());
    body.insert("of".to_owned(), serde_json::json!({"a": [1, null, "\0 é"]}));
    let entry = seen("a", "ada", 1)?.with_key("k").with_body(body);
    assert_eq!(journal.append(entry.clone(), None).await?, Appended::New);
    assert_eq!(journal.entry(&entry.topic, entry.id).await?, Some(entry.clone()));
    assert_eq!(journal.by_key(&entry.topic, "k").await?, Some(entry.clone()));
    assert_eq!(journal.latest(&entry.topic, "ada", "seen").await?, Some(entry.clone()));
    assert_eq!(all(&*journal, &entry.topic).await?, [entry]);
    // Before 1970: to find out a journal that keeps times without a sign.
    let bare = JournalEntry::new(topic("b")?, "k", OffsetDateTime::UNIX_EPOCH - Duration::days(1));
    assert_eq!(journal.append(bare.clone(), None).await?, Appended::New);
    assert_eq!(all(&*journal, &bare.topic).await?, [bare]);
    Ok(())
}

/// What was never appended is absent, and another topic's entries are not there.
pub async fn what_was_never_appended_is_absent(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let entry = seen("a", "ada", 1)?.with_key("k");
    journal.append(entry.clone(), None).await?;
    let other = topic("b")?;
    assert_eq!(journal.entry(&other, entry.id).await?, None);
    assert_eq!(journal.entry(&entry.topic, Uuid::nil()).await?, None);
    assert_eq!(journal.by_key(&other, "k").await?, None);
    assert_eq!(journal.by_key(&entry.topic, "K").await?, None);
    assert_eq!(journal.latest(&other, "ada", "seen").await?, None);
    assert_eq!(journal.latest(&entry.topic, "ada", "see").await?, None);
    assert_eq!(journal.latest(&entry.topic, "ad", "seen").await?, None);
    assert_eq!(all(&*journal, &other).await?, []);
    assert_not_found(journal.amend(JournalEntry { topic: other.clone(), ..entry }).await);
    assert_eq!(journal.erase(&other, Erase::All).await?, 0);
    Ok(())
}

/// The very entry again is answered with what is there, with a key and without one, so that a caller who got no
/// answer can ask again.
pub async fn the_same_entry_again_changes_nothing(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    for entry in [seen("a", "ada", 1)?, seen("b", "ada", 1)?.with_key("k")] {
        journal.append(entry.clone(), None).await?;
        for since in [None, Some(at(0))] {
            let again = journal.append(entry.clone(), since).await?;
            assert_eq!(again, Appended::Repeated(entry.clone()));
        }
        let altered = JournalEntry { kind: "other".to_owned(), ..entry.clone() };
        assert_eq!(journal.append(altered, None).await?, Appended::Repeated(entry.clone()));
        assert_eq!(all(&*journal, &entry.topic).await?, [entry]);
    }
    Ok(())
}

/// The first entry of a key stays, whatever the second one says; in another topic the key is free.
pub async fn a_key_has_one_entry_in_its_topic(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let first = seen("a", "ada", 1)?.with_key("k");
    assert_eq!(journal.append(first.clone(), None).await?, Appended::New);
    let second = seen("a", "bob", 2)?.with_key("k");
    assert_eq!(journal.append(second, None).await?, Appended::Repeated(first.clone()));
    assert_eq!(journal.append(seen("b", "bob", 2)?.with_key("k"), None).await?, Appended::New);
    assert_eq!(journal.append(seen("a", "bob", 2)?.with_key("k2"), None).await?, Appended::New);
    assert_eq!(journal.append(seen("a", "bob", 2)?, None).await?, Appended::New);
    assert_eq!(journal.append(seen("a", "bob", 2)?, None).await?, Appended::New, "no key is no key");
    assert_eq!(journal.by_key(&first.topic, "k").await?, Some(first.clone()));
    assert_eq!(all(&*journal, &first.topic).await?.len(), 4);
    Ok(())
}

/// The newest entry of the same kind and subject at the time or later keeps another out, to the nanosecond.
pub async fn an_entry_of_a_moment_ago_keeps_another_out(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    for seconds in [10, 30, 20] {
        journal.append(seen("a", "ada", seconds)?, None).await?;
    }
    let newest = journal.latest(&topic("a")?, "ada", "seen").await?.ok_or("it is gone")?;
    assert_eq!(newest.time, at(30));
    for since in [at(0), at(20), at(30)] {
        let kept_out = journal.append(seen("a", "ada", 40)?, Some(since)).await?;
        assert_eq!(kept_out, Appended::Recent(newest.clone()), "since {since}");
    }
    let just_after = Some(at(30) + Duration::nanoseconds(1));
    assert_eq!(journal.append(seen("a", "ad", 40)?, Some(at(0))).await?, Appended::New);
    assert_eq!(journal.append(seen("b", "ada", 40)?, Some(at(0))).await?, Appended::New);
    let other_kind = JournalEntry { kind: "left".to_owned(), ..seen("a", "ada", 40)? };
    assert_eq!(journal.append(other_kind, Some(at(0))).await?, Appended::New);
    assert_eq!(journal.append(seen("a", "ada", 40)?, just_after).await?, Appended::New);
    assert_eq!(journal.append(seen("a", "ada", 40)?, None).await?, Appended::New);
    Ok(())
}

/// An entry of a time to come keeps out only what is as near to it as an earlier one would have to be.
pub async fn an_entry_of_a_time_to_come_keeps_nothing_out_for_long(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let to_come = seen("a", "ada", 100)?;
    journal.append(to_come.clone(), None).await?;
    let kept_out = journal.append(seen("a", "ada", 90)?, Some(at(80))).await?;
    assert_eq!(kept_out, Appended::Recent(to_come));
    assert_eq!(journal.append(seen("a", "ada", 89)?, Some(at(79))).await?, Appended::New);
    Ok(())
}

/// Entries about nobody are of one subject, which is no one's name.
pub async fn an_entry_about_nobody_keeps_another_out(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let about_nobody =
        |seconds| Ok::<_, crate::InvalidTopic>(JournalEntry::new(Topic::new("a")?, "seen", at(seconds)));
    let first = about_nobody(10)?;
    journal.append(first.clone(), None).await?;
    assert_eq!(journal.append(about_nobody(20)?, Some(at(10))).await?, Appended::Recent(first));
    assert_eq!(journal.append(seen("a", "ada", 20)?, Some(at(10))).await?, Appended::New);
    assert_eq!(journal.append(about_nobody(20)?, Some(at(11))).await?, Appended::New);
    assert_eq!(journal.latest(&topic("a")?, "", "seen").await?, None);
    Ok(())
}

/// A request that comes again is answered with its own entry, though it was a moment ago.
pub async fn a_repeated_key_counts_before_a_recent_entry(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let first = seen("a", "ada", 10)?.with_key("k");
    journal.append(first.clone(), Some(at(0))).await?;
    journal.append(seen("a", "ada", 20)?, None).await?;
    let again = seen("a", "ada", 30)?.with_key("k");
    assert_eq!(journal.append(again, Some(at(0))).await?, Appended::Repeated(first));
    Ok(())
}

/// An amendment replaces kind, subject and body. The former subject is free of the entry, the new one has it;
/// time, id and key stay, whatever the amendment says of them.
pub async fn an_amended_entry_is_about_its_new_subject(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let entry = seen("a", "ada", 10)?.with_key("k");
    let name = entry.topic.clone();
    journal.append(entry.clone(), None).await?;
    let mut amended = JournalEntry { time: at(99), key: None, ..entry.clone() }.with_subject("bob");
    amended.kind = "corrected".to_owned();
    amended.body.insert("was".to_owned(), "ada".into());
    journal.amend(amended.clone()).await?;

    let expected = JournalEntry { time: at(10), key: entry.key, revision: 1, ..amended };
    assert_eq!(all(&*journal, &name).await?, slice::from_ref(&expected));
    assert_eq!(journal.by_key(&name, "k").await?, Some(expected.clone()));
    assert_eq!(journal.latest(&name, "ada", "seen").await?, None);
    assert_eq!(journal.latest(&name, "bob", "seen").await?, None);
    assert_eq!(journal.latest(&name, "bob", "corrected").await?, Some(expected.clone()));
    assert_eq!(journal.append(seen("a", "ada", 20)?, Some(at(0))).await?, Appended::New);
    assert_eq!(journal.erase(&name, Erase::Subject("bob".to_owned())).await?, 1);

    let nobody = JournalEntry::new(name.clone(), "void", at(30));
    journal.append(nobody.clone(), None).await?;
    journal.amend(nobody.clone().with_subject("eve")).await?;
    let voided = JournalEntry { subject: None, revision: 1, ..nobody };
    journal.amend(voided.clone()).await?;
    let expected = JournalEntry { revision: 2, ..voided };
    assert_eq!(journal.entry(&name, expected.id).await?, Some(expected));
    assert_eq!(journal.latest(&name, "eve", "void").await?, None);
    Ok(())
}

/// Whoever amends what somebody else has amended in between gets a conflict, and changes nothing.
pub async fn an_amendment_of_another_revision_conflicts(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let entry = seen("a", "ada", 10)?;
    assert_not_found(journal.amend(entry.clone()).await);
    journal.append(entry.clone(), None).await?;
    journal.amend(entry.clone().with_subject("bob")).await?;
    for revision in [0, 2] {
        let stale = JournalEntry { revision, ..entry.clone().with_subject("eve") };
        assert_conflict(journal.amend(stale).await);
    }
    let found = journal.entry(&entry.topic, entry.id).await?.ok_or("it is gone")?;
    assert_eq!((found.subject.as_deref(), found.revision), (Some("bob"), 1));
    Ok(())
}

/// Quotes, wildcards, markup and every script are data, in topics, kinds, subjects and keys.
pub async fn hostile_texts_are_data(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let longest = "é".repeat(256);
    let texts = [
        "'; DROP TABLE journal; --",
        "%",
        "_",
        "a%",
        "a",
        "A",
        "a ",
        " a",
        "a/b",
        "a/../b",
        "\\",
        "\"",
        "{}",
        "<b>",
        "山田 太郎",
        "محمد",
        "\u{10FFFD}",
        "a\u{200B}b",
        "Zoe\u{308}",
        "Zoë",
        "null",
        longest.as_str(),
    ];
    for text in texts {
        let entry = JournalEntry::new(topic(text)?, text, at(1)).with_subject(text).with_key(text);
        assert_eq!(journal.append(entry, Some(at(0))).await?, Appended::New, "{text}");
        let other = JournalEntry::new(topic("all")?, "seen", at(1)).with_subject(text).with_key(text);
        assert_eq!(journal.append(other, Some(at(0))).await?, Appended::New, "{text}");
    }
    for text in texts {
        let found = all(&*journal, &topic(text)?).await?;
        assert_eq!(found.len(), 1, "{text}");
        let entry = found.first().ok_or("it is gone")?;
        assert_eq!((entry.topic.as_str(), entry.kind.as_str()), (text, text));
        for name in [text, "all"] {
            let found = journal.by_key(&topic(name)?, text).await?.ok_or("it is gone")?;
            assert_eq!(found.subject.as_deref(), Some(text));
        }
        assert_eq!(
            journal.latest(&topic("all")?, text, "seen").await?.and_then(|e| e.key).as_deref(),
            Some(text)
        );
        assert_eq!(journal.erase(&topic("all")?, Erase::Subject(text.to_owned())).await?, 1, "{text}");
    }
    Ok(())
}

/// Texts that no entry can have, such as a client may send, find nothing and are no error.
pub async fn texts_that_no_entry_has_find_nothing(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let name = topic("a")?;
    journal.append(seen("a", "ada", 1)?.with_key("k"), None).await?;
    journal.append(JournalEntry::new(name.clone(), "seen", at(1)), None).await?;
    for text in ["", "\0", "ada\0", "k\0", "a\nb", &"x".repeat(513), &"x".repeat(100_000)] {
        assert_eq!(journal.by_key(&name, text).await?, None);
        assert_eq!(journal.latest(&name, text, "seen").await?, None);
        assert_eq!(journal.latest(&name, "ada", text).await?, None);
        let page = JournalPage::oldest(super::specimens::limit(9)?);
        let by_subject = JournalPage { subject: Some(text.to_owned()), ..page.clone() };
        assert_eq!(journal.list(&name, by_subject).await?.items, []);
        let by_kind = JournalPage { kind: Some(text.to_owned()), ..page };
        assert_eq!(journal.list(&name, by_kind).await?.items, []);
        assert_eq!(journal.erase(&name, Erase::Subject(text.to_owned())).await?, 0);
    }
    assert_eq!(all(&*journal, &name).await?.len(), 2);
    Ok(())
}

/// What could not be read back is refused, by an append and an amendment alike, and changes nothing.
pub async fn what_cannot_be_stored_is_refused(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let entry = seen("a", "ada", 1)?;
    journal.append(entry.clone(), None).await?;
    let mut deep = serde_json::Value::Null;
    for _ in 0..crate::MAX_METADATA_DEPTH {
        deep = serde_json::json!([deep]);
    }
    let long = serde_json::Value::from("x".repeat(crate::MAX_RECORD_BYTES));
    let mut bad = vec![
        JournalEntry { time: OffsetDateTime::UNIX_EPOCH + Duration::days(300 * 366), ..entry.clone() },
        JournalEntry { kind: String::new(), ..entry.clone() },
    ];
    for text in ["", "a\0", "a\nb", &"x".repeat(513)] {
        bad.push(JournalEntry { kind: text.to_owned(), ..entry.clone() });
        bad.push(entry.clone().with_subject(text));
        bad.push(entry.clone().with_key(text));
    }
    for value in [deep, long] {
        bad.push(entry.clone().with_body(Metadata::from_iter([("a".to_owned(), value)])));
    }
    for bad in bad {
        assert_unstorable(journal.amend(bad.clone()).await);
        assert_unstorable(journal.append(JournalEntry { id: Uuid::now_v7(), ..bad }, None).await);
    }
    assert_eq!(all(&*journal, &entry.topic).await?, [entry]);
    Ok(())
}
