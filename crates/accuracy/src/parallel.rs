//! The same work on every item of a list, by several threads at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::AccuracyError;

/// What `work` makes of each item, in their order.
///
/// # Errors
/// The first of `work`, or [`AccuracyError::Thread`] when a thread panicked.
pub(crate) fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> Result<R, AccuracyError> + Sync,
) -> Result<Vec<R>, AccuracyError> {
    // One counter that all threads take from, not a share for each: items take differently long, and a share of
    // slow ones would leave the other threads idle. Relaxed, for the number is all that threads share: what they
    // made is handed over by the join.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(made) };
            made.push((index, work(item)?));
        }
    };
    let parts: Vec<Result<_, AccuracyError>> = thread::scope(|scope| {
        // Collected before the first join: a lazy iterator would start each thread only when the one before
        // it has ended.
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Err(AccuracyError::Thread))).collect()
    });
    let mut made: Vec<(usize, R)> =
        parts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    made.sort_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, result)| result).collect())
}
