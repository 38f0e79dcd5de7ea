//! A body that is made in pieces, by a thread that waits for the client to take them.

use std::io::{self, Write};
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::poll_fn;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::timeout;

/// Pieces under way: a slow client holds up what makes them, and nothing piles up.
const AHEAD: usize = 8;

/// Large enough that sending one costs little, in bytes.
const PIECE: usize = 64 * 1024;

/// How long a client may take over one piece: whoever takes none any more is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A writer, and the body that its pieces make.
pub(super) fn pieces() -> (PieceWriter, impl Stream<Item = io::Result<Bytes>>) {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let body = poll_fn(move |context| receiver.poll_recv(context));
    (PieceWriter { sender, piece: Vec::with_capacity(PIECE), runtime: Handle::current() }, body)
}

/// Sends what is written, and waits for the client; not for a thread that drives the runtime.
#[derive(Debug)]
pub(super) struct PieceWriter {
    sender: Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
    runtime: Handle,
}

impl PieceWriter {
    /// Ends the body such that the client sees that it is not whole.
    pub(super) fn break_off(self) {
        // After an error in the body actix closes the connection without the last
        // chunk, so the client knows that more was to come.
        // A client that has gone needs no end.
        let _ = self.send(Err(io::ErrorKind::Interrupted.into()));
    }

    fn send(&self, piece: io::Result<Bytes>) -> io::Result<()> {
        // With a limit, because the deadline of the request ended with the head of its answer: a client that
        // keeps the connection and reads nothing would keep the thread for ever.
        match self.runtime.block_on(async { timeout(PATIENCE, self.sender.send(piece)).await }) {
            Ok(Ok(())) => Ok(()),
            // actix has dropped the body, and the receiver with it: the client has left.
            Ok(Err(_gone)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Ok(piece.into()))
    }
}
