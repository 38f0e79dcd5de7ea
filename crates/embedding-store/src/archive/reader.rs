//! Reads an archive record by record, and checks every byte of it before it is used.

use std::io::{BufReader, ErrorKind, Read};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::{ArchiveError, Place};
use super::frame::{Frames, HEAD_BYTES, Kind};
use super::header::{Content, HEADER_BYTES, Header, MAGIC};
use super::progress::Progress;
use super::writer::end_payload;
use crate::{
    EncryptionKey, EventName, EventRecord, FaceSample, JournalEntry, StoreError, StoredRecord, Subject,
    UserRecord, Username,
};

/// An archive that is being read.
pub(super) struct Reader<R> {
    input: BufReader<R>,
    frames: Frames,
    hash: Sha256,
    /// The number of the frame that is read now, or is the next.
    number: u64,
    /// Where that frame starts.
    start: u64,
    read: Progress,
    event: Option<EventName>,
    user: Option<Username>,
    /// Whether samples of that user may follow.
    user_is_open: bool,
    user_has_samples: bool,
}

impl<R: Read> Reader<R> {
    pub(super) fn open(input: R, key: Option<&EncryptionKey>) -> Result<Self, ArchiveError> {
        let mut input = BufReader::new(input);
        let header = Header::parse(read_header(&mut input)?)?;
        let hash = Sha256::new_with_prefix(header.bytes);
        let frames = Frames::new(header, key)?;
        let start = HEADER_BYTES as u64;
        let read = Progress { bytes: start, ..Progress::default() };
        Ok(Self {
            input,
            frames,
            hash,
            number: 1,
            start,
            read,
            event: None,
            user: None,
            user_is_open: false,
            user_has_samples: false,
        })
    }

    /// What it holds by its header.
    pub(super) fn content(&self) -> Content {
        self.frames.content()
    }

    /// What was read whole so far.
    pub(super) fn read(&self) -> Progress {
        self.read
    }

    /// The next record; `None` after the end, once the archive as a whole was found good.
    pub(super) fn next(&mut self) -> Result<Option<StoredRecord>, ArchiveError> {
        let head_bytes: [u8; HEAD_BYTES] = self.fill([0; HEAD_BYTES])?;
        let head = self.frames.head(self.number, head_bytes).map_err(|what| self.damaged(what))?;
        let body = self.fill(Zeroizing::new(vec![0; head.length]))?;
        let payload = self.frames.open(&head, &body).map_err(|what| self.damaged(what))?;
        let record = match head.kind {
            Kind::Event => self.take_event(&payload).map(StoredRecord::Event)?,
            Kind::User => self.take_user(&payload).map(StoredRecord::User)?,
            Kind::Sample => self.take_sample(&payload).map(StoredRecord::Sample)?,
            Kind::Entry => self.take_entry(&payload).map(StoredRecord::Entry)?,
            Kind::End => return self.check_end(&payload).map(|()| None),
        };
        // The end has returned above: its own frame is not among the bytes that it has the hash of.
        self.hash.update(head_bytes);
        self.hash.update(&*body);
        self.number += 1;
        // Only after the record was found good, so that an error names the frame that it is in.
        self.start = self.read.bytes;
        Ok(Some(record))
    }

    fn take_event(&mut self, payload: &[u8]) -> Result<EventRecord, ArchiveError> {
        self.end_user()?;
        if self.read.entries > 0 {
            return Err(self.damaged("an event follows the journal"));
        }
        let event = EventRecord::from_bytes(payload).map_err(|e| self.unreadable(e))?;
        self.event = Some(event.name.clone());
        self.user = None;
        self.read.events += 1;
        Ok(event)
    }

    fn take_user(&mut self, payload: &[u8]) -> Result<UserRecord, ArchiveError> {
        self.end_user()?;
        let user = UserRecord::from_bytes(payload).map_err(|e| self.unreadable(e))?;
        if self.event.as_ref() != Some(&user.event) {
            return Err(self.damaged("a user does not follow its event"));
        }
        self.user = Some(user.name.clone());
        self.user_is_open = true;
        self.user_has_samples = false;
        Ok(user)
    }

