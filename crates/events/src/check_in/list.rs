//! Lists of check-ins: page by page, live, and as a file.

use std::num::NonZeroUsize;

use embedding_store::{EventName, JournalCursor, JournalPage, Username};
use futures_util::Stream;
use time::OffsetDateTime;

use super::record::VALID;
use super::{CheckIn, CheckInError, CheckIns, topic};
use crate::ExportFormat;
use crate::export::export;

/// Which check-ins of an event to read, in order of their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInPage {
    /// The newest first, else the oldest.
    pub newest_first: bool,
    /// Where the last page ended; `None` starts at the beginning.
    pub after: Option<JournalCursor>,
    /// At most this many.
    pub limit: NonZeroUsize,
    /// Only those of this person.
    pub user: Option<Username>,
    /// Also those that were voided.
    pub with_voided: bool,
    /// Only those at this time or later.
    pub since: Option<OffsetDateTime>,
    /// Only those before this time.
    pub until: Option<OffsetDateTime>,
}

/// One page of check-ins.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckInListing {
    /// The check-ins, in the order that was asked for.
    pub items: Vec<CheckIn>,
    /// Where the next page starts; `None` when there is none.
    pub next: Option<JournalCursor>,
}

impl CheckInPage {
    /// The newest that count.
    #[must_use]
    pub fn newest(limit: NonZeroUsize) -> Self {
        Self { newest_first: true, ..Self::oldest(limit) }
    }

    /// The oldest that count.
    #[must_use]
    pub fn oldest(limit: NonZeroUsize) -> Self {
        let (newest_first, after, user, with_voided, since, until) = (false, None, None, false, None, None);
        Self { newest_first, after, limit, user, with_voided, since, until }
    }

    fn in_journal(self) -> JournalPage {
        let Self { newest_first, after, limit, user, with_voided, since, until } = self;
        let subject = user.map(|user| user.as_str().to_owned());
        let kind = (!with_voided).then(|| VALID.to_owned());
        JournalPage { newest_first, after, limit, subject, kind, since, until }
    }
}

impl CheckIns {
    /// Lists the check-ins of an event. An event that nobody came to, or that there is none of, has none.
    ///
    /// # Errors
    /// [`CheckInError::Store`].
    pub async fn list(&self, event: &EventName, page: CheckInPage) -> Result<CheckInListing, CheckInError> {
        let listing = self.journal.list(&topic(event)?, page.in_journal()).await?;
        let items = listing.items.into_iter().map(|entry| CheckIn::read(event, entry));
        Ok(CheckInListing { items: items.collect::<Result<_, _>>()?, next: listing.next })
    }

    /// The check-ins from `page` on as a file, a part for each page of its size. The columns of a CSV file, and the
    /// fields of a line of NDJSON, are `id`, `time`, `event`, `user`, `voided`, `method`, `decision`, `distance`,
    /// `threshold`, `note`, `transaction`, `corrections`, which in CSV is how often it was corrected, and
    /// `transaction_id`, which is the same as `transaction`. Of those for which `with_distances` is false, `distance` and
    /// `threshold` are empty.
    ///
    /// An error is the last item: the file is not whole then.
    pub fn export<F: Fn(&CheckIn) -> bool + Clone + Send + 'static>(
        &self,
        event: EventName,
        page: CheckInPage,
        format: ExportFormat,
        with_distances: F,
    ) -> impl Stream<Item = Result<String, CheckInError>> + Send + use<F> {
        // The stream borrows nothing, as it outlives the call: it becomes the body of an answer.
        let check_ins = self.clone();
        let first = page.after;
        export(format, move |after| {
            let (check_ins, event, with_distances) =
                (check_ins.clone(), event.clone(), with_distances.clone());
            let page = CheckInPage { after: after.or(first), ..page.clone() };
            async move {
                let CheckInListing { items, next } = check_ins.list(&event, page).await?;
                let items = items.into_iter();
                let items = items.map(|one| if with_distances(&one) { one } else { one.without_distances() });
                Ok::<_, CheckInError>((items.collect(), next))
            }
        })
    }
}
