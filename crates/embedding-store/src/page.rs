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

    /// Which keys of a map by name the page and those after it are of, for stores whose cursor is the name that a
    /// page ended with (see [`Listing::from_records`]).
    #[must_use]
    pub fn bounds(&self) -> (Bound<&str>, Bound<&str>) {
        let start = self.after.as_ref().map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.as_str()));
        (start, Bound::Unbounded)
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

impl<T> Listing<T> {
    /// Makes a page of the records that it and those after it have, in name order; its cursor is the name that it
    /// ends with. At most `limit` and one more are taken.
    ///
    /// # Errors
    /// That of the first record on the page that could not be read.
    pub fn from_records<E>(
        records: impl IntoIterator<Item = Result<T, E>>,
        limit: NonZeroUsize,
        name: impl Fn(&T) -> &str,
    ) -> Result<Self, E> {
        let (items, next) = take_page(records, limit, |item| Cursor::new(name(item)))?;
        Ok(Self { items, next })
    }
}

/// The items of a page, and the cursor behind the last of them where there are more.
pub(crate) fn take_page<T, E, C>(
    items: impl IntoIterator<Item = Result<T, E>>,
    limit: NonZeroUsize,
    cursor: impl FnOnce(&T) -> C,
) -> Result<(Vec<T>, Option<C>), E> {
    let mut items = items.into_iter();
    let page = items.by_ref().take(limit.get()).collect::<Result<Vec<_>, E>>()?;
    // One beyond the page is looked for, so that no cursor leads to an empty page. Whether it is damaged is for the
    // page that it is on to report.
    let is_more = items.next().is_some();
    let next = page.last().filter(|_| is_more).map(cursor);
    Ok((page, next))
}