    fn take_sample(&mut self, payload: &[u8]) -> Result<FaceSample, ArchiveError> {
        let sample = FaceSample::from_bytes(payload).map_err(|e| self.unreadable(e))?;
        let is_of_user =
            self.event.as_ref() == Some(sample.event()) && self.user.as_ref() == Some(sample.user());
        if !is_of_user {
            return Err(self.damaged("a face sample does not follow its user"));
        }
        self.user_has_samples = true;
        self.read.samples += 1;
        Ok(sample)
    }

    fn take_entry(&mut self, payload: &[u8]) -> Result<JournalEntry, ArchiveError> {
        self.end_user()?;
        if self.content() != Content::Everything {
            return Err(self.damaged("an export has no entries of a journal"));
        }
        let entry = JournalEntry::from_bytes(payload).map_err(|e| self.unreadable(e))?;
        // No user and no sample can follow any more.
        (self.event, self.user) = (None, None);
        self.read.entries += 1;
        Ok(entry)
    }

    /// No store has a user without samples.
    fn end_user(&mut self) -> Result<(), ArchiveError> {
        if self.user_is_open {
            if !self.user_has_samples {
                return Err(self.damaged("the user before it has no face sample"));
            }
            // Counted here, because only what follows shows that all samples of the user have come.
            self.user_is_open = false;
            self.read.users += 1;
        }
        Ok(())
    }

    fn check_end(&mut self, payload: &[u8]) -> Result<(), ArchiveError> {
        self.end_user()?;
        let hash = self.hash.clone().finalize();
        if payload != end_payload(self.content(), &self.read, &hash) {
            return Err(self.damaged("the end does not fit what came before it"));
        }
        // By reading on, since a pipe does not say how long it is.
        match self.input.read_exact(&mut [0]) {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(()),
            Err(e) => Err(e.into()),
            Ok(()) => Err(self.damaged("something follows the end")),
        }
    }

    /// Fills the buffer from the archive.
    fn fill<B: AsMut<[u8]>>(&mut self, mut buffer: B) -> Result<B, ArchiveError> {
        let bytes = buffer.as_mut();
        match self.input.read_exact(bytes) {
            Ok(()) => self.read.bytes += bytes.len() as u64,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
                return Err(ArchiveError::CutOff { place: self.place() });
            }
            Err(e) => return Err(e.into()),
        }
        Ok(buffer)
    }

    /// What a record that was written whole, and still cannot be read, means.
    fn unreadable(&self, error: StoreError) -> ArchiveError {
        if let StoreError::Corrupt { what, .. } = &error {
            return self.damaged(what);
        }
        // A newer program wrote the record.
        error.into()
    }

    fn damaged(&self, what: &str) -> ArchiveError {
        ArchiveError::Damaged { place: self.place(), what: what.to_owned() }
    }

    fn place(&self) -> Box<Place> {
        let subject = match (self.event.clone(), self.user.clone()) {
            (Some(event), Some(user)) => Some(Subject::User(event, user)),
            (Some(event), None) => Some(Subject::Event(event)),
            (None, _) => None,
        };
        let before = Progress { bytes: self.start, ..self.read };
        Box::new(Place { frame: self.number, offset: self.start, subject, before })
    }
}

/// A file that is too short for a header is cut off when it begins as an archive does.
fn read_header(input: &mut impl Read) -> Result<[u8; HEADER_BYTES], ArchiveError> {
    let mut bytes = [0; HEADER_BYTES];
    let mut read = Vec::with_capacity(HEADER_BYTES);
    // Not `read_exact`, which says nothing of the bytes that a file too short for a header does have.
    Read::take(input, HEADER_BYTES as u64).read_to_end(&mut read)?;
    bytes.iter_mut().zip(&read).for_each(|(to, from)| *to = *from);
    if read.len() == HEADER_BYTES {
        Ok(bytes)
    } else if !read.is_empty() && MAGIC.starts_with(read.get(..MAGIC.len()).unwrap_or(&read)) {
        let before = Progress::default();
        let place = Place { frame: 0, offset: 0, subject: None, before };
        Err(ArchiveError::CutOff { place: Box::new(place) })
    } else {
        Err(ArchiveError::NotAnArchive)
    }
}
