//! Reading long lists page by page, in name order.

use std::num::NonZeroUsize;
use std::ops::Bound;
use std::sync::Arc;

/// Which part of a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<Cursor>,
    /// At most this many items.
    pub limit: NonZeroUsize,
}

impl Page {
    /// The first `limit` items.
    #[must_use]
    pub fn first(limit: NonZeroUsize) -> Self {
        Self { after: None, limit }
    }
}

/// A place in a list. Opaque to callers: only the store that made it gives it a meaning.
///
/// A cursor stays good when the list changes: items that were there throughout are seen exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Arc<str>);

impl Cursor {
    /// Takes a place, either a store's own or one that [`Cursor::as_str`] gave out.
    #[must_use]
    pub fn new(place: &str) -> Self {
        Self(Arc::from(place))
    }

    /// The place as text, to hand to a client and take back.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The items, in name order (by code points).
    pub items: Vec<T>,
    /// Where the next page starts; `None` when there is none.
    pub next: Option<Cursor>,
}

/// Where a page starts in a map by name, for stores whose cursor is the name that a page ended with.
pub(crate) fn after(page: &Page) -> (Bound<&str>, Bound<&str>) {
    let start = page.after.as_ref().map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.as_str()));
    (start, Bound::Unbounded)
}

/// The page of a map by name whose `entries` start where [`after`] says.
pub(crate) fn list<'a, N: AsRef<str> + 'a, S: 'a, T>(
    mut entries: impl Iterator<Item = (&'a N, &'a S)>,
    page: &Page,
    record: impl Fn(&S) -> T,
) -> Listing<T> {
    let mut items = Vec::new();
    let mut last = None;
    for (name, entry) in entries.by_ref().take(page.limit.get()) {
        items.push(record(entry));
        last = Some(name);
    }
    // One entry beyond the page is looked for, so that no cursor leads to an empty page.
    let next = last.filter(|_| entries.next().is_some()).map(|name| Cursor::new(name.as_ref()));
    Listing { items, next }
}
