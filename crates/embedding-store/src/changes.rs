//! What others change in a store that several share.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::{EventName, Username};

/// One change by another, or a gap in what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// An event was created, changed or deleted.
    Event(EventName),
    /// A user was created, changed or deleted, or the user's samples were.
    User(EventName, Username),
    /// From now on changes may be missed.
    Interrupted,
    /// Changes are seen again, and some may have been missed: everything is to be read again.
    Everything,
}

/// The changes of others, as they come. Dropping it ends the watch.
// Boxed, so that each store can have a stream of its own kind behind a trait that is used as an object.
pub struct ChangeFeed(Pin<Box<dyn Stream<Item = Change> + Send>>);

impl ChangeFeed {
    /// Takes the changes from a stream.
    #[must_use]
    pub fn new(changes: impl Stream<Item = Change> + Send + 'static) -> Self {
        Self(Box::pin(changes))
    }
}

impl Stream for ChangeFeed {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for ChangeFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeFeed")
    }
}
