//! Lists by page.

use std::num::NonZeroUsize;

use serde_json::json;

use super::harness::{Harness, Outcome, Store};
use super::specimens::{event, new_event, sample, user};
use crate::{Cursor, EmbeddingStore, EventName, MAX_PAGE_BYTES, Page};

/// Pages of any size are full but for the last, name no next page when there is none, and make the list.
pub async fn pages_of_every_size_make_the_whole_list(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for name in names {
        store.append_sample(sample("conference", name, 1)?).await?;
        store.append_sample(sample("conference", name, 2)?).await?;
        store.create_event(new_event(name)?).await?;
    }
    let list = event("conference")?;
    for limit in 1..=9 {
        let limit = NonZeroUsize::new(limit).ok_or("a limit is not zero")?;
        let pages = user_pages(&store, &list, limit).await?;
        assert_eq!(pages.len(), names.len().div_ceil(limit.get()));
        let full = pages.len() - 1;
        assert!(pages.iter().take(full).all(|page| page.len() == limit.get()), "{pages:?}");
        assert_eq!(pages.concat(), names);
        assert_eq!(
            event_pages(&store, limit).await?.concat(),
            ["a", "b", "c", "conference", "d", "e", "f", "g"]
        );
    }
    assert_eq!(user_pages(&store, &event("a")?, NonZeroUsize::MIN).await?, [Vec::<String>::new()]);
    Ok(())
}

/// Names come by code points: `Z` before `a`, and a character outside of the BMP after those inside.
pub async fn lists_go_by_code_points(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let names = ["!", "10", "9", "Z", "a", "a!", "aa", "b", "é", "山", "\u{FFFD}", "😀"];
    for name in names.iter().rev() {
        store.append_sample(sample(name, name, 1)?).await?;
        store.append_sample(sample("conference", name, 1)?).await?;
    }
    let two = NonZeroUsize::MIN.saturating_add(1);
    assert_eq!(user_pages(&store, &event("conference")?, two).await?.concat(), names);
    store.delete_event(&event("conference")?).await?;
    assert_eq!(event_pages(&store, two).await?.concat(), names);
    Ok(())
}

/// Items that are there throughout are seen exactly once, though others come and go, the one that the
/// cursor stands at among them.
pub async fn a_cursor_stays_good_while_the_list_changes(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let list = event("conference")?;
    for name in ["b", "d", "f", "h"] {
        store.append_sample(sample("conference", name, 1)?).await?;
    }
    let first = store.list_users(&list, Page::first(NonZeroUsize::MIN.saturating_add(1))).await?;
    let seen: Vec<_> = first.items.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(seen, ["b", "d"]);

    store.delete_user(&list, &user("d")?).await?;
    store.delete_user(&list, &user("f")?).await?;
    for name in ["a", "c", "e", "g"] {
        store.append_sample(sample("conference", name, 2)?).await?;
    }
    let rest = Page { after: first.next, limit: NonZeroUsize::MIN.saturating_add(9) };
    let rest = store.list_users(&list, rest).await?;
    let seen: Vec<_> = rest.items.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(seen, ["e", "g", "h"]);
    assert_eq!(rest.next, None);
    Ok(())
}

/// A cursor that went out as text and came back is as good.
pub async fn a_cursor_survives_as_text(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    for name in ["a&b=c", "ü/ö", "😀"] {
        store.create_event(new_event(name)?).await?;
    }
    let mut page = Page::first(NonZeroUsize::MIN);
    let mut seen = Vec::new();
    loop {
        let listing = store.list_events(page).await?;
        seen.extend(listing.items.into_iter().map(|event| event.name.as_str().to_owned()));
        let Some(next) = listing.next else { break };
        let text = String::from(next.as_str());
        page = Page { after: Some(Cursor::new(&text)), limit: NonZeroUsize::MIN };
    }
    assert_eq!(seen, ["a&b=c", "ü/ö", "😀"]);
    Ok(())
}

/// A page ends before it has more bytes than it may, and its cursor goes on from there; a record that alone has as
/// many is a page of its own. Nothing is left out.
pub async fn a_page_ends_where_its_bytes_do(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let list = event("conference")?;
    let third = json!("x".repeat(MAX_PAGE_BYTES / 3 - 1000));
    let nearly_all = json!("x".repeat(MAX_PAGE_BYTES - 1000));
    for (name, value) in
        [("a", &third), ("b", &third), ("c", &third), ("d", &third), ("e", &nearly_all), ("f", &third)]
    {
        store.append_sample(sample("conference", name, 1)?).await?;
        let mut record = store.user(&list, &user(name)?).await?.ok_or("a user has just come")?;
        record.metadata.insert("text".to_owned(), value.clone());
        store.update_user(record).await?;
        let mut record = new_event(name)?;
        record.metadata.insert("text".to_owned(), value.clone());
        store.create_event(record).await?;
    }
    let limit = NonZeroUsize::MIN.saturating_add(99);
    let expected = [vec!["a", "b", "c"], vec!["d"], vec!["e"], vec!["f"]];
    assert_eq!(user_pages(&store, &list, limit).await?, expected);
    let expected = [vec!["a", "b", "c", "conference"], vec!["d"], vec!["e"], vec!["f"]];
    assert_eq!(event_pages(&store, limit).await?, expected);
    Ok(())
}

async fn user_pages(store: &Store, event: &EventName, limit: NonZeroUsize) -> Outcome<Vec<Vec<String>>> {
    let mut pages = Vec::new();
    let mut page = Page::first(limit);
    loop {
        let listing = store.list_users(event, page).await?;
        pages.push(listing.items.into_iter().map(|user| user.name.as_str().to_owned()).collect());
        match listing.next {
            Some(next) => page = Page { after: Some(next), limit },
            None => return Ok(pages),
        }
    }
}

async fn event_pages(store: &Store, limit: NonZeroUsize) -> Outcome<Vec<Vec<String>>> {
    let mut pages = Vec::new();
    let mut page = Page::first(limit);
    loop {
        let listing = store.list_events(page).await?;
        pages.push(listing.items.into_iter().map(|event| event.name.as_str().to_owned()).collect());
        match listing.next {
            Some(next) => page = Page { after: Some(next), limit },
            None => return Ok(pages),
        }
    }
}
