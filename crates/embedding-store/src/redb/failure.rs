//! What the engine reports, in the words of [`StoreError`].

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use redb::Error;

use crate::{Outage, StoreError};

/// Why a transaction came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The call is at fault, or one record is damaged; the file is as good as before.
    Refused(StoreError),
    /// The engine gave up.
    Broken(Breakage),
}

/// How the engine gave up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Breakage {
    #[error(transparent)]
    Engine(Error),
    #[error("the storage engine panicked: {0}")]
    Panicked(String),
    /// It gave up before, and the file could not be opened again.
    #[error(transparent)]
    NotOpen(StoreError),
    /// The file is not where it was, or has no room: the engine was not asked.
    #[error(transparent)]
    Away(Outage),
}

impl Failure {
    pub(super) fn into_error(self, path: &Path) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Broken(breakage) => Arc::new(breakage).to_error(path),
        }
    }
}

impl Breakage {
    /// Whether the engine refuses all work until the file is opened again. What is damaged stays so by
    /// that, and what can still be read goes on.
    pub(super) fn calls_for_reopening(&self) -> bool {
        match self {
            Self::Engine(error) => matches!(
                error,
                Error::Io(_)
                    | Error::PreviousIo
                    | Error::Backend(_)
                    | Error::DatabaseClosed
                    | Error::LockPoisoned(_)
                    | Error::TransactionPoisoned
            ),
            // Locks of the engine may be poisoned, and its transaction was left half done.
            Self::Panicked(_) => true,
            // There is nothing open that could be closed.
            Self::NotOpen(_) => false,
            // What is open is the right file still, and is used again when it is back.
            Self::Away(_) => false,
        }
    }

    /// Whether it was for want of room.
    pub(super) fn is_no_room(&self) -> bool {
        matches!(self, Self::Engine(Error::Io(e)) if is_no_room(e))
    }

    /// The error for one of the calls that came to nothing by this.
    pub(super) fn to_error(self: &Arc<Self>, path: &Path) -> StoreError {
        // Shared, since every caller of a failed batch gets
        // an error, and those of the engine cannot be cloned.
        let source = Some(Arc::clone(self).into());
        let path = path.display();
        match &**self {
            // Not retryable, because somebody has to make room
            // first; then the store goes on without a restart.
            Self::Engine(Error::Io(e)) if is_no_room(e) => StoreError::Unavailable {
                retryable: false,
                reason: format!("there is no room to write {path}: free some, what was acknowledged is kept"),
                source: Some(Outage::NoRoom.into()),
            },
            // Nor this: somebody has to put the file back.
            Self::Away(outage) => StoreError::Unavailable {
                retryable: false,
                reason: format!("{path}: {outage}"),
                source: Some((*outage).into()),
            },
            Self::Engine(Error::Io(e)) => StoreError::Unavailable {
                retryable: false,
                reason: format!("{path} cannot be read or written ({e}): check the disk"),
                source,
            },
            // Another call met the error itself; by the next one the file is opened again.
            Self::Engine(Error::PreviousIo | Error::DatabaseClosed) => StoreError::Unavailable {
                retryable: true,
                reason: format!("{path} is being opened again after an error"),
                source,
            },
            // The opening found or made every table, so one that is missing now is damage.
            Self::Engine(Error::Corrupted(_) | Error::TableDoesNotExist(_)) => {
                StoreError::Corrupt { what: format!("{path} is damaged: restore it from a backup"), source }
            }
            Self::NotOpen(StoreError::Corrupt { what, .. }) => {
                StoreError::Corrupt { what: what.clone(), source }
            }
            Self::NotOpen(e) => {
                StoreError::Unavailable { retryable: e.is_retryable(), reason: e.to_string(), source }
            }
            Self::Engine(_) | Self::Panicked(_) => StoreError::Unavailable {
                retryable: false,
                reason: format!("the storage engine failed on {path}"),
                source,
            },
        }
    }
}

/// A full disk, a used-up quota, or a file at the size that the system allows.
pub(super) fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        Self::Broken(Breakage::Away(outage))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(Breakage::Engine(error))
    }
}

macro_rules! from_engine {
    ($($error:ident),*) => { $(
        impl From<redb::$error> for Failure {
            fn from(error: redb::$error) -> Self {
                Error::from(error).into()
            }
        }
    )* };
}

from_engine!(CommitError, StorageError, TableError, TransactionError);
