//! Reading long lists page by page, in name order.

use std::io;
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::sync::Arc;

use serde::Serialize;

/// Which part of a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<Cursor>,
    /// At most this many items; a page ends earlier where they would be more than [`MAX_PAGE_BYTES`].
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

/// Most bytes that the records of a page have together, as JSON. A record that alone has more is a page of its own.
pub const MAX_PAGE_BYTES: usize = 1 << 20;

/// How much more a page may have, by count and by bytes.
#[derive(Debug)]
pub struct PageRoom {
    items: usize,
    /// `None` as long as the page is empty: its first record has room whatever its size.
    bytes: Option<usize>,
}

impl PageRoom {
    /// Room for a page of at most `limit` records and [`MAX_PAGE_BYTES`].
    #[must_use]
    pub fn new(limit: NonZeroUsize) -> Self {
        Self { items: limit.get(), bytes: None }
    }

    /// Whether the page has as many records as were asked for.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.items == 0
    }

    /// Takes up the room of a record; `false` when there is not enough of it, and the page ends before it.
    pub fn takes(&mut self, record: &impl Serialize) -> bool {
        let mut length = Length(0);
        // What cannot be written as JSON was not read from it either.
        if self.is_full() || serde_json::to_writer(&mut length, record).is_err() {
            return false;
        }
        let left = self
            .bytes
            .map_or(Some(MAX_PAGE_BYTES.saturating_sub(length.0)), |left| left.checked_sub(length.0));
        if left.is_some() {
            (self.items, self.bytes) = (self.items - 1, left);
        }
        left.is_some()
    }
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: Serialize> Listing<T> {
    /// Makes a page of the records that it and those after it have, in name order; its cursor is the name that it
    /// ends with. At most `limit` and one more are taken, and none behind what is beyond [`MAX_PAGE_BYTES`].
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
pub(crate) fn take_page<T: Serialize, E, C>(
    items: impl IntoIterator<Item = Result<T, E>>,
    limit: NonZeroUsize,
    cursor: impl FnOnce(&T) -> C,
) -> Result<(Vec<T>, Option<C>), E> {
    let (mut page, mut room) = (Vec::new(), PageRoom::new(limit));
    for item in items {
        // One beyond the page is looked for, so that no cursor leads to an empty page. Whether it is damaged is for
        // the page that it is on to report.
        let item = if room.is_full() { None } else { Some(item?) };
        match item.filter(|item| room.takes(item)) {
            Some(item) => page.push(item),
            None => {
                let next = page.last().map(cursor);
                return Ok((page, next));
            }
        }
    }
    Ok((page, None))
}
