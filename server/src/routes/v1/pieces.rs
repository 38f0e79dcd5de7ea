//! Between a body, which comes and goes in pieces, and what reads or writes it on a thread of its own.
//!
//! Few pieces are on their way at once, so a slow side holds up the other and nothing piles up.

use std::io::{self, Read, Write};

use actix_web::web::{Bytes, Payload};
use futures_util::stream::poll_fn;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Pieces under way.
const AHEAD: usize = 8;

/// Large enough that sending one costs little, in bytes.
const PIECE: usize = 64 * 1024;

/// A writer, and the body that its pieces make.
pub(super) fn pieces() -> (PieceWriter, impl Stream<Item = io::Result<Bytes>>) {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let body = poll_fn(move |context| receiver.poll_recv(context));
    (PieceWriter { sender, piece: Vec::with_capacity(PIECE) }, body)
}

/// Sends what is written, and waits for the client; not for a thread that must not wait.
#[derive(Debug)]
pub(super) struct PieceWriter {
    sender: Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl PieceWriter {
    /// Ends the body such that the client sees that it is not whole.
    pub(super) fn break_off(self) {
        // A client that has gone needs no end.
        let _ = self.sender.blocking_send(Err(io::ErrorKind::Interrupted.into()));
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
        let piece = Bytes::from(std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE)));
        self.sender.blocking_send(Ok(piece)).map_err(|_gone| io::ErrorKind::BrokenPipe.into())
    }
}

/// Reads what is received, and waits for it; not for a thread that must not wait.
#[derive(Debug)]
pub(super) struct PieceReader {
    receiver: Receiver<Bytes>,
    piece: Bytes,
}

impl PieceReader {
    pub(super) const AHEAD: usize = AHEAD;

    pub(super) fn new(receiver: Receiver<Bytes>) -> Self {
        Self { receiver, piece: Bytes::new() }
    }
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(buffer.len());
        buffer.iter_mut().zip(self.piece.split_to(length)).for_each(|(to, from)| *to = from);
        Ok(length)
    }
}

/// Passes a body on until it ends, breaks off or nobody wants more. One that broke off has no end of an archive.
pub(super) async fn forward(mut body: Payload, sender: Sender<Bytes>) {
    while let Some(Ok(piece)) = body.next().await {
        if sender.send(piece).await.is_err() {
            break;
        }
    }
}
