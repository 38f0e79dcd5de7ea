//! Lists of a journal: order, pages from either end, filters.

use serde_json::json;
use time::Duration;

use super::harness::{JournalHarness, Outcome};
use super::journal::{all, seen, topic};
use super::specimens::{at, limit};
use crate::{Journal, JournalCursor, JournalEntry, JournalPage, MAX_PAGE_BYTES, Topic};

/// Entries come by time, to the nanosecond, then by id, whatever the order of their appends.
pub async fn entries_come_by_time_and_then_by_id(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let early = seen("a", "ada", -2_000_000_000)?;
    let mut expected = vec![early, seen("a", "ada", 1)?, seen("a", "bob", 1)?, seen("a", "ada", 1)?];
    let mut after = seen("a", "ada", 1)?;
    after.time += Duration::nanoseconds(1);
    expected.push(after);
    expected.push(seen("a", "eve", 2)?);
    for place in [5, 2, 0, 4, 1, 3] {
        let entry: &JournalEntry = expected.get(place).ok_or("there are six")?;
        journal.append(entry.clone(), None).await?;
    }
    assert_eq!(all(&*journal, &topic("a")?).await?, expected);
    let newest = journal.list(&topic("a")?, JournalPage::newest(limit(9)?)).await?;
    expected.reverse();
    assert_eq!(newest.items, expected);
    Ok(())
}

/// Pages of any size, from either end, are full but for the last, name no next page when there is none, and
/// make the whole topic; cursors go through text.
pub async fn pages_of_every_size_make_the_whole_topic(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let mut expected = Vec::new();
    for number in 0..7 {
        let entry = seen("a", "ada", number / 2)?;
        journal.append(entry.clone(), None).await?;
        journal.append(seen("b", "ada", number)?, None).await?;
        expected.push(entry);
    }
    for newest_first in [false, true] {
        for size in 1..=9 {
            let page = JournalPage { newest_first, ..JournalPage::oldest(limit(size)?) };
            let pages = pages(&*journal, &topic("a")?, page).await?;
            assert_eq!(pages.len(), expected.len().div_ceil(size));
            let full = pages.len() - 1;
            assert!(pages.iter().take(full).all(|page| page.len() == size), "{size}");
            assert_eq!(pages.concat(), expected, "{size}, newest first: {newest_first}");
        }
        expected.reverse();
    }
    Ok(())
}

/// A page ends, from either end, before it has more bytes than it may; nothing is left out.
pub async fn a_page_ends_where_its_bytes_do(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let mut expected = Vec::new();
    for number in 0..5 {
        let mut entry = seen("a", "ada", number)?;
        entry.body.insert("text".to_owned(), json!("x".repeat(MAX_PAGE_BYTES / 2 - 1000)));
        journal.append(entry.clone(), None).await?;
        expected.push(entry);
    }
    for newest_first in [false, true] {
        let page = JournalPage { newest_first, ..JournalPage::oldest(limit(100)?) };
        let pages = pages(&*journal, &topic("a")?, page).await?;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(pages.concat() == expected, "newest first: {newest_first}");
        expected.reverse();
    }
    Ok(())
}

/// A subject, a kind and times, each alone and together, from either end and page by page. `since` is the first
/// time that counts, `until` the first that does not.
pub async fn filters_leave_out_the_others(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let mut entries = Vec::new();
    for seconds in 0..12 {
        let subject =
            ["ada", "ada 2", "bob"].into_iter().cycle().nth(usize::try_from(seconds)?).ok_or("none")?;
        let mut entry = seen("a", subject, seconds)?;
        if seconds % 2 == 0 {
            entry.kind = "left".to_owned();
        }
        if seconds == 5 {
            entry.subject = None;
        }
        journal.append(entry.clone(), None).await?;
        entries.push(entry);
    }
    let text = |text: &str| Some(text.to_owned());
    for subject in [None, text("ada"), text("bob"), text("nobody")] {
        for kind in [None, text("seen"), text("left"), text("other")] {
            for (since, until) in
                [(None, None), (Some(3), None), (None, Some(9)), (Some(3), Some(9)), (Some(9), Some(3))]
            {
                let (since, until) = (since.map(at), until.map(at));
                let is_due = |entry: &&JournalEntry| {
                    (subject.is_none() || entry.subject == subject)
                        && kind.as_ref().is_none_or(|kind| entry.kind == *kind)
                        && since.is_none_or(|since| entry.time >= since)
                        && until.is_none_or(|until| entry.time < until)
                };
                let mut expected: Vec<_> = entries.iter().filter(is_due).cloned().collect();
                for newest_first in [false, true] {
                    let (subject, kind, limit) = (subject.clone(), kind.clone(), limit(2)?);
                    let page = JournalPage { newest_first, after: None, limit, subject, kind, since, until };
                    let context = format!("{page:?}");
                    assert_eq!(pages(&*journal, &topic("a")?, page).await?.concat(), expected, "{context}");
                    expected.reverse();
                }
            }
        }
    }
    Ok(())
}

/// Entries that are there throughout are seen exactly once, though others come and go, the one that the cursor
/// stands at among them.
pub async fn a_cursor_stays_good_while_the_topic_changes(harness: &dyn JournalHarness) -> Outcome {
    let journal = harness.open_journal().await?;
    let name = topic("a")?;
    for seconds in [2, 4, 6, 8] {
        journal.append(seen("a", &format!("user {seconds}"), seconds)?, None).await?;
    }
    let first = journal.list(&name, JournalPage::oldest(limit(2)?)).await?;
    journal.erase(&name, crate::Erase::Subject("user 4".to_owned())).await?;
    journal.erase(&name, crate::Erase::Subject("user 6".to_owned())).await?;
    for seconds in [1, 3, 5, 7] {
        journal.append(seen("a", "late", seconds)?, None).await?;
    }
    let seconds =
        |entries: &[JournalEntry]| entries.iter().map(|entry| entry.time - at(0)).collect::<Vec<_>>();
    let rest = JournalPage { after: first.next, ..JournalPage::oldest(limit(9)?) };
    assert_eq!(seconds(&journal.list(&name, rest).await?.items), [5, 7, 8].map(Duration::seconds));

    let last = first.items.last().ok_or("the page is empty")?;
    let (after, limit) = (Some(JournalCursor::from(last)), limit(9)?);
    let back = JournalPage { after, ..JournalPage::newest(limit) };
    assert_eq!(seconds(&journal.list(&name, back).await?.items), [3, 2, 1].map(Duration::seconds));
    Ok(())
}

async fn pages(
    journal: &dyn Journal,
    topic: &Topic,
    mut page: JournalPage,
) -> Outcome<Vec<Vec<JournalEntry>>> {
    let mut pages = Vec::new();
    loop {
        let listing = journal.list(topic, page.clone()).await?;
        pages.push(listing.items);
        match listing.next {
            Some(next) => page.after = Some(next.to_string().parse()?),
            None => return Ok(pages),
        }
    }
}
