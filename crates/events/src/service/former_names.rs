//! Names that users had: who has one now, and what is attached to it still.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use embedding_store::{EventName, Page, StoreError, UserRecord, Username};
use time::OffsetDateTime;

use super::{EventService, Inner};
use crate::EventError;

/// Users read at a time when all are looked through.
const PAGE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// A name that a user had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) name: Username,
    /// Until when it was theirs, where somebody else has it now; without, all that stands under it is theirs.
    pub(crate) until: Option<OffsetDateTime>,
}

impl EventService {
    /// The names that a user had before. Reads the user alone, unless there are any.
    ///
    /// # Errors
    /// As for [`EventService::expect_user`].
    pub(crate) async fn former_names(
        &self,
        event: &EventName,
        user: &Username,
    ) -> Result<Vec<Former>, EventError> {
        match self.inner.store.user(event, user).await? {
            Some(record) => Ok(self.inner.former_names(&record).await?),
            // Says whether the event is missing or only the user.
            None => self.expect_user(event, user).await.map(|()| Vec::new()),
        }
    }

    /// Who has another name now than this one, which nobody has any more. Reads all users of the event.
    ///
    /// # Errors
    /// [`EventError::Store`].
    pub(crate) async fn bearer(
        &self,
        event: &EventName,
        former: &Username,
    ) -> Result<Option<Username>, EventError> {
        Ok(self.inner.bearers(event, &BTreeSet::from([former.clone()])).await?.remove(former))
    }
}

impl Inner {
    async fn former_names(&self, record: &UserRecord) -> Result<Vec<Former>, StoreError> {
        let mut names = BTreeMap::new();
        for former in record.former_names.iter().filter(|former| former.name != record.name) {
            // The last time counts of a name that they had twice.
            names.insert(former.name.clone(), former.until);
        }
        let mut former = Vec::new();
        for (name, until) in names {
            let is_taken = self.store.user(&record.event, &name).await?.is_some();
            former.push(Former { name, until: is_taken.then_some(until) });
        }
        Ok(former)
    }

    /// The users who had these names, which nobody has any more, by those names.
    pub(super) async fn bearers(
        &self,
        event: &EventName,
        names: &BTreeSet<Username>,
    ) -> Result<BTreeMap<Username, Username>, StoreError> {
        let mut bearers = BTreeMap::new();
        let mut page = Page { after: None, limit: PAGE };
        while !names.is_empty() {
            let listing = match self.store.list_users(event, page.clone()).await {
                Err(StoreError::NotFound { .. }) => break,
                listing => listing?,
            };
            for user in listing.items {
                for former in user.former_names.into_iter().filter(|former| names.contains(&former.name)) {
                    let last = bearers.entry(former.name).or_insert((former.until, user.name.clone()));
                    // One after another may have had it: who had it last is meant.
                    if last.0 < former.until {
                        *last = (former.until, user.name.clone());
                    }
                }
            }
            match listing.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        Ok(bearers.into_iter().map(|(name, (_, bearer))| (name, bearer)).collect())
    }

    /// Erases what is attached to a user, also under names that they had, as a rename that was cut off leaves it. Of a name
    /// that nobody has, what is attached goes to who had it, or is erased.
    pub(super) async fn erase_all_names(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let Some(record) = self.store.user(event, user).await? else {
            return self.erase_or_rename_rest(event, Some(user)).await;
        };
        for Former { name, until } in self.former_names(&record).await? {
            // To the present name first: only so is what others have under the former one told apart.
            self.attached.rename_user(event, &name, user, until).await?;
        }
        self.attached.erase_user(event, user).await
    }
}
