//! Why an archive was not written, read or taken in, and where in it.

use std::{fmt, io};

use super::progress::Progress;
use crate::{EventName, KeyId, StoreError, Subject};

/// Where in an archive something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The number of the frame, from 1; 0 is the header.
    pub frame: u64,
    /// Where the frame starts, in bytes from the start of the archive.
    pub offset: u64,
    /// The event or user that the frame belongs to, or comes right after; `None` before the first.
    pub subject: Option<Subject>,
    /// What came whole before it. An import has taken that in.
    pub before: Progress,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.frame {
            0 => write!(f, "in its header")?,
            frame => write!(f, "in frame {frame}, at byte {}", self.offset)?,
        }
        if let Some(subject) = &self.subject {
            write!(f, ", at {subject}")?;
        }
        let Progress { events, users, samples, entries, .. } = self.before;
        write!(f, " (whole before it: events {events}, users {users}, samples {samples}, entries {entries})")
    }
}

/// Why an archive was not written, read or taken in. No variant carries embeddings or secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It could not be read or written.
    #[error("the archive cannot be read or written")]
    Io(#[from] io::Error),
    /// It does not begin as an archive does.
    #[error("this is no archive: it does not begin as one")]
    NotAnArchive,
    /// A newer program wrote it.
    #[error("the archive has version {found}, this program reads up to {known}: use a newer version")]
    NewerVersion {
        /// Its version.
        found: u16,
        /// The newest that this program reads.
        known: u16,
    },
    /// It is encrypted, and no key was given.
    #[error("the archive is encrypted with the key {id}: give that key")]
    Encrypted {
        /// Its key.
        id: KeyId,
    },
    /// It is not encrypted, and a key was given. Whoever could write to it could have slipped in faces.
    #[error("the archive is not encrypted, and a key was given: take the key away if you trust the archive")]
    NotEncrypted,
    /// It is encrypted with another key than the one that was given.
    #[error("the archive is encrypted with the key {id}, another one was given: give that key")]
    WrongKey {
        /// Its key.
        id: KeyId,
    },
    /// A part of it is not as it was written, or not where it was written.
    #[error("the archive is damaged {place}: {what}")]
    Damaged {
        /// Where.
        place: Box<Place>,
        /// What is wrong there.
        what: String,
    },
    /// It ends before its end.
    #[error("the archive is cut off {place}")]
    CutOff {
        /// Where the missing part would be.
        place: Box<Place>,
    },
    /// It holds a journal too, which an import does not take.
    #[error("this is a snapshot of a whole store, with check-ins and audit: `face-server restore` takes it")]
    Snapshot,
    /// It has no journal, and so is not all of a store.
    #[error("this is an export, without check-ins and audit, and no snapshot: `face-server import` takes it")]
    Export,
    /// It holds an event that was not to be taken in.
    #[error("the archive is of event '{event}'")]
    OtherEvent {
        /// That event.
        event: EventName,
    },
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}
