//! Whose turn it is on a connection: the client's to send a request, or the server's to answer one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

/// What one connection is about, known to its stream and to the middleware.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Requests that were begun.
    begun: Cell<u64>,
    is_serving: Cell<bool>,
    /// Bytes that the request in service may still send.
    may_send: Cell<u64>,
    /// Whether the request in service was the last: its body was not wanted to its end.
    is_last: Cell<bool>,
    is_in_chunks: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl Turns {
    /// Begins a request with a body of so many bytes; `u64::MAX` where that is not known.
    pub(super) fn begin(self: &Rc<Self>, body: u64) -> Turn {
        self.begun.set(self.begun.get().wrapping_add(1));
        self.is_serving.set(true);
        self.may_send.set(body);
        self.is_in_chunks.set(body == u64::MAX);
        Turn(Rc::clone(self))
    }

    /// Whether a request is being answered.
    pub(super) fn is_serving(&self) -> bool {
        self.is_serving.get()
    }

    /// Which request it is, counted from 1; 0 before the first.
    pub(super) fn number(&self) -> u64 {
        self.begun.get()
    }

    /// How many bytes of the request in service may still be handed on.
    pub(super) fn may_send(&self) -> u64 {
        self.may_send.get()
    }

    /// Whether no further request is read: what comes is the rest of a body.
    pub(super) fn is_last(&self) -> bool {
        self.is_last.get()
    }

    /// Notes that so many bytes of the body were handed on.
    pub(super) fn note_sent(&self, bytes: u64) {
        self.may_send.set(self.may_send.get().saturating_sub(bytes));
    }

    /// Wakes `reader` when the turn ends.
    pub(super) fn wake_at_end(&self, reader: &Waker) {
        *self.reader.borrow_mut() = Some(reader.clone());
    }
}

/// A request in service; it ends when this is dropped, with the last byte of the answer's body.
#[derive(Debug)]
pub(super) struct Turn(Rc<Turns>);

impl Turn {
    /// Takes no more of the request's body: the answer has begun.
    pub(super) fn answer(&self) {
        // The framework ends a connection whose body it has not seen the end of, but for one in chunks, of which it
        // looks for the end.
        let left = self.0.may_send.replace(0);
        self.0.is_last.set(left > 0 && !self.0.is_in_chunks.get());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.is_serving.set(false);
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }
}
