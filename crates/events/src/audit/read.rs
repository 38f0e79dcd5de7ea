//! Reading the audit: by transaction, by a filter, by person, and as a file.

use std::num::NonZeroUsize;

use embedding_store::{EventName, JournalCursor, JournalPage, Username};
use futures_util::Stream;
use time::OffsetDateTime;
use uuid::Uuid;

use super::entry::subject;
use super::names::OtherNames;
use super::{
    Action, AuditEntry, AuditError, AuditTrail, MAX_PER_TRANSACTION, Outcome, is_outage, key, topic,
};
use crate::ExportFormat;
use crate::export::export;

/// How many entries are read from the journal at once when the filter may drop some of them.
const CHUNK: usize = 500;

/// After this many entries a page ends, even if few pass the filter: no read takes for ever.
const MOST_READ: usize = 20_000;

/// Which entries are listed: those that all given conditions hold for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// About this event.
    pub event: Option<EventName>,
    /// About this person, also under other names of theirs, before and since; with the event, quick to find where they have
    /// had one name alone.
    pub user: Option<Username>,
    /// Of this action; quick to find.
    pub action: Option<Action>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// At this time or later.
    pub since: Option<OffsetDateTime>,
    /// Before this time.
    pub until: Option<OffsetDateTime>,
}

/// A page of the audit, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest entries first, else the oldest.
    pub newest_first: bool,
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<JournalCursor>,
    /// At most this many entries.
    pub limit: NonZeroUsize,
}

/// A page that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditListing {
    /// The entries, in the order that was asked for. They may be fewer than asked for, even none, while there is
    /// a next page: where few of many entries pass the filter, a page ends after 20,000 that were read, and where
    /// entries are long, after a mebibyte.
    pub items: Vec<AuditEntry>,
    /// Where the next page starts; `None` when there is none.
    pub next: Option<JournalCursor>,
}

impl AuditFilter {
    fn matches(&self, entry: &AuditEntry, others: &OtherNames) -> bool {
        let details = &entry.details;
        let event = self.event.is_none() || self.event == details.event;
        let user = self.user.is_none() || self.user == details.user || others.has(entry);
        let outcome = self.outcome.is_none_or(|outcome| outcome == details.outcome);
        event && user && outcome && self.action.is_none_or(|action| action == entry.action)
    }

    /// Whether the journal can apply the whole filter.
    fn is_done_by_the_journal(&self) -> bool {
        // An entry's subject is event and user together, so the journal can filter by both or by neither.
        self.event.is_some() == self.user.is_some() && self.outcome.is_none()
    }

    fn page(&self, page: AuditPage, has_other_names: bool) -> JournalPage {
        let AuditPage { newest_first, after, limit } = page;
        // Most of what is read is dropped here then: small pages would cost a call for a few entries each.
        let most = if self.is_done_by_the_journal() && !has_other_names { limit } else { limit.max(chunk()) };
        let named = self.event.as_ref().zip(self.user.as_ref()).filter(|_| !has_other_names);
        let subject = named.map(|(event, user)| subject(event, user));
        let kind = self.action.map(|action| action.as_str().to_owned());
        JournalPage { newest_first, after, limit: most, subject, kind, since: self.since, until: self.until }
    }
}

fn chunk() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(CHUNK - 1)
}

