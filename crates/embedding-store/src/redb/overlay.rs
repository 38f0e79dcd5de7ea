//! A file that is read and never written: what the engine writes, as when it repairs what was not closed, stays in memory.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

/// Bytes that are copied when one of them is written: a page of the engine, in which its writes mostly lie.
const BLOCK: u64 = 4096;

#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    written: Mutex<Written>,
}

/// What differs from the file.
struct Written {
    length: u64,
    /// Bytes of the file that still count; behind them are zeros.
    of_file: u64,
    /// By their number, whole.
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    pub(super) fn over(file: FileBackend) -> io::Result<Self> {
        let length = file.len()?;
        let written = Written { length, of_file: length, blocks: BTreeMap::new() };
        Ok(Self { file, written: Mutex::new(written) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written().length == 0
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block as it is now, of which some may lie behind the end.
    fn block(&self, written: &Written, number: u64) -> io::Result<Vec<u8>> {
        if let Some(block) = written.blocks.get(&number) {
            return Ok(block.clone());
        }
        let mut block = vec![0; size(BLOCK)];
        let start = number * BLOCK;
        let there = size(written.of_file.saturating_sub(start).min(BLOCK));
        if let Some(there) = block.get_mut(..there).filter(|there| !there.is_empty()) {
            self.file.read(start, there)?;
        }
        Ok(block)
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        let end = offset.saturating_add(out.len() as u64);
        if end > written.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // The usual case, without a copy of each block.
        let last = end.saturating_sub(1) / BLOCK;
        if end <= written.of_file && written.blocks.range(offset / BLOCK..=last).next().is_none() {
            return self.file.read(offset, out);
        }
        let (mut at, mut rest) = (offset, out);
        while !rest.is_empty() {
            let block = self.block(&written, at / BLOCK)?;
            let from = block.get(size(at % BLOCK)..).unwrap_or_default();
            let (now, later) = rest.split_at_mut(rest.len().min(from.len()));
            now.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            (at, rest) = (at + now.len() as u64, later);
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.written();
        if length < written.length {
            // What is made longer again has zeros there.
            let mut last = self.block(&written, length / BLOCK)?;
            last.iter_mut().skip(size(length % BLOCK)).for_each(|byte| *byte = 0);
            written.of_file = written.of_file.min(length);
            drop(written.blocks.split_off(&(length / BLOCK)));
            written.blocks.insert(length / BLOCK, last);
        }
        written.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        let (mut at, mut rest) = (offset, data);
        while !rest.is_empty() {
            let mut block = self.block(&written, at / BLOCK)?;
            let to = block.get_mut(size(at % BLOCK)..).unwrap_or_default();
            let (now, later) = rest.split_at(rest.len().min(to.len()));
            to.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            written.blocks.insert(at / BLOCK, block);
            (at, rest) = (at + now.len() as u64, later);
        }
        written.length = written.length.max(at);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    // Shared, since the file is open to be read alone; a server, which takes it for itself, is kept out all the same.
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
}

/// A number of bytes within a block.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_reads_as_a_file_would_that_was_written_and_the_file_stays(
            bytes in prop::collection::vec(any::<u8>(), 0..10_000),
            steps in prop::collection::vec((0_usize..20_000, 0_usize..9_000, any::<u8>()), 0..8),
        ) {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            let overlay = Overlay::over(FileBackend::new(file.reopen().unwrap()).unwrap()).unwrap();
            let mut expected = bytes.clone();
            for (place, length, byte) in steps {
                if byte % 4 == 0 {
                    overlay.set_len(place as u64).unwrap();
                    expected.resize(place, 0);
                } else {
                    overlay.write(place as u64, &vec![byte; length]).unwrap();
                    if length > 0 {
                        expected.resize(expected.len().max(place + length), 0);
                        expected[place..place + length].fill(byte);
                    }
                }
                let mut read = vec![0; expected.len()];
                overlay.read(0, &mut read).unwrap();
                prop_assert_eq!(&read, &expected);
                let middle = expected.len() / 3;
                let mut part = vec![0; expected.len() - middle];
                overlay.read(middle as u64, &mut part).unwrap();
                prop_assert_eq!(&part, &expected[middle..]);
                prop_assert!(overlay.read(middle as u64 + 1, &mut part).is_err());
            }
            prop_assert_eq!(std::fs::read(file.path()).unwrap(), bytes);
        }
    }
}
