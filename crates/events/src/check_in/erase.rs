//! Erasure: what is known of a person, or of an event, goes for good.

use std::num::NonZeroUsize;

use async_trait::async_trait;
use embedding_store::{Erase, EventName, JournalEntry, JournalPage, StoreError, Username};

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
        let mut page = JournalPage::oldest(PAGE);
        loop {
            let listing = self.journal.list(&topic, page.clone()).await?;
            for entry in listing.items {
                self.forget(event, user, entry).await?;
            }
            match listing.next {
                Some(next) => page.after = Some(next),
                None => return Ok(erased),
            }
        }
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

    /// Takes a person's name out of what was corrected about a check-in of another.
    async fn forget(
        &self,
        event: &EventName,
        user: &Username,
        mut entry: JournalEntry,
    ) -> Result<(), StoreError> {
        loop {
            let (topic, id) = (entry.topic.clone(), entry.id);
            let mut check_in = CheckIn::read(event, entry.clone())?;
            if !check_in.forget(user) {
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

/// Attached to an [`EventService`](crate::EventService), check-ins go with the events and users it deletes.
#[async_trait]
impl AttachedRecords for CheckIns {
    async fn erase_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.erase_event(event).await.map(drop)
    }

    async fn erase_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        self.erase_user(event, user).await.map(drop)
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
