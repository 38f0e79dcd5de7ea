//! What can go wrong with a store, and whose turn it is to act.

use std::fmt;

use embedding::ModelId;
use uuid::Uuid;

use crate::{EventName, Topic, Username};

/// An error of the machinery below a store, kept as the source.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The thing an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// An event.
    Event(EventName),
    /// A user of an event.
    User(EventName, Username),
    /// A face sample of a user.
    Sample(EventName, Username, Uuid),
    /// An entry of the journal.
    Entry(Topic, Uuid),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => write!(f, "event '{event}'"),
            Self::User(event, user) => write!(f, "user '{user}' of event '{event}'"),
            Self::Sample(event, user, id) => {
                write!(f, "face sample {id} of user '{user}' of event '{event}'")
            }
            Self::Entry(topic, id) => write!(f, "entry {id} of the journal's topic '{topic}'"),
        }
    }
}

/// Why a store is not available, in words that name no host and no file: the source of
/// [`StoreError::Unavailable`] or [`StoreError::Misconfigured`] where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Outage {
    /// Nothing has been made there yet, and who opens it is not to make it.
    #[error("there is no store there")]
    Absent,
    /// The path of its file leads nowhere.
    #[error("its file is gone, or the disk that it was on: put it back")]
    FileGone,
    /// The path of its file leads to another file than the one that was opened.
    #[error("another file is in the place of its own: put its own back, or start the server again")]
    FileReplaced,
    /// There is no room to write.
    #[error("there is no room on its disk: free some")]
    NoRoom,
    /// It is in a database that takes no writes.
    #[error("its database takes no writes: it is a standby, or set to read only")]
    ReadOnly,
    /// Its database has not the encoding UTF-8.
    #[error("its database has not the encoding UTF-8, and could not keep every name: make one that has")]
    OtherEncoding,
    /// There is no database of the name that was given.
    #[error("there is no database of that name: it was renamed or removed")]
    NoSuchDatabase,
    /// The database refuses the user or the password.
    #[error("its database refuses the user or the password")]
    LoginRefused,
    /// The connections go through a pooler that gives each transaction another session.
    #[error("a pooler in transaction mode is in between: use its session mode")]
    Pooled,
    /// The database has not answered for a whole time-out.
    #[error("its database does not answer")]
    Silent,
    /// The keys of the store are others than those of this program.
    #[error("its keys were changed: start the server again with the new ones")]
    OtherKeys,
}

/// Why a store did not do what it was asked. No variant carries embeddings or secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It is not in the store.
    #[error("{subject} does not exist")]
    NotFound {
        /// What was looked for.
        subject: Subject,
    },
    /// It contradicts what is in the store; nothing was changed.
    #[error("{subject} {reason}")]
    Conflict {
        /// What it was about.
        subject: Subject,
        /// How the two contradict each other, such as "already exists".
        reason: String,
    },
    /// Somebody else changed it since it was read; nothing was changed. Read it and decide again.
    #[error("{subject} was changed by another in the meantime")]
    Changed {
        /// What was changed.
        subject: Subject,
    },
    /// The record itself cannot be kept; nothing was changed.
    #[error("the record cannot be stored: {reason}")]
    Unstorable {
        /// What about it, and what to do.
        reason: String,
        /// What happened, below.
        source: Option<Cause>,
    },
    /// The store cannot be reached or cannot write. A write that fails so may have been made or not.
    #[error("the store is not available: {reason}")]
    Unavailable {
        /// Whether the same call can succeed later without anyone's action.
        retryable: bool,
        /// What happened, for people.
        reason: String,
        /// What happened, below.
        source: Option<Cause>,
    },
    /// Stored data cannot be understood. It is never taken for absent or empty.
    #[error("the store holds damaged data: {what}")]
    Corrupt {
        /// What is damaged, and how.
        what: String,
        /// What happened, below.
        source: Option<Cause>,
    },
    /// The store cannot be used as it is configured; only a person can change that.
    #[error("the store is misconfigured: {reason}")]
    Misconfigured {
        /// What is wrong and what to do.
        reason: String,
        /// What happened, below.
        source: Option<Cause>,
    },
}

