//! Check-ins whose event or user is not there any more, as they were deleted where this journal was not at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use embedding_store::{EventName, JournalPage, Topic, Username};

use super::{CheckIn, CheckInService, Named, TOPICS};
use crate::EventError;

/// How many check-ins are read at a time.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// Events and users who are named by check-ins and are not in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrphanedCheckIns(BTreeMap<EventName, Missing>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Missing {
    Event,
    Users(BTreeSet<Username>),
}

impl OrphanedCheckIns {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that an earlier look has found too. A store's list may be late by moments: who is missing once may have
    /// been enrolled just now.
    #[must_use]
    pub fn and_before(mut self, earlier: &Self) -> Self {
        self.0.retain(|event, missing| match (missing, earlier.0.get(event)) {
            (_, None) => false,
            (Missing::Users(users), Some(Missing::Users(before))) => {
                users.retain(|user| before.contains(user));
                !users.is_empty()
            }
            (Missing::Event, Some(before)) => *before == Missing::Event,
            (Missing::Users(_), Some(Missing::Event)) => false,
        });
        self
    }
}

impl CheckInService {
    /// Looks for check-ins of events and users who are not there, under these topics of the journal; others than those
    /// of check-ins are passed over. An event or a user that cannot be read counts as there.
    ///
    /// # Errors
    /// As of the journal.
    pub async fn orphans(
        &self,
        topics: impl IntoIterator<Item = Topic>,
    ) -> Result<OrphanedCheckIns, EventError> {
        let mut orphans = OrphanedCheckIns::default();
        for topic in topics {
            let Some(event) = topic.as_str().strip_prefix(TOPICS).and_then(|name| EventName::new(name).ok())
            else {
                continue;
            };
            let mut missing = BTreeSet::new();
            for user in self.named(&topic, &event).await? {
                match self.events.expect_user(&event, &user).await {
                    Err(EventError::UnknownUser { .. }) => drop(missing.insert(user)),
                    Err(EventError::UnknownEvent { .. }) => {
                        orphans.0.insert(event.clone(), Missing::Event);
                        break;
                    }
                    Ok(()) | Err(_) => {}
                }
            }
            if !missing.is_empty() {
                orphans.0.entry(event).or_insert(Missing::Users(missing));
            }
        }
        Ok(orphans)
    }

    /// Erases what [`CheckInService::orphans`] found, of those who are still not there; returns how many check-ins.
    /// Those of who was renamed go to the name that they have.
    ///
    /// # Errors
    /// As of the journal; some may be left.
    pub async fn erase_orphans(&self, orphans: OrphanedCheckIns) -> Result<u64, EventError> {
        let mut erased = 0;
        for (event, missing) in orphans.0 {
            let users = match missing {
                Missing::Users(users) => users,
                Missing::Event => {
                    if matches!(self.events.event(&event).await, Err(EventError::UnknownEvent { .. })) {
                        erased += self.list.erase_event(&event).await?;
                    }
                    continue;
                }
            };
            for user in users {
                let found = self.events.expect_user(&event, &user).await;
                if !matches!(found, Err(EventError::UnknownUser { .. })) {
                    continue;
                }
                match self.events.bearer(&event, &user).await? {
                    // Renamed at another server.
                    Some(bearer) => self.list.rename_user(&event, &user, &bearer, None).await?,
                    None => erased += self.list.erase_user(&event, &user).await?,
                }
            }
        }
        Ok(erased)
    }

    /// Everybody whom the check-ins of an event name.
    async fn named(&self, topic: &Topic, event: &EventName) -> Result<BTreeSet<Username>, EventError> {
        let mut named = BTreeSet::new();
        let mut page = JournalPage::oldest(PAGE);
        loop {
            let listing = self.list.journal.list(topic, page.clone()).await?;
            for entry in listing.items {
                let check_in = CheckIn::read(event, entry)?;
                let before = check_in.details.corrections.into_iter().map(|correction| correction.before);
                named.extend(before.filter_map(|before| match before {
                    Named::User(user) => Some(user),
                    Named::Nobody | Named::Erased => None,
                }));
                named.insert(check_in.user);
            }
            match listing.next {
                Some(next) => page.after = Some(next),
                None => return Ok(named),
            }
        }
    }
}
