//! The clock that erasures go by: the system's, once nothing speaks against it.
//!
//! What speaks for a clock is kept in the journal: the time by which erasures were last allowed, and by whom. It is
//! there after a restart, and servers that share the journal see each other's.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use embedding_store::{Appended, Journal, JournalEntry, JournalPage, StoreError, Topic};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::RetentionGuard;
use super::steadiness::{Reading, Steadiness};
use crate::journal;

/// The topic of the note, and the kind and key of the one entry that it has.
const TOPIC: &str = "retention";
const NOTE: &str = "clock";

/// How far the clock may be ahead of what was noted last: a server that was off for longer asks its operator.
const LEAP: time::Duration = time::Duration::days(31);

/// How far the clocks of servers that run at the same time may be apart, and one ahead of the store's.
const APART: time::Duration = time::Duration::minutes(5);

/// How long after its last note another server counts as running.
const RUNNING: Duration = Duration::from_secs(300);

/// What is kept in the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The time by which erasures were allowed.
    #[serde(with = "time::serde::rfc3339")]
    now: OffsetDateTime,
    /// The process that allowed them.
    by: Uuid,
}

/// Whether erasures may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// By this time.
    Confirmed(OffsetDateTime),
    /// Not now.
    Doubted(Doubt),
}

/// What speaks against the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// The process has not run for long enough, or the clock was stepped.
    #[error("the clock has not been steady for five minutes")]
    NotSteady,
    /// Another server on the same journal has another time.
    #[error("the clock is more than five minutes from that of another server ({other})")]
    Apart {
        /// The other's.
        other: OffsetDateTime,
    },
    /// The store, which all servers share, has an earlier time.
    #[error("the clock is more than five minutes ahead of that of the store ({store})")]
    Ahead {
        /// The store's.
        store: OffsetDateTime,
    },
    /// It is far ahead of the time that is known.
    #[error("the clock is more than 31 days ahead of what was known last ({last})")]
    Leapt {
        /// The time that is known.
        last: OffsetDateTime,
    },
}

/// The clock of one process.
#[derive(Debug)]
pub struct RetentionClock {
    journal: Arc<dyn Journal>,
    guard: RetentionGuard,
    me: Uuid,
    steadiness: Steadiness,
    /// The note that was read last, and the time of another server with the reading at which it moved.
    seen: Option<Note>,
    other: Option<(OffsetDateTime, Duration)>,
}

impl RetentionClock {
    /// A clock that is not confirmed yet.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, guard: RetentionGuard) -> Self {
        let steadiness = Steadiness::default();
        Self { journal, guard, me: Uuid::now_v7(), steadiness, seen: None, other: None }
    }

    /// Takes a reading, to be called each minute, and says whether erasures may be made by it.
    ///
    /// # Errors
    /// [`StoreError`] when what is known of the time cannot be read or noted.
    pub async fn check(&mut self, reading: Reading) -> Result<ClockState, StoreError> {
        let is_steady = self.steadiness.take(reading);
        if self.guard == RetentionGuard::Confirmed {
            self.note(reading.wall).await?;
            return Ok(ClockState::Confirmed(reading.wall));
        }
        let noted = match self.read().await? {
            Some(noted) => Some(noted),
            // A journal of before there were notes: at the first reading its newest entry is of an earlier process.
            None if self.seen.is_none() => self.newest_entry().await?,
            None => None,
        };
        self.look_at_others(noted.as_ref(), reading);
        let last = noted.as_ref().map(|noted| noted.now);
        self.seen = noted.or(self.seen.take());
        if let Some((other, _)) = self.other
            && (reading.wall - other).abs() > APART
        {
            return Ok(ClockState::Doubted(Doubt::Apart { other }));
        }
        if let Some(store) = reading.store.filter(|store| reading.wall - *store > APART) {
            return Ok(ClockState::Doubted(Doubt::Ahead { store }));
        }
        let last = last.or(self.seen.as_ref().map(|seen| seen.now));
        if let Some(last) = last.filter(|last| reading.wall - *last > LEAP) {
            return Ok(ClockState::Doubted(Doubt::Leapt { last }));
        }
        if !is_steady {
            return Ok(ClockState::Doubted(Doubt::NotSteady));
        }
        self.note(reading.wall).await?;
        Ok(ClockState::Confirmed(reading.wall))
    }

    /// Notes whether another server has moved the time since the last look.
    fn look_at_others(&mut self, noted: Option<&Note>, reading: Reading) {
        if let (Some(noted), Some(seen)) = (noted, &self.seen)
            && noted.by != self.me
            && (noted.now, noted.by) != (seen.now, seen.by)
        {
            self.other = Some((noted.now, reading.elapsed));
        }
        self.other = self.other.filter(|(_, at)| reading.elapsed.saturating_sub(*at) <= RUNNING);
    }

    async fn entry(&self) -> Result<Option<JournalEntry>, StoreError> {
        self.journal.by_key(&topic()?, NOTE).await
    }

    async fn read(&self) -> Result<Option<Note>, StoreError> {
        let Some(entry) = self.entry().await? else { return Ok(None) };
        journal::details(entry.body).map(Some).map_err(|source| StoreError::Corrupt {
            what: "the note of retention's clock cannot be understood".to_owned(),
            source: Some(source.into()),
        })
    }

    /// The time of the newest entry of the audit, as if it had been noted.
    async fn newest_entry(&self) -> Result<Option<Note>, StoreError> {
        let newest =
            self.journal.list(&journal::topic("audit")?, JournalPage::newest(NonZeroUsize::MIN)).await?;
        Ok(newest.items.first().map(|entry| Note { now: entry.time, by: self.me }))
    }

    async fn note(&mut self, now: OffsetDateTime) -> Result<(), StoreError> {
        let note = Note { now, by: self.me };
        let new = JournalEntry::new(topic()?, NOTE, now).with_key(NOTE).with_body(journal::body(&note)?);
        if let Appended::Repeated(mut present) = self.journal.append(new, None).await? {
            present.body.extend(journal::body(&note)?);
            match self.journal.amend(present).await {
                // Another server notes its time in the same moment.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.seen = Some(note);
        Ok(())
    }
}

fn topic() -> Result<Topic, StoreError> {
    journal::topic(TOPIC)
}