impl AuditTrail {
    /// The entries of a transaction, oldest first, also those that wait for the journal; none when it is not
    /// known. While the journal is unavailable those that wait are all that is listed.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub async fn by_transaction(&self, transaction: Uuid) -> Result<Vec<AuditEntry>, AuditError> {
        // First: an entry that is written in between is then met twice, and not missed.
        let waiting = self.inner.waiting.find(|entry| entry.details.transaction == transaction);
        let mut entries = match self.written_of(transaction).await {
            Ok(written) => written,
            Err(AuditError::Store(error)) if is_outage(&error) && !waiting.is_empty() => vec![],
            Err(error) => return Err(error),
        };
        for entry in waiting {
            if !entries.iter().any(|present| present.id == entry.id) {
                entries.push(entry);
            }
        }
        // Keys are numbered in the order of writing, which is another than that of time after an outage.
        entries.sort_by_key(|entry| (entry.time, entry.id));
        Ok(entries)
    }

    async fn written_of(&self, transaction: Uuid) -> Result<Vec<AuditEntry>, AuditError> {
        let topic = topic()?;
        let mut entries = Vec::new();
        for ordinal in 0..MAX_PER_TRANSACTION {
            match self.inner.journal.by_key(&topic, &key(transaction, ordinal)).await? {
                Some(entry) => entries.push(AuditEntry::read(entry)?),
                None => break,
            }
        }
        Ok(entries)
    }

    /// Lists the entries that pass a filter, without those that wait for the journal.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub async fn list(&self, filter: &AuditFilter, page: AuditPage) -> Result<AuditListing, AuditError> {
        let topic = topic()?;
        let others = match &filter.user {
            Some(user) => self.other_names(filter.event.as_ref(), user).await?,
            None => OtherNames::default(),
        };
        let mut chunk = filter.page(page, !others.is_empty());
        let (mut items, mut read) = (Vec::new(), 0);
        loop {
            let listing = self.inner.journal.list(&topic, chunk.clone()).await?;
            read += listing.items.len();
            // A page of the journal that ended by its bytes: more of them would be more than a page has.
            let is_heavy = listing.items.len() < chunk.limit.get();
            let mut entries = listing.items.into_iter();
            while let Some(entry) = entries.next() {
                // The next page starts behind the last entry taken, not behind the chunk, whose rest is still
                // to be shown.
                let place = JournalCursor::from(&entry);
                let entry = AuditEntry::read(entry)?;
                if filter.matches(&entry, &others) {
                    items.push(entry);
                }
                if items.len() == page.limit.get() {
                    let is_more = entries.len() > 0 || listing.next.is_some();
                    return Ok(AuditListing { items, next: is_more.then_some(place) });
                }
            }
            if listing.next.is_none() || read >= MOST_READ || (is_heavy && !items.is_empty()) {
                return Ok(AuditListing { items, next: listing.next });
            }
            chunk.after = listing.next;
        }
    }

    /// When a face was last recognised as this person's, as far back as the audit goes; before `until`, where the name was
    /// theirs no longer.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub async fn last_verified(
        &self,
        event: &EventName,
        user: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<Option<OffsetDateTime>, AuditError> {
        // Before the journal is asked, as in `by_transaction`.
        let waiting = self.inner.waiting.find(|entry| {
            let AuditEntry { details, .. } = entry;
            entry.is_verification()
                && details.event.as_ref() == Some(event)
                && details.user.as_ref() == Some(user)
                && until.is_none_or(|until| entry.time < until)
        });
        let mut last = waiting.last().map(|entry| entry.time);
        // One by one: the journal filters by one kind at a time.
        for action in [Action::Identify, Action::Verify, Action::CheckIn] {
            last = last.max(self.last_verified_by(action, event, user, until).await?);
        }
        Ok(last)
    }

    async fn last_verified_by(
        &self,
        action: Action,
        event: &EventName,
        user: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<Option<OffsetDateTime>, AuditError> {
        let topic = topic()?;
        // Mostly the newest is one: what follows is asked for when it is not.
        let mut page = JournalPage {
            subject: Some(subject(event, user)),
            kind: Some(action.as_str().to_owned()),
            until,
            ..JournalPage::newest(NonZeroUsize::MIN)
        };
        loop {
            let listing = self.inner.journal.list(&topic, page.clone()).await?;
            for entry in listing.items {
                let entry = AuditEntry::read(entry)?;
                if entry.is_verification() {
                    return Ok(Some(entry.time));
                }
            }
            if listing.next.is_none() {
                return Ok(None);
            }
            (page.after, page.limit) = (listing.next, chunk());
        }
    }

    /// The entries that pass a filter as a file, a part for each page, from `page` on. The columns of a CSV file, and the fields
    /// of a line of NDJSON, are `id`, `time`, `action`, `outcome`, `transaction`, `actor`, `event`, `user`,
    /// `distance`, `threshold`, `model`, `code`, `transaction_id`, which is the same as `transaction`, `key_name` and `new_name`.
    ///
    /// An error is the last item: the file is not whole then.
    pub fn export(
        &self,
        filter: AuditFilter,
        page: AuditPage,
        format: ExportFormat,
    ) -> impl Stream<Item = Result<String, AuditError>> + Send + use<> {
        let trail = self.clone();
        export(format, move |after| {
            let (trail, filter) = (trail.clone(), filter.clone());
            let page = AuditPage { after: after.or(page.after), ..page };
            async move {
                let AuditListing { items, next } = trail.list(&filter, page).await?;
                Ok::<_, AuditError>((items, next))
            }
        })
    }
}
