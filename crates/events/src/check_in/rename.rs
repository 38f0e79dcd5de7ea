//! Check-ins of a person whose name is another now: they are that person's still, and count once.

use std::num::NonZeroUsize;
use std::time::Duration;

use embedding_store::{EventName, JournalEntry, JournalPage, StoreError, Topic, Username};
use time::OffsetDateTime;

use super::record::{PastCorrection, VALID};
use super::{CheckIn, CheckIns, Named, topic};
use crate::{Actor, Note};

/// How many check-ins are read at a time.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// Whose name is another now.
#[derive(Debug, Clone, Copy)]
struct Change<'a> {
    from: &'a Username,
    to: &'a Username,
    /// When the first name was given up, where somebody else has it since; else all of it is of this person.
    until: Option<OffsetDateTime>,
}

impl CheckIns {
    /// Gives the check-ins under a name that a person had to the name that they have, and so what is said of them in
    /// corrections of others'. Those named at `until` or later stay, where somebody else has the first name since.
    /// Idempotent: after an error the next call does the rest.
    ///
    /// One within the cool-down of a check-in that the other name has is voided, with a correction that says so: under
    /// one name it would not have been recorded.
    ///
    /// # Errors
    /// As of the journal; some may be left.
    pub async fn rename_user(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        self.take_over(event, from, to, until).await?;
        let change = Change { from, to, until };
        self.revise_all(event, JournalPage::oldest(PAGE), |check_in| Ok(check_in.rename(change))).await
    }

    /// The check-ins alone: what corrections of others' say stays.
    pub(super) async fn take_over(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        let topic = topic(event)?;
        let mut page =
            JournalPage { subject: Some(from.as_str().to_owned()), until, ..JournalPage::oldest(PAGE) };
        page.limit = NonZeroUsize::MIN;
        // Mostly there are none, and then nothing else is read.
        if self.journal.list(&topic, page.clone()).await?.items.is_empty() {
            return Ok(());
        }
        let counted = self.times(topic, to).await?;
        page.limit = PAGE;
        let change = Change { from, to, until };
        self.revise_all(event, page, |check_in| {
            let is_double = counted.iter().any(|time| is_within(self.cool_down, *time, check_in.time));
            let is_void = !check_in.is_of(change) || check_in.voided;
            let is_renamed = check_in.rename(change);
            if is_double && !is_void {
                check_in.void_as_double(to)?;
            }
            Ok(is_renamed)
        })
        .await
    }

    /// The times of a person's check-ins that count; none where there is no cool-down.
    async fn times(&self, topic: Topic, user: &Username) -> Result<Vec<OffsetDateTime>, StoreError> {
        let mut times = Vec::new();
        let (subject, kind) = (Some(user.as_str().to_owned()), Some(VALID.to_owned()));
        let mut page = JournalPage { subject, kind, ..JournalPage::oldest(PAGE) };
        while !self.cool_down.is_zero() {
            let listing = self.journal.list(&topic, page.clone()).await?;
            times.extend(listing.items.into_iter().map(|entry| entry.time));
            match listing.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        Ok(times)
    }

    /// Changes the check-ins of a page and of those that follow, as [`CheckIns::revise`] does.
    pub(super) async fn revise_all(
        &self,
        event: &EventName,
        mut page: JournalPage,
        change: impl Fn(&mut CheckIn) -> Result<bool, StoreError> + Send + Sync,
    ) -> Result<(), StoreError> {
        let topic = topic(event)?;
        loop {
            let listing = self.journal.list(&topic, page.clone()).await?;
            for entry in listing.items {
                self.revise(event, entry, &change).await?;
            }
            match listing.next {
                Some(next) => page.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Changes a check-in that was read, which others may change meanwhile: it is read again then. `change` says whether
    /// there is anything to write.
    async fn revise(
        &self,
        event: &EventName,
        mut entry: JournalEntry,
        change: &(impl Fn(&mut CheckIn) -> Result<bool, StoreError> + Send + Sync),
    ) -> Result<(), StoreError> {
        loop {
            let (topic, id) = (entry.topic.clone(), entry.id);
            let mut check_in = CheckIn::read(event, entry.clone())?;
            if !change(&mut check_in)? {
                return Ok(());
            }
            check_in.amend(&mut entry)?;
            match self.journal.amend(entry).await {
                // Erased since it was read, and the name with it.
                Ok(()) | Err(StoreError::NotFound { .. }) => return Ok(()),
                // Somebody corrected it since it was read.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
            match self.journal.entry(&topic, id).await? {
                Some(present) => entry = present,
                None => return Ok(()),
            }
        }
    }
}

impl CheckIn {
    /// Whether the person it names is the one whose name is another now.
    fn is_of(&self, change: Change<'_>) -> bool {
        let named = self.details.corrections.last().map_or(self.time, |correction| correction.time);
        self.user == *change.from && change.until.is_none_or(|until| named < until)
    }

    /// Says the name that the person has now. Says whether it said the former one.
    fn rename(&mut self, change: Change<'_>) -> bool {
        let mut is_changed = self.is_of(change);
        if is_changed {
            self.user = change.to.clone();
        }
        // Each name was said when the correction before was made, and the first one when they came.
        let mut named = self.time;
        for correction in &mut self.details.corrections {
            let is_theirs = matches!(&correction.before, Named::User(user) if user == change.from);
            if is_theirs && change.until.is_none_or(|until| named < until) {
                correction.before = Named::User(change.to.clone());
                is_changed = true;
            }
            named = correction.time;
        }
        is_changed
    }

    /// Lets another check-in of the person count in place of this one.
    fn void_as_double(&mut self, user: &Username) -> Result<(), StoreError> {
        let unstorable =
            |_| StoreError::Unstorable { reason: "its correction is no text".to_owned(), source: None };
        let reason = "the same person was checked in within the cool-down, under another name";
        self.details.corrections.push(PastCorrection {
            time: OffsetDateTime::now_utc(),
            before: Named::User(user.clone()),
            actor: Actor::new("service").map_err(unstorable)?,
            reason: Note::new(reason).map_err(unstorable)?,
        });
        self.voided = true;
        Ok(())
    }
}

/// Whether two times are at most a cool-down apart.
fn is_within(cool_down: Duration, one: OffsetDateTime, other: OffsetDateTime) -> bool {
    (one - other).unsigned_abs() <= cool_down
}
