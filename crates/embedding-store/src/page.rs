//! Reading long lists page by page, in name order.

use std::num::NonZeroUsize;
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