impl StoreError {
    /// [`StoreError::NotFound`] for an event.
    #[must_use]
    pub fn event_not_found(event: &EventName) -> Self {
        Self::NotFound { subject: Subject::Event(event.clone()) }
    }

    /// [`StoreError::NotFound`] for a user.
    #[must_use]
    pub fn user_not_found(event: &EventName, user: &Username) -> Self {
        Self::NotFound { subject: Subject::User(event.clone(), user.clone()) }
    }

    /// [`StoreError::NotFound`] for a face sample.
    #[must_use]
    pub fn sample_not_found(event: &EventName, user: &Username, id: Uuid) -> Self {
        Self::NotFound { subject: Subject::Sample(event.clone(), user.clone(), id) }
    }

    /// [`StoreError::NotFound`] for an entry of the journal.
    #[must_use]
    pub fn entry_not_found(topic: &Topic, id: Uuid) -> Self {
        Self::NotFound { subject: Subject::Entry(topic.clone(), id) }
    }

    /// [`StoreError::Conflict`] for an event.
    #[must_use]
    pub fn event_conflict(event: &EventName, reason: impl Into<String>) -> Self {
        Self::Conflict { subject: Subject::Event(event.clone()), reason: reason.into() }
    }

    /// [`StoreError::Conflict`] for a user.
    #[must_use]
    pub fn user_conflict(event: &EventName, user: &Username, reason: impl Into<String>) -> Self {
        Self::Conflict { subject: Subject::User(event.clone(), user.clone()), reason: reason.into() }
    }

    /// [`StoreError::Changed`] for an event.
    #[must_use]
    pub fn event_changed(event: &EventName) -> Self {
        Self::Changed { subject: Subject::Event(event.clone()) }
    }

    /// [`StoreError::Changed`] for a user.
    #[must_use]
    pub fn user_changed(event: &EventName, user: &Username) -> Self {
        Self::Changed { subject: Subject::User(event.clone(), user.clone()) }
    }

    /// [`StoreError::Conflict`] for an entry of the journal.
    #[must_use]
    pub fn entry_conflict(topic: &Topic, id: Uuid, reason: impl Into<String>) -> Self {
        Self::Conflict { subject: Subject::Entry(topic.clone(), id), reason: reason.into() }
    }

    /// The conflict of a deletion with a user who has no other sample.
    #[must_use]
    pub fn only_sample(event: &EventName, user: &Username) -> Self {
        Self::user_conflict(event, user, "has no other face sample: delete the user")
    }

    /// The conflict of a record or sample with an event whose samples are of `present`.
    #[must_use]
    pub fn other_model(event: &EventName, present: &ModelId) -> Self {
        Self::event_conflict(event, format!("is of model '{present}'"))
    }

    /// [`StoreError::Unstorable`] without a deeper cause.
    #[must_use]
    pub fn unstorable(reason: impl Into<String>) -> Self {
        Self::Unstorable { reason: reason.into(), source: None }
    }

    /// [`StoreError::Unavailable`] without a deeper cause.
    #[must_use]
    pub fn unavailable(retryable: bool, reason: impl Into<String>) -> Self {
        Self::Unavailable { retryable, reason: reason.into(), source: None }
    }

    /// [`StoreError::Corrupt`] without a deeper cause.
    #[must_use]
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), source: None }
    }

    /// [`StoreError::Misconfigured`] without a deeper cause.
    #[must_use]
    pub fn misconfigured(reason: impl Into<String>) -> Self {
        Self::Misconfigured { reason: reason.into(), source: None }
    }

    /// Why the store is not available, where that is known.
    #[must_use]
    pub fn outage(&self) -> Option<Outage> {
        let (Self::Unavailable { source: Some(source), .. }
        | Self::Misconfigured { source: Some(source), .. }) = self
        else {
            return None;
        };
        source.downcast_ref().copied()
    }

    /// Whether the same call can succeed later without anyone's action.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { retryable: true, .. })
    }
}
