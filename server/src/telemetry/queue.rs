//! Lines of the log wait in a bounded queue for a thread that writes them, so that no request waits for a reader.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::dropped;

/// Lines and bytes that wait at most.
const LINES: usize = 16_384;
const BYTES: usize = 4 << 20;

/// How often it is looked whether lines are missing that were not told of.
const PERIOD: Duration = Duration::from_secs(1);

/// How long the end waits until what is in the queue is written.
const LAST_LINES: Duration = Duration::from_secs(2);

enum Message {
    Line(Vec<u8>),
    End(Sender<()>),
}

/// The way into the queue. A line is written by one call, as the log's formatters do.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    queue: Sender<Message>,
    waiting: Arc<AtomicUsize>,
    unwritten: &'static AtomicU64,
}

impl Lines {
    /// Starts the thread that writes to `sink`; what waits when the guard is dropped is written then. Lines that find no
    /// room, or that `sink` does not take, are counted in `unwritten`.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(
        name: &str,
        sink: impl Write + Send + 'static,
        unwritten: &'static AtomicU64,
    ) -> io::Result<(Self, LinesGuard)> {
        let (queue, lines) = bounded(LINES);
        let waiting = Arc::new(AtomicUsize::new(0));
        let taken = Arc::clone(&waiting);
        thread::Builder::new().name(name.to_owned()).spawn(move || write(&lines, &taken, sink, unwritten))?;
        Ok((Self { queue: queue.clone(), waiting, unwritten }, LinesGuard(queue)))
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let waiting = self.waiting.fetch_add(line.len(), Relaxed);
        let has_room = waiting + line.len() <= BYTES;
        if !has_room || self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.waiting.fetch_sub(line.len(), Relaxed);
            self.unwritten.fetch_add(1, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what waits in the queue when it is dropped, if its reader takes it in time.
#[derive(Debug)]
pub(crate) struct LinesGuard(Sender<Message>);

impl Drop for LinesGuard {
    fn drop(&mut self) {
        let (written, all) = bounded(1);
        if self.0.send_timeout(Message::End(written), LAST_LINES).is_ok() {
            // A reader that has stalled gets no more of it, and does not keep the process.
            let _ = all.recv_timeout(LAST_LINES);
        }
    }
}

fn write(lines: &Receiver<Message>, waiting: &AtomicUsize, mut sink: impl Write, unwritten: &AtomicU64) {
    let mut reported = Instant::now();
    loop {
        match lines.recv_timeout(PERIOD) {
            Ok(Message::Line(line)) => {
                // No place is left to complain in.
                if sink.write_all(&line).is_err() {
                    unwritten.fetch_add(1, Relaxed);
                }
                waiting.fetch_sub(line.len(), Relaxed);
            }
            Ok(Message::End(written)) => {
                let _ = sink.flush();
                let _ = written.send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if reported.elapsed() >= PERIOD {
            // Here, since it flows again when this is reached.
            dropped::report();
            reported = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A reader that takes a line each time it is told to.
    struct Stalled(mpsc::Receiver<()>, mpsc::Sender<Vec<u8>>);

    impl Write for Stalled {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(line.to_vec()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_stalled_keeps_nobody_waiting_and_what_was_kept_is_written_when_it_goes_on() {
        static UNWRITTEN: AtomicU64 = AtomicU64::new(0);
        let ((go_on, awaited), (written, seen)) = (mpsc::channel(), mpsc::channel());
        let (mut lines, guard) = Lines::start("log-test", Stalled(awaited, written), &UNWRITTEN).unwrap();
        for line in 0..3 * LINES {
            lines.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        let dropped = usize::try_from(UNWRITTEN.load(Relaxed)).unwrap();
        // One may be with the reader.
        assert!((2 * LINES - 1..=2 * LINES).contains(&dropped), "{dropped} were dropped");
        let kept = 3 * LINES - dropped;
        (0..kept).for_each(|_| go_on.send(()).unwrap());
        let first: Vec<Vec<u8>> = seen.iter().take(2).collect();
        assert_eq!(first, [b"0\n", b"1\n"]);
        drop(guard);
        assert_eq!(seen.try_iter().count(), kept - 2, "all that was kept is written at the end");
    }

    #[test]
    fn long_lines_are_bounded_by_their_bytes() {
        static UNWRITTEN: AtomicU64 = AtomicU64::new(0);
        let ((go_on, awaited), (written, _seen)) = (mpsc::channel(), mpsc::channel());
        let (mut lines, guard) = Lines::start("log-test", Stalled(awaited, written), &UNWRITTEN).unwrap();
        for _ in 0..10 {
            lines.write_all(&vec![b'x'; BYTES / 4]).unwrap();
        }
        assert_eq!(UNWRITTEN.load(Relaxed), 6, "the one with the reader counts too");
        drop(go_on);
        drop(guard);
    }
}
