//! Check-ins: who came to an event, once for each time that somebody came.

mod correct;
mod erase;
mod error;
mod list;
mod orphans;
mod record;
mod rename;
mod service;

use std::sync::Arc;
use std::time::Duration;

use embedding::Distance;
use embedding_store::{Appended, EventName, Journal, JournalEntry, StoreError, Topic, Username};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::correct::Correction;
pub use self::error::CheckInError;
pub use self::list::{CheckInListing, CheckInPage};
pub use self::orphans::OrphanedCheckIns;
pub use self::record::{CheckIn, CheckInDetails, CheckInMethod, Named, PastCorrection};
pub use self::service::{CheckInService, FaceCheckIn};
use crate::{AuditEntry, Decision, IdempotencyKey, Note, Outcome, journal};

/// The topic in which earlier versions wrote for which event a key was used. It names nobody.
const KEYS: &str = "check-in-keys";

/// What the topics of check-ins begin with; the event's name follows.
const TOPICS: &str = "check-ins/";

/// Keeps the check-ins of events in a journal.
///
/// It knows nothing of faces and users: that the person is who they are said to be, and is one of the event's,
/// is for [`CheckInService`] to see to. Several servers on one journal keep one list: what is said here of two calls
/// also holds of calls to two servers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CheckIns {
    journal: Arc<dyn Journal>,
    cool_down: Duration,
}

/// How check-ins are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckInOptions {
    /// Who was checked in at most this long ago is not checked in again; zero turns that off.
    pub cool_down: Duration,
}

impl Default for CheckInOptions {
    /// Five minutes: longer than anyone stands at the camera, shorter than a way out and in again.
    fn default() -> Self {
        Self { cool_down: Duration::from_secs(300) }
    }
}

/// What is known of somebody who comes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckInRequest {
    /// When they come.
    pub time: OffsetDateTime,
    /// The request that says so.
    pub transaction: Uuid,
    /// How it is known who comes.
    pub method: CheckInMethod,
    /// What was decided about the face.
    pub decision: Option<Decision>,
    /// How far the face is from the person's.
    pub distance: Option<Distance>,
    /// How far it may be.
    pub threshold: Option<Distance>,
    /// A remark.
    pub note: Option<Note>,
    /// The client's key for this request.
    pub key: Option<IdempotencyKey>,
}

impl CheckInRequest {
    /// Somebody says who comes.
    #[must_use]
    pub fn manual(time: OffsetDateTime, transaction: Uuid) -> Self {
        let (decision, distance, threshold, note, key) = (None, None, None, None, None);
        Self { time, transaction, method: CheckInMethod::Manual, decision, distance, threshold, note, key }
    }

    /// The same with what was decided about a face, which says who comes.
    #[must_use]
    pub fn by_face(self, decision: Decision, distance: Distance, threshold: Distance) -> Self {
        let (decision, distance, threshold) = (Some(decision), Some(distance), Some(threshold));
        Self { method: CheckInMethod::Face, decision, distance, threshold, ..self }
    }

    /// With a remark, if there is one.
    #[must_use]
    pub fn with_note(self, note: Option<Note>) -> Self {
        Self { note, ..self }
    }

    /// With the client's key, if there is one.
    #[must_use]
    pub fn with_key(self, key: Option<IdempotencyKey>) -> Self {
        Self { key, ..self }
    }
}

/// How a check-in ended.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckInOutcome {
    /// It is recorded now.
    New(CheckIn),
    /// It was recorded when the request came before; this is how it stands now.
    Repeated(CheckIn),
    /// Nothing was recorded: the person was checked in within the cool-down, by this.
    Already(CheckIn),
}

impl CheckInOutcome {
    /// The check-in, whenever it was recorded.
    #[must_use]
    pub fn check_in(&self) -> &CheckIn {
        match self {
            Self::New(check_in) | Self::Repeated(check_in) | Self::Already(check_in) => check_in,
        }
    }

