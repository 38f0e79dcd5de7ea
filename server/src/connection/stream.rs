//! A connection's stream: hands on one request at a time, and ends what does not move.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::web::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::late_head::late_head;
use super::number::Entered;
use super::stall::Stall;
use super::turn::Turns;

/// How long a request's head may take, from the connection's beginning or from its own first byte, and how long a
/// connection may be idle after an answer.
pub(super) const HEAD: Duration = Duration::from_secs(5);

/// How long a client may take nothing while connections are scarce.
const CROWDED: Duration = Duration::from_secs(5);

/// Bytes that are read ahead of what is handed on.
const AHEAD: usize = 4 << 10;

/// A stream under the limits of its connection.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    peer: Option<SocketAddr>,
    pub(super) turns: Rc<Turns>,
    entered: Entered,
    /// What came with the last request and belongs to the next.
    ahead: BytesMut,
    /// The request before the one whose head is awaited, once the time for that runs.
    awaited_after: Option<u64>,
    /// Whether some of that head has come, or it is the connection's first.
    is_owed_an_answer: bool,
    head: HeadEnd,
    /// Whether a whole head was handed on, which is to be decoded before more is.
    has_head: bool,
    idle: Pin<Box<Sleep>>,
    stall: Stall,
    longest_stall: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Paced<S> {
    pub(super) fn new(
        stream: S,
        peer: Option<SocketAddr>,
        entered: Entered,
        longest_stall: Duration,
    ) -> Self {
        Self {
            stream,
            peer,
            turns: Rc::default(),
            entered,
            ahead: BytesMut::new(),
            awaited_after: None,
            is_owed_an_answer: true,
            head: HeadEnd::default(),
            has_head: false,
            idle: Box::pin(sleep(HEAD)),
            stall: Stall::default(),
            longest_stall,
        }
    }

    /// Reads some bytes ahead; 0 at the end.
    fn read_ahead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; AHEAD];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.ahead.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Hands on at most `most` of the bytes that were read ahead.
    fn hand_on(&mut self, most: usize, buffer: &mut ReadBuf<'_>) {
        let most = most.min(self.ahead.len()).min(buffer.remaining());
        if let Some(part) = self.ahead.get(..most) {
            buffer.put_slice(part);
        }
        self.ahead.advance(most);
        if self.ahead.is_empty() {
            // Not kept by connections that are idle.
            self.ahead = BytesMut::new();
        }
    }

    /// Up to the end of the next request's head.
    fn read_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.stall.is_running() {
            // No further request while answers wait to be taken: theirs would be added to them.
            return Poll::Pending;
        }
        let number = self.turns.number();
        if self.awaited_after != Some(number) {
            self.awaited_after = Some(number);
            self.is_owed_an_answer = number == 0;
            (self.head, self.has_head) = (HeadEnd::default(), false);
            self.idle.as_mut().reset(Instant::now() + HEAD);
        }
        if std::mem::take(&mut self.has_head) {
            // Decoded now: only then is it known how long the body is.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ahead.is_empty() {
            let Poll::Ready(read) = self.read_ahead(context) else {
                return self.wait_for_head(context);
            };
            if read? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
        if !self.is_owed_an_answer {
            self.is_owed_an_answer = true;
            self.idle.as_mut().reset(Instant::now() + HEAD);
        }
        let most = buffer.remaining().min(self.ahead.len());
        let end = self.head.end(self.ahead.get(..most).unwrap_or_default());
        self.has_head = end.is_some();
        self.hand_on(end.unwrap_or(most), buffer);
        Poll::Ready(Ok(()))
    }

    /// The end of the stream once the time for a head is over.
    fn wait_for_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.idle.as_mut().poll(context));
        if self.is_owed_an_answer {
            tracing::info!(
                client = self.peer.map(tracing::field::display),
                status = 408,
                "the head of a request did not arrive within {} s",
                HEAD.as_secs()
            );
            // Whether it can be written at once or not, the connection ends.
            let _ = Pin::new(&mut self.stream).poll_write(context, &late_head());
        }
        Poll::Ready(Ok(()))
    }

    /// The body of the request in service, and no byte of the next.
    fn read_body(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let may_send = usize::try_from(self.turns.may_send()).unwrap_or(usize::MAX);
        if may_send >= buffer.remaining() && self.ahead.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            self.turns.note_sent((buffer.filled().len() - before) as u64);
            return Poll::Ready(Ok(()));
        }
        if self.ahead.len() < AHEAD.min(may_send.max(1)) {
            // Also when nothing is to be handed on: a client that went away is noticed by this.
            match self.read_ahead(context) {
                Poll::Ready(Ok(0)) if self.ahead.is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(_)) | Poll::Pending => {}
            }
        }
        let handed_on = may_send.min(self.ahead.len()).min(buffer.remaining());
        if handed_on == 0 {
            self.turns.wake_at_end(context.waker());
            return Poll::Pending;
        }
        self.turns.note_sent(handed_on as u64);
        self.hand_on(handed_on, buffer);
        Poll::Ready(Ok(()))
    }

    /// Notes bytes that the client took, and whether that was all there was.
    fn note_taken(&mut self, context: &Context<'_>, bytes: usize, is_all: bool) {
        let was_running = self.stall.is_running();
        self.stall.note(bytes, is_all);
        if was_running && !self.stall.is_running() {
            // The next request may be read now, which nothing else would say.
            context.waker().wake_by_ref();
        }
    }

    /// Waits until the client takes more, or gives it up.
    fn wait_for_room<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let (entered, longest) = (&self.entered, self.longest_stall);
        let limit = || if entered.is_crowded() { longest.min(CROWDED) } else { longest };
        let given_up = ready!(self.stall.wait(context, limit));
        tracing::info!(
            client = self.peer.map(tracing::field::display),
            "a client takes its answer too slowly, or not at all: its connection is ended"
        );
        Poll::Ready(given_up)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turns.is_serving() {
            self.read_body(context, buffer)
        } else if self.turns.is_last() {
            // Thrown away as fast as it comes. As heads of requests, of which a form looks like one at each part, it
            // would keep the thread from everybody else.
            self.ahead = BytesMut::new();
            Pin::new(&mut self.stream).poll_read(context, buffer)
        } else {
            self.read_head(context, buffer)
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(context, bytes) else {
            return self.wait_for_room(context);
        };
        let written = written?;
        self.note_taken(context, written, written == bytes.len());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(context) else {
            return self.wait_for_room(context);
        };
        self.note_taken(context, 0, true);
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready(ended) = Pin::new(&mut self.stream).poll_shutdown(context) else {
            return self.wait_for_room(context);
        };
        Poll::Ready(ended)
    }
}

/// Finds the empty line at the end of a head, which may come in parts.
#[derive(Debug, Default)]
struct HeadEnd {
    /// Whether the line so far has something in it.
    has_text: bool,
}

impl HeadEnd {
    /// How many bytes there are up to the end of the head.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (before, byte) in bytes.iter().enumerate() {
            match byte {
                // The framework's parser takes a line end without CR too.
                b'\n' if !std::mem::take(&mut self.has_text) => return Some(before + 1),
                b'\n' | b'\r' => {}
                _ => self.has_text = true,
            }
        }
        None
    }
}
