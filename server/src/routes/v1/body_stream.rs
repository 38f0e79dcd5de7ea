//! A body that is made in chunks, by a thread that waits for the client to take them.

use std::io::{self, Write};
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::poll_fn;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::timeout;

/// Chunks under way: a slow client holds up what makes them, and nothing piles up.
const AHEAD: usize = 8;

/// Large enough that sending one costs little, in bytes.
const CHUNK: usize = 64 * 1024;

/// How long a client may take over one chunk: whoever takes none any more is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A writer, and the body that its chunks make.
pub(super) fn body_stream() -> (BodyWriter, impl Stream<Item = io::Result<Bytes>>) {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let body = poll_fn(move |context| receiver.poll_recv(context));
    (BodyWriter { sender, chunk: Vec::with_capacity(CHUNK), runtime: Handle::current() }, body)
}

/// Sends what is written, and waits for the client; not for a thread that drives the runtime.
#[derive(Debug)]
pub(super) struct BodyWriter {
    sender: Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
    runtime: Handle,
}

impl BodyWriter {
    /// Ends the body such that the client sees that it is not whole.
    pub(super) fn break_off(self) {
        // After an error in the body actix closes the connection without the last
        // chunk, so the client knows that more was to come.
        // A client that has gone needs no end.
        let _ = self.send(Err(io::ErrorKind::Interrupted.into()));
    }

    fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        // With a limit, because the deadline of the request ended with the head of its answer: a client that
        // keeps the connection and reads nothing would keep the thread for ever.
        match self.runtime.block_on(async { timeout(PATIENCE, self.sender.send(chunk)).await }) {
            Ok(Ok(())) => Ok(()),
            // actix has dropped the body, and the receiver with it: the client has left.
            Ok(Err(_gone)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.send(Ok(chunk.into()))
    }
}
