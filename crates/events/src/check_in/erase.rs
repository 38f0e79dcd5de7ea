//! Erasure: what is known of a person, or of an event, goes for good.

use std::num::NonZeroUsize;

use async_trait::async_trait;
use embedding_store::{Erase, EventName, JournalPage, StoreError, Username};
use time::OffsetDateTime;

use super::record::Named;
use super::{CheckIn, CheckIns, keys, topic};
use crate::AttachedRecords;

/// How many check-ins are read at a time.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

impl CheckIns {
    /// Erases a person's check-ins, and their name from the corrections of others', and returns how many
    /// check-ins they had. Idempotent: after an error, what is left is erased by the next call, and so are
    /// check-ins that were written since the last one.
    ///
    /// What people wrote, in notes and reasons, is not searched for names.
    ///
    /// # Errors
    /// As of the journal; some may be left.
    pub async fn erase_user(&self, event: &EventName, user: &Username) -> Result<u64, StoreError> {
        let topic = topic(event)?;
        // Their own check-ins first: the others name them in corrections at most.
        let erased = self.journal.erase(&topic, Erase::Subject(user.as_str().to_owned())).await?;
        // Check-ins that are written meanwhile may be missed: a new one has no corrections.
        self.revise_all(event, JournalPage::oldest(PAGE), |check_in| Ok(check_in.forget(user))).await?;
        Ok(erased)
    }

    /// Erases the check-ins of an event, and returns how many there were. Idempotent, as
    /// [`CheckIns::erase_user`].
    ///
    /// # Errors
    /// As of the journal; some may be left.
    pub async fn erase_event(&self, event: &EventName) -> Result<u64, StoreError> {
        let erased = self.journal.erase(&topic(event)?, Erase::All).await?;
        // What earlier versions wrote names the event too.
        self.journal.erase(&keys()?, Erase::Subject(event.as_str().to_owned())).await?;
        Ok(erased)
    }
}

/// Attached to an [`EventService`](crate::EventService), check-ins go with the events and users it deletes.
#[async_trait]
impl AttachedRecords for CheckIns {
    async fn erase_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.erase_event(event).await.map(drop)
    }

    async fn erase_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.erase_user(event, user).await.map(drop)
    }

    async fn rename_user(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        self.rename_user(event, from, to, until).await
    }
}

impl CheckIn {
    /// Takes a person's name out of what was corrected. Says whether it was there.
    fn forget(&mut self, user: &Username) -> bool {
        let mut was_there = false;
        for correction in &mut self.details.corrections {
            if matches!(&correction.before, Named::User(named) if named == user) {
                correction.before = Named::Erased;
                was_there = true;
            }
        }
        was_there
    }
}
