//! The records of users: read, changed and listed.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding_store::{EventName, Listing, Metadata, Page, StoreError, Subject, UserRecord, Username};
use time::OffsetDateTime;

use super::events::ATTEMPTS;
use super::loaded_event::{LoadedEvent, gone_is_none};
use super::{EventService, Inner, to_the_end};
use crate::EventError;

/// Users read at a time when all are listed.
const PAGE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// A user as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDetails {
    /// What is stored of them.
    pub record: UserRecord,
    /// How many samples they have.
    pub sample_count: usize,
}

impl EventService {
    /// The users of an event in name order.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; [`EventError::Store`] when the event had to be read again and could not,
    /// or changes have not been seen for too long.
    pub async fn users(&self, event: &EventName) -> Result<Vec<Username>, EventError> {
        let users = match self.inner.known(event).await? {
            Some(LoadedEvent::InMemory(gallery)) => Some(gallery.users().cloned().collect()),
            Some(LoadedEvent::InStore(..)) => {
                gone_is_none(self.inner.stored_names(event, |_| true, usize::MAX).await)?
            }
            None => None,
        };
        users.ok_or_else(|| EventError::UnknownEvent { event: event.clone() })
    }

    /// The first users of an event in name order, at most `limit`, whose name or a word in it begins with `letters`,
    /// in upper or lower case. A word is a run of letters and digits.
    ///
    /// # Errors
    /// As for [`EventService::users`].
    pub async fn users_beginning_with(
        &self,
        event: &EventName,
        letters: &str,
        limit: NonZeroUsize,
    ) -> Result<Vec<Username>, EventError> {
        let letters = letters.to_lowercase();
        let is_meant = |user: &Username| a_word_begins_with(user.as_str(), &letters);
        let users = match self.inner.known(event).await? {
            Some(LoadedEvent::InMemory(gallery)) => {
                Some(gallery.users().filter(|user| is_meant(user)).take(limit.get()).cloned().collect())
            }
            Some(LoadedEvent::InStore(..)) => {
                gone_is_none(self.inner.stored_names(event, is_meant, limit.get()).await)?
            }
            None => None,
        };
        users.ok_or_else(|| EventError::UnknownEvent { event: event.clone() })
    }

    /// Reads a user from the store.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; [`EventError::Store`] when it could not
    /// be read.
    pub async fn user(&self, event: &EventName, user: &Username) -> Result<UserDetails, EventError> {
        self.inner.user(event, user).await
    }

    /// Whether a user is there, by the least that the store can be asked for.
    ///
    /// # Errors
    /// As for [`EventService::user`].
    pub async fn expect_user(&self, event: &EventName, user: &Username) -> Result<(), EventError> {
        match self.inner.store.user(event, user).await? {
            Some(_) => Ok(()),
            // Says whether the event is missing or only the user.
            None => self.inner.user(event, user).await.map(drop),
        }
    }

    /// Replaces the caller's own data of a user. Durable on return.
    ///
    /// # Errors
    /// As for [`EventService::user`]. Nothing was written on [`StoreError::Unstorable`]; on
    /// [`EventError::Interrupted`] it may have been.
    pub async fn update_user(
        &self,
        event: &EventName,
        user: &Username,
        metadata: Metadata,
    ) -> Result<UserDetails, EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.update_user(&event, &user, metadata).await }).await
    }

    /// One page of the users of an event in name order, from the store.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; [`EventError::Store`] when it could not be read.
    pub async fn users_page(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, EventError> {
        self.inner.store.list_users(event, page).await.map_err(EventError::from_absence)
    }
}

impl Inner {
    /// Page by page, and of each page the names alone are kept: what else is stored of a user may be long.
    async fn stored_names(
        &self,
        event: &EventName,
        is_meant: impl Fn(&Username) -> bool + Send,
        limit: usize,
    ) -> Result<Vec<Username>, StoreError> {
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let listing = self.store.list_users(event, Page { after, limit: PAGE }).await?;
            let room = limit - names.len();
            names.extend(listing.items.into_iter().map(|user| user.name).filter(&is_meant).take(room));
            match listing.next {
                Some(next) if names.len() < limit => after = Some(next),
                Some(_) | None => return Ok(names),
            }
        }
    }

    pub(super) async fn user(&self, event: &EventName, user: &Username) -> Result<UserDetails, EventError> {
        // The samples first: of a user who goes in between, it is said that they are not there.
        let samples = self.store.samples(event, user).await.map_err(EventError::from_absence)?;
        Ok(UserDetails { record: self.user_record(event, user).await?, sample_count: samples.len() })
    }

    async fn user_record(&self, event: &EventName, user: &Username) -> Result<UserRecord, EventError> {
        let unknown = || EventError::UnknownUser { event: event.clone(), user: user.clone() };
        self.store.user(event, user).await?.ok_or_else(unknown)
    }

    async fn update_user(
        &self,
        event: &EventName,
        user: &Username,
        metadata: Metadata,
    ) -> Result<UserDetails, EventError> {
        // Nothing of the record is published; the turn keeps two changes from mixing.
        let _turn = self.galleries.turn(event).await;
        for _ in 0..ATTEMPTS {
            let UserDetails { record: seen, sample_count } = self.user(event, user).await?;
            let mut record = seen.clone();
            record.metadata = metadata.clone();
            // Never back, whatever the clock does.
            record.updated = record.updated.max(OffsetDateTime::now_utc());
            match self.store.replace_user(&seen, record.clone()).await {
                Ok(()) => {
                    tracing::info!(%event, %user, "user changed");
                    return Ok(UserDetails { record, sample_count });
                }
                // By another service, such as one that enrolled a face of the user.
                Err(StoreError::Changed { .. }) => {}
                Err(error) => return Err(EventError::from_absence(error)),
            }
        }
        Err(StoreError::unavailable(true, "other servers change the user faster than it is read").into())
    }
}

/// Whether `name` or a word in it begins with `letters`, which are in lower case.
fn a_word_begins_with(name: &str, letters: &str) -> bool {
    let name = name.to_lowercase();
    let mut before = None;
    name.char_indices().any(|(at, character)| {
        let begins = before.is_none_or(|before: char| !before.is_alphanumeric());
        before = Some(character);
        begins && name.get(at..).is_some_and(|rest| rest.starts_with(letters))
    })
}

impl EventError {
    /// The store's error, or which of the things asked for is not there.
    pub(super) fn from_absence(error: StoreError) -> Self {
        let StoreError::NotFound { subject } = error else { return Self::Store(error) };
        match subject {
            Subject::Event(event) => Self::UnknownEvent { event },
            Subject::User(event, user) => Self::UnknownUser { event, user },
            Subject::Sample(event, user, id) => Self::UnknownSample { event, user, id },
            subject @ (Subject::Entry(..) | _) => Self::Store(StoreError::NotFound { subject }),
        }
    }
}
