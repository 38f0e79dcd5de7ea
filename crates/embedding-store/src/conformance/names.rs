//! Names: everything that may be a name is data, and no two names meet.

use std::slice;

use super::harness::{Harness, Outcome};
use super::specimens::{event, sample, user};
use crate::{EmbeddingStore, EmbeddingStoreExt, MAX_NAME_BYTES, MAX_NAME_CHARACTERS};

/// Paths, quotes, markup, other scripts, emoji, wildcards and escapes work as names of events and users.
pub async fn hostile_names_are_data(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let hostile = [
        "a/b",
        "/",
        "..",
        "../../etc/passwd",
        "C:\\NUL",
        "a.json",
        "%2F..%00",
        "\\0",
        "\\u0000",
        "' OR 1=1 --",
        "\"quoted\"",
        "<script>alert(1)</script>",
        "{{x}}",
        "${x}",
        "%",
        "_",
        "*",
        "?x=y&z#w",
        "a b",
        "-",
        "null",
        "山田 太郎",
        "محمد",
        "Ωμέγα",
        "👩\u{200D}👩\u{200D}👧",
        "a\u{200B}b",
        "\u{FFFD}",
        "\u{10FFFD}",
    ];
    for name in hostile {
        assert_eq!(store.append_sample(sample(name, name, 1)?).await?, 1, "{name}");
    }
    let mut expected = hostile.to_vec();
    expected.sort_unstable();
    let events = store.all_events().await?;
    assert!(events.iter().map(|event| event.name.as_str()).eq(expected.iter().copied()), "{events:?}");
    for name in hostile {
        let (event, user) = (event(name)?, user(name)?);
        let users = store.all_users(&event).await?;
        assert!(users.iter().map(|user| user.name.as_str()).eq([name]), "{users:?}");
        store.delete_user(&event, &user).await?;
        store.delete_event(&event).await?;
    }
    assert_eq!(store.all_events().await?, []);
    Ok(())
}

/// Beginnings of one another, names that differ in case or spelling only, and pairs of an event and a user
/// that read the same when joined are kept apart.
pub async fn names_that_resemble_each_other_stay_apart(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let events = ["a", "A", "aa", "a a", "a!", "a\u{A0}a", "a\u{200B}a", "a/", "a/b", "a\\0b", "ä", "ae"];
    let users = ["b", "B", "ab", "/b", "b/b", "b b", "bb", "b\u{300}", "a", "aab", "!"];
    let mut made = Vec::new();
    for (event, number) in events.into_iter().zip(0..) {
        for (user, place) in users.into_iter().zip(0..) {
            let theirs = sample(event, user, number * 100 + place)?;
            assert_eq!(store.append_sample(theirs.clone()).await?, 1, "{event}, {user}");
            made.push(theirs);
        }
    }
    for theirs in &made {
        assert_eq!(store.samples(theirs.event(), theirs.user()).await?, slice::from_ref(theirs));
    }
    store.delete_user(&event("a")?, &user("b")?).await?;
    store.delete_event(&event("a/")?).await?;
    for theirs in &made {
        let found = store.user(theirs.event(), theirs.user()).await?.is_some();
        let deleted = (theirs.event().as_str(), theirs.user().as_str()) == ("a", "b")
            || theirs.event().as_str() == "a/";
        assert_eq!(found, !deleted, "{}, {}", theirs.event(), theirs.user());
    }
    Ok(())
}

/// Names of the greatest length work, and those that differ in their last character stay apart.
pub async fn the_longest_names_work(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let long = "x".repeat(MAX_NAME_CHARACTERS - 1);
    let wide = "語".repeat(MAX_NAME_BYTES / 3 - 1);
    let names = [format!("{long}y"), format!("{long}z"), format!("{wide}山"), format!("{wide}川")];
    for event in &names {
        for user in &names {
            assert_eq!(store.append_sample(sample(event, user, 1)?).await?, 1, "{event}, {user}");
        }
    }
    for name in &names {
        let users = store.all_users(&event(name)?).await?;
        let mut expected = names.clone();
        expected.sort_unstable();
        assert!(
            users.iter().map(|user| user.name.as_str()).eq(expected.iter().map(String::as_str)),
            "{users:?}"
        );
    }
    Ok(())
}
