//! The first bytes of an archive: what it is, which layout it has, and which key it needs.

use super::error::{ArchiveError, Place};
use super::progress::Progress;
use crate::{EncryptionKey, KeyId, StoreError};

pub(super) const HEADER_BYTES: usize = 40;

/// As PNG's (RFC 2083 section 12.12): no text, and spoilt by whatever converts line ends.
pub(super) const MAGIC: [u8; 8] = *b"\x89FACE\r\n\x1A";

/// The newest version that is known.
const NEWEST: u16 = 2;

/// What an archive holds, which its version says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Events, users and samples: an export, version 1.
    Faces,
    /// All of a store, its journal included: a snapshot, version 2.
    Everything,
}

/// A header that was checked, as its bytes.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) bytes: [u8; HEADER_BYTES],
    /// The key that the archive is encrypted with.
    pub(super) key: Option<KeyId>,
    pub(super) content: Content,
}

impl Header {
    pub(super) fn new(key: Option<&EncryptionKey>, content: Content) -> Result<Self, StoreError> {
        // A part of every frame's context: a frame of another
        // archive does not fit here, though the key is the same.
        let mut random = [0; 16];
        crate::keyring::fill_random(&mut random)?;
        let key = key.map(EncryptionKey::id);
        let id = key.map_or([0; 8], |id| id.0);
        let [low, high] = content.version().to_le_bytes();
        let start = [low, high, u8::from(key.is_some()), 0];
        let mut bytes = [0; HEADER_BYTES];
        let parts = MAGIC.iter().chain(&start).chain(&id).chain(&random);
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        if let Some((rest, check)) = bytes.split_last_chunk_mut() {
            *check = crc32fast::hash(rest).to_le_bytes();
        }
        Ok(Self { bytes, key, content })
    }

    /// The version comes before the checksum: only of a known layout is it known where that lies.
    pub(super) fn parse(bytes: [u8; HEADER_BYTES]) -> Result<Self, ArchiveError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ArchiveError::NotAnArchive)?;
        let (version, rest) = rest.split_first_chunk().ok_or(ArchiveError::NotAnArchive)?;
        let content = match u16::from_le_bytes(*version) {
            1 => Content::Faces,
            2 => Content::Everything,
            0 => return Err(damaged("its version is 0")),
            found => return Err(ArchiveError::NewerVersion { found, known: NEWEST }),
        };
        if bytes.split_last_chunk().is_none_or(|(rest, check)| crc32fast::hash(rest).to_le_bytes() != *check)
        {
            return Err(damaged("its checksum is wrong"));
        }
        let key = match rest {
            [0, 0, ..] => None,
            [1, 0, a, b, c, d, e, f, g, h, ..] => Some(KeyId([*a, *b, *c, *d, *e, *f, *g, *h])),
            _ => return Err(damaged("its encryption is not known")),
        };
        Ok(Self { bytes, key, content })
    }
}

impl Content {
    fn version(self) -> u16 {
        match self {
            Self::Faces => 1,
            Self::Everything => 2,
        }
    }
}

fn damaged(what: &str) -> ArchiveError {
    let place = Place { frame: 0, offset: 0, subject: None, before: Progress::default() };
    ArchiveError::Damaged { place: Box::new(place), what: what.to_owned() }
}
