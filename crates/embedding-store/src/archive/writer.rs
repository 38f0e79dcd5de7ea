//! Writes an archive from its header to its end.

use std::io::{BufWriter, Write};

use sha2::{Digest, Sha256};

use super::error::ArchiveError;
use super::frame::{Frames, Kind};
use super::header::{Content, Header};
use super::progress::Progress;
use crate::{EncryptionKey, EventRecord, FaceSample, JournalEntry, StoreError, UserRecord};

/// An archive that was written whole.
pub(super) struct Finished {
    pub(super) total: Progress,
    /// The SHA-256 over every byte of it.
    pub(super) sha256: [u8; 32],
}

/// An archive that is being written. Without [`Writer::finish`] it has no end, and no reader takes it for
/// whole.
pub(super) struct Writer<W: Write> {
    out: BufWriter<W>,
    frames: Frames,
    hash: Sha256,
    /// The number of the next frame.
    number: u64,
    written: Progress,
}

impl<W: Write> Writer<W> {
    pub(super) fn start(out: W, key: Option<&EncryptionKey>, content: Content) -> Result<Self, ArchiveError> {
        let frames = Frames::new(Header::new(key, content)?, key)?;
        let header = frames.header().to_vec();
        let mut writer = Self {
            out: BufWriter::new(out),
            frames,
            hash: Sha256::new(),
            number: 1,
            written: Progress::default(),
        };
        // Through `put`, so that the hash at the end covers it.
        writer.put(&header)?;
        Ok(writer)
    }

    pub(super) fn written(&self) -> Progress {
        self.written
    }

    pub(super) fn event(&mut self, event: &EventRecord) -> Result<(), ArchiveError> {
        self.frame(Kind::Event, &event.to_bytes()?)?;
        self.written.events += 1;
        Ok(())
    }

    /// A user, whose samples follow: at least one.
    pub(super) fn user(&mut self, user: &UserRecord) -> Result<(), ArchiveError> {
        self.frame(Kind::User, &user.to_bytes()?)?;
        self.written.users += 1;
        Ok(())
    }

    pub(super) fn sample(&mut self, sample: &FaceSample) -> Result<(), ArchiveError> {
        self.frame(Kind::Sample, &zeroize::Zeroizing::new(sample.to_bytes()?))?;
        self.written.samples += 1;
        Ok(())
    }

    /// An entry of the journal, in a snapshot.
    pub(super) fn entry(&mut self, entry: &JournalEntry) -> Result<(), ArchiveError> {
        self.frame(Kind::Entry, &entry.to_bytes()?)?;
        self.written.entries += 1;
        Ok(())
    }

    /// Writes the end, and everything through to the output.
    pub(super) fn finish(mut self) -> Result<Finished, ArchiveError> {
        let hash = self.hash.clone().finalize();
        let payload = end_payload(self.frames.content(), &self.written, &hash);
        self.frame(Kind::End, &payload)?;
        // A `BufWriter` that is dropped swallows the error of its last write.
        self.out.flush()?;
        Ok(Finished { total: self.written, sha256: self.hash.finalize().into() })
    }

    fn frame(&mut self, kind: Kind, payload: &[u8]) -> Result<(), ArchiveError> {
        let frame = self.frames.seal(self.number, kind, payload)?;
        self.number += 1;
        self.put(&frame)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        let length = u64::try_from(bytes.len()).map_err(|_| StoreError::unstorable("it is too long"))?;
        self.written.bytes += length;
        Ok(())
    }
}

/// What the end says: how much came before it, and the hash of that.
pub(super) fn end_payload(content: Content, before: &Progress, hash: &[u8]) -> Vec<u8> {
    let Progress { events, users, samples, entries, .. } = before;
    let mut counts = vec![events, users, samples];
    if content == Content::Everything {
        counts.push(entries);
    }
    counts.into_iter().flat_map(|count| count.to_le_bytes()).chain(hash.iter().copied()).collect()
}
