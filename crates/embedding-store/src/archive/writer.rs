//! Writes an archive from its header to its end.

use std::io::{BufWriter, Write};

use sha2::{Digest, Sha256};

use super::error::ArchiveError;
use super::frame::{Frames, Kind};
use super::header::Header;
use super::progress::Progress;
use crate::{EncryptionKey, EventRecord, FaceSample, StoreError, UserRecord};

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
    pub(super) fn start(out: W, key: Option<&EncryptionKey>) -> Result<Self, ArchiveError> {
        let frames = Frames::new(Header::new(key)?, key)?;
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

    /// A user with their samples, of which there is at least one.
    pub(super) fn user(&mut self, user: &UserRecord, samples: &[FaceSample]) -> Result<(), ArchiveError> {
        self.frame(Kind::User, &user.to_bytes()?)?;
        for sample in samples {
            self.frame(Kind::Sample, &zeroize::Zeroizing::new(sample.to_bytes()?))?;
            self.written.samples += 1;
        }
        self.written.users += 1;
        Ok(())
    }

    /// Writes the end, and everything through to the output.
    pub(super) fn finish(mut self) -> Result<Progress, ArchiveError> {
        let hash = self.hash.clone().finalize();
        let payload = end_payload(&self.written, &hash);
        self.frame(Kind::End, &payload)?;
        // A `BufWriter` that is dropped swallows the error of its last write.
        self.out.flush()?;
        Ok(self.written)
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
pub(super) fn end_payload(before: &Progress, hash: &[u8]) -> Vec<u8> {
    let Progress { events, users, samples, .. } = before;
    [&events.to_le_bytes(), &users.to_le_bytes(), &samples.to_le_bytes(), hash].concat()
}
