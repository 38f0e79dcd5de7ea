//! One frame of an archive: a payload with what ties it to its archive and its place.

use zeroize::Zeroizing;

use super::error::ArchiveError;
use super::header::{Content, Header};
use crate::keyring::NONCE_BYTES;
use crate::{EncryptionKey, MAX_RECORD_BYTES, StoreError};

/// Bytes before the body: length, kind, checksum of the context.
pub(super) const HEAD_BYTES: usize = 9;

/// Bytes of the authentication tag of Poly1305.
const TAG_BYTES: usize = 16;

/// The longest body: a record has its JSON, an embedding and less than 1 kB around them.
const MAX_BODY_BYTES: usize = MAX_RECORD_BYTES + 4 * embedding::DIMENSIONS + 1024;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    User,
    Sample,
    /// An entry of the journal, in a snapshot.
    Entry,
    End,
}

/// The beginning of a frame, checked.
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Bytes of the body, [`MAX_BODY_BYTES`] at most.
    pub(super) length: usize,
    context: Vec<u8>,
}

/// Makes and checks the frames of one archive.
pub(super) struct Frames {
    header: Header,
    key: Option<EncryptionKey>,
}

impl Frames {
    /// `key` is the header's.
    ///
    /// # Errors
    /// [`ArchiveError::Encrypted`], [`ArchiveError::NotEncrypted`] and [`ArchiveError::WrongKey`] when it
    /// is not.
    pub(super) fn new(header: Header, key: Option<&EncryptionKey>) -> Result<Self, ArchiveError> {
        match (header.key, key) {
            (Some(id), None) => Err(ArchiveError::Encrypted { id }),
            (None, Some(_)) => Err(ArchiveError::NotEncrypted),
            (Some(id), Some(key)) if id != key.id() => Err(ArchiveError::WrongKey { id }),
            (_, key) => Ok(Self { header, key: key.cloned() }),
        }
    }

    pub(super) fn content(&self) -> Content {
        self.header.content
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.header.bytes
    }

    /// The whole frame as bytes.
    pub(super) fn seal(&self, number: u64, kind: Kind, payload: &[u8]) -> Result<Vec<u8>, StoreError> {
        let around = if self.key.is_some() { NONCE_BYTES + TAG_BYTES } else { 4 };
        let length = payload.len() + around;
        // The bound that reading has, so that whatever is written can be read.
        let encoded = u32::try_from(length).ok().filter(|_| length <= MAX_BODY_BYTES);
        let length = encoded.ok_or_else(|| StoreError::unstorable("it is too long for an archive"))?;
        let context = self.context(number, length, kind);
        let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len() + around);
        frame.extend_from_slice(&length.to_le_bytes());
        frame.push(kind.byte());
        frame.extend_from_slice(&crc32fast::hash(&context).to_le_bytes());
        match &self.key {
            None => {
                frame.extend_from_slice(payload);
                frame.extend_from_slice(&checksum(&context, payload).to_le_bytes());
            }
            Some(key) => {
                let (nonce, sealed) = key.encrypt(payload, &context)?;
                frame.extend_from_slice(&nonce);
                frame.extend_from_slice(&sealed);
            }
        }
        Ok(frame)
    }

    /// Checks the beginning of a frame; the error says what is wrong.
    pub(super) fn head(&self, number: u64, bytes: [u8; HEAD_BYTES]) -> Result<Head, &'static str> {
        let [a, b, c, d, kind, check @ ..] = bytes;
        let length = u32::from_le_bytes([a, b, c, d]);
        let kind = Kind::from_byte(kind).ok_or("there is no such kind of frame")?;
        let context = self.context(number, length, kind);
        // Before the length is believed: with a flipped bit in
        // it the reader would take other frames for the body.
        if crc32fast::hash(&context).to_le_bytes() != check {
            return Err("its beginning was changed, or it is not the frame that belongs here");
        }
        // Whoever makes an archive on purpose has its checksums
        // right; the bound is on the memory they can claim.
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_BODY_BYTES);
        Ok(Head { kind, length: length.ok_or("it is too long")?, context })
    }

    /// Checks the body of a frame, and returns its payload; the error says what is wrong.
    pub(super) fn open(&self, head: &Head, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        match &self.key {
            None => {
                let (payload, check) = body.split_last_chunk().ok_or("it is too short")?;
                if checksum(&head.context, payload).to_le_bytes() == *check {
                    Ok(Zeroizing::new(payload.to_vec()))
                } else {
                    Err("its checksum is wrong")
                }
            }
            Some(key) => {
                let (nonce, sealed) = body.split_first_chunk().ok_or("it is too short")?;
                key.decrypt(*nonce, sealed, &head.context).ok_or("it was altered")
            }
        }
    }

    fn context(&self, number: u64, length: u32, kind: Kind) -> Vec<u8> {
        // Without the header's own checksum: with it, a CRC is the same after every header.
        let header = self.header().split_last_chunk::<4>().map_or(self.header(), |(rest, _)| rest);
        [header, &number.to_le_bytes(), &length.to_le_bytes(), &[kind.byte()]].concat()
    }
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Event => b'E',
            Self::User => b'U',
            Self::Sample => b'S',
            Self::Entry => b'J',
            Self::End => b'Z',
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        let kinds = [Self::Event, Self::User, Self::Sample, Self::Entry, Self::End];
        kinds.into_iter().find(|kind| kind.byte() == byte)
    }
}

fn checksum(context: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(context);
    hasher.update(payload);
    hasher.finalize()
}