    /// The same of the check-in as it stands now.
    fn now(&self, check_in: CheckIn) -> Self {
        match self {
            Self::New(_) => Self::New(check_in),
            Self::Repeated(_) => Self::Repeated(check_in),
            Self::Already(_) => Self::Already(check_in),
        }
    }

    /// The audit's entry about it.
    #[must_use]
    pub fn audited(&self, entry: AuditEntry) -> AuditEntry {
        entry.with_outcome(match self {
            Self::New(_) => Outcome::Done,
            Self::Repeated(_) => Outcome::Repeated,
            Self::Already(_) => Outcome::Already,
        })
    }
}

impl CheckIns {
    /// Check-ins in a journal.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, options: CheckInOptions) -> Self {
        Self { journal, cool_down: options.cool_down }
    }

    /// Checks somebody in. Durable on return.
    ///
    /// Of several calls with one key, or for one person within the cool-down, exactly one is
    /// [`CheckInOutcome::New`]. A key is the event's: in another one it is another key. It is recognised as long as
    /// the event and what it recorded are there; a call that recorded nothing does not use its key up.
    ///
    /// # Errors
    /// [`CheckInError::KeyReused`] when the key belongs to a request for another person.
    /// On [`StoreError::Unavailable`] it may have been recorded: to try again is safe with a key.
    pub async fn check_in(
        &self,
        event: &EventName,
        user: &Username,
        request: CheckInRequest,
    ) -> Result<CheckInOutcome, CheckInError> {
        let since = self.recent_since(request.time);
        let entry = CheckIn::entry(topic(event)?, user, request)?;
        // The journal decides about key and cool-down in one step: two servers that asked first could both record.
        match self.journal.append(entry.clone(), since).await? {
            Appended::New => Ok(CheckInOutcome::New(CheckIn::read(event, entry)?)),
            Appended::Recent(recent) => Ok(CheckInOutcome::Already(CheckIn::read(event, recent)?)),
            Appended::Repeated(present) => {
                let present = CheckIn::read(event, present)?;
                // A correction changes whom it names, and not for whom it was asked.
                if present.first_named() == Named::User(user.clone()) {
                    Ok(CheckInOutcome::Repeated(present))
                } else {
                    Err(CheckInError::KeyReused)
                }
            }
        }
    }

    /// What a request with this key recorded, as it stands now; `None` when none did. Whoever asks before looking
    /// at a face need not look at it again.
    ///
    /// # Errors
    /// [`CheckInError::Store`].
    pub async fn by_key(
        &self,
        event: &EventName,
        key: &IdempotencyKey,
    ) -> Result<Option<CheckIn>, CheckInError> {
        let entry = self.journal.by_key(&topic(event)?, key.as_str()).await?;
        Ok(entry.map(|entry| CheckIn::read(event, entry)).transpose()?)
    }

    /// A check-in.
    ///
    /// # Errors
    /// [`CheckInError::NotFound`]; [`CheckInError::Store`].
    pub async fn get(&self, event: &EventName, id: Uuid) -> Result<CheckIn, CheckInError> {
        Ok(CheckIn::read(event, self.entry(event, id).await?)?)
    }

    async fn entry(&self, event: &EventName, id: Uuid) -> Result<JournalEntry, CheckInError> {
        let entry = self.journal.entry(&topic(event)?, id).await?;
        entry.ok_or_else(|| CheckInError::NotFound { event: event.clone(), id })
    }

    fn recent_since(&self, time: OffsetDateTime) -> Option<OffsetDateTime> {
        let cool_down = Some(self.cool_down).filter(|cool_down| !cool_down.is_zero())?;
        let since =
            time::Duration::try_from(cool_down).ok().and_then(|cool_down| time.checked_sub(cool_down));
        // If the cool-down goes back further than times do, every earlier check-in counts.
        Some(since.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
}

/// The topic of an event's check-ins.
fn topic(event: &EventName) -> Result<Topic, StoreError> {
    journal::topic(&format!("{TOPICS}{event}"))
}

/// The topic of the keys of all events, to which nothing is added any more.
fn keys() -> Result<Topic, StoreError> {
    journal::topic(KEYS)
}

#[cfg(test)]
mod tests;
